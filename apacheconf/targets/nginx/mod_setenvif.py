"""mod_setenvif, mod_env and E= of rules in nginx: variables live on in the questions that ask them (NGX-192)."""

from __future__ import annotations

from collections.abc import Mapping

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import ALWAYS, IsSet, Not
from apacheconf.program.steps import AddFilter, Rewrite, SetEnv, Step
from apacheconf.program.values import Literal, Variable
from apacheconf.targets.claims import Claim, equivalent, exact
from apacheconf.targets.environments import variables_in, variables_set
from apacheconf.targets.routes import Route

#: Variables that httpd's modules read themselves.
_SPECIAL = frozenset({
    "force-no-vary", "no-cache", "suppress-error-charset",
    "force-proxy-request-1.0", "proxy-chain-auth", "proxy-interim-response", "proxy-sendextracrlf", "proxy-sendcl",
    "cgi-no-vary", "verbose-error-notes", "ap_trust_cgilike_cl", "no-proxy", "proxy-noquery",
})  # fmt: skip
#: Variables that change how an origin is asked, and the line that does the same where they hold for a whole location.
SWITCHES = {
    "proxy-sendcl": ("proxy_request_buffering", "on"),
    "force-proxy-request-1.0": ("proxy_http_version", "1.0"),
}
#: Variables that filters read, and which ones.
_OF_FILTERS = {
    "no-gzip": frozenset({"deflate", "brotli_compress"}), "no-brotli": frozenset({"brotli_compress"}),
    "gzip-only-text/html": frozenset({"deflate"}), "force-gzip": frozenset({"deflate"}),
    "dont-vary": frozenset({"deflate", "brotli_compress"}),
    "rate-limit": frozenset({"rate_limit"}), "rate-initial-burst": frozenset({"rate_limit"}),
}  # fmt: skip
#: Variables about connections with origins or of clients long gone, and why they change no answer.
_WITHOUT_EFFECT = {
    "proxy-nokeepalive": "connections with origins are nginx's own; the origin's answers are the same",
    "proxy-initial-not-pooled": "nginx asks anew where a kept connection turns out to be closed",
    "proxy-sendchunked": "bodies are handed on in the form in which they come",
    "proxy-sendchunks": "bodies are handed on in the form in which they come",
    "ssl-unclean-shutdown": "how a TLS connection is closed is nginx's own",
    "ssl-accurate-shutdown": "how a TLS connection is closed is nginx's own",
}
#: What they change is between the client's connection and the server.
_OF_CONNECTIONS = frozenset({"nokeepalive", "force-response-1.0", "downgrade-1.0"})
_CONNECTIONS = "answers are the same, but nginx keeps the connection and speaks HTTP/1.1 as it does with everybody"
#: Schemes of origins that are told the variables; of others that nginx doesn't speak nobody is asked at all.
_TOLD = ("fcgi", "uwsgi", "scgi")
_UNREAD = "nothing here reads the variable, and the origin doesn't see it"


#: The lines that read a variable, by its name in small letters.
Readers = Mapping[str, set[tuple[int, ...]]]


def readers_of(route: Route) -> Readers:
    """The lines of a route that ask a variable or put its text somewhere; none where no line sets any."""
    found: dict[str, set[tuple[int, ...]]] = {}
    steps = {id(step): step for step in (*route.cell.steps, *route.steps)}.values()
    if any(map(variables_set, steps)):
        for step in steps:
            for each in variables_in(step):
                if each.name in ("ENV", "HTTP_OR_ENV"):
                    found.setdefault(each.argument.lower(), set()).add(step.said_by)
    return found


def claim_of(route: Route, step: Step, scheme: str | None, readers: Readers) -> Claim | None:
    """What became of a step that sets variables; None where something reads them that has no words for it.

    Lines that ask a variable, or put its text somewhere, account for themselves. ``scheme`` is that of the origin,
    None where none is asked.
    """
    names = [each.name.lower() for each in variables_set(step)]
    said_by = route.host.said_by(step)
    if not names or scheme in _TOLD or _sets_more(step):
        return None
    if len(names) == 1 and names[0] in SWITCHES and (route.map is None or setting_of(route, names[0])):
        return exact(said_by)  # the location that asks an origin says it
    if any(_is_obeyed(route, name) for name in names):
        return None
    if any(readers.get(name, set()) - {step.said_by} for name in names):
        return exact(said_by)
    if _OF_CONNECTIONS & set(names):
        return equivalent(said_by, _CONNECTIONS, "connection-variables")
    why = next((_WITHOUT_EFFECT[name] for name in names if name in _WITHOUT_EFFECT), _UNREAD)
    return Claim(said_by, Outcome.NO_EFFECT, why, "unread-variable")


def is_unread(route: Route, step: Step) -> bool:
    """Whether a step only sets variables, and no module of httpd does anything else for them on this route."""
    names = [each.name.lower() for each in variables_set(step)]
    return bool(names) and not _sets_more(step) and not any(_is_obeyed(route, name) for name in names)


def setting_of(route: Route, name: str) -> tuple[str, Step] | None:
    """The text that a variable has for all requests of a route, and the step that sets it; None where it depends."""
    found = [step for step in (*route.others, *route.unsure) if any(each.name.lower() == name
                                                                    for each in variables_set(step))]  # fmt: skip
    if len(found) != 1 or not isinstance(found[0].action, SetEnv):
        return None
    step, value = found[0], found[0].action.value
    unset = Not(IsSet(Variable("ENV", found[0].action.name)))
    certain = step.when in (ALWAYS, unset) and isinstance(value, Literal)
    return (value.text, step) if certain and isinstance(value, Literal) else None


def _sets_more(step: Step) -> bool:
    """Whether a rule sets other things as well: a type, a handler, a cookie that depends on the time."""
    sets = step.action.sets if isinstance(step.action, Rewrite) else ()
    return any(not isinstance(each, SetEnv) for each in sets)


def _is_obeyed(route: Route, name: str) -> bool:
    """Whether a module of httpd would do something else for the variable."""
    if route.answer is not None and name in _OF_FILTERS:
        return False  # answers made here pass no filter
    filters = {each.action.name for each in (*route.cell.steps, *route.steps) if isinstance(each.action, AddFilter)}
    return name in _SPECIAL or bool(_OF_FILTERS.get(name, frozenset()) & filters)
