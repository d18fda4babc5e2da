"""mod_setenvif, mod_env and E= of rules in HAProxy: variables of the transaction (HAP-48).

What stands outside every section is set in the frontend, before anything asks; the rest in the backend of its cell.
Origins never see the environment, so a variable that nothing here reads has no effect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import ALWAYS, AllOf, IsSet, Matches, Not
from apacheconf.program.hosts import Host
from apacheconf.program.phases import Phase
from apacheconf.program.steps import NEXT, AddFilter, Rewrite, SetEnv, Step
from apacheconf.program.values import Capture, Literal, LookAhead, Value, Variable
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Place, leaves
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.environments import guarded, variables_in
from apacheconf.targets.haproxy.conditions import Terms
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.samples import Environment, variable_of
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.questions import CannotAsk, matches_empty, pcre
from apacheconf.targets.routes import Route

_UNCHECKED = "a name is told that a password has shown; httpd tells one of a header that nobody has checked, too"
_UNPACKED = "nothing is compressed here"
_PACKED = "who accepts compressed answers gets them: it is another coding of the same"
_NOT_YET = "{} is not supported yet for haproxy"
_CONNECTIONS = "answers are the same, but HAProxy keeps the connection and speaks HTTP/1.1 as it does with everybody"
#: What they change is between the client's connection and the server.
_OF_CONNECTIONS = frozenset({"nokeepalive", "force-response-1.0", "downgrade-1.0"})
_OLD = "origins are asked in HTTP/1.1 all the same, and Expect is handed on to them"
#: Variables that mod_proxy and others read themselves, and why they change nothing here; empty where they would.
_SPECIAL = {
    "proxy-initial-not-pooled": "a connection that was used before is only taken where a request can be sent again",
    "proxy-nokeepalive": "connections with origins are kept, and broken ones are not taken",
    "proxy-sendchunked": "bodies are handed on in the form in which they come",
    "proxy-sendcl": "bodies are handed on in the form in which they come",
    "proxy-sendextracrlf": "", "proxy-chain-auth": "", "proxy-interim-response": "", "no-cache": "",
    "force-proxy-request-1.0": "", "force-no-vary": "", "suppress-error-charset": "",
    "no-gzip": _UNPACKED, "no-brotli": _UNPACKED, "dont-vary": _UNPACKED, "gzip-only-text/html": _UNPACKED,
    "rate-limit": "", "rate-initial-burst": "",
}  # fmt: skip
_UNREAD = "nothing here reads the variable, and origins don't see it"


def environment_of(low: Lowering, host: Host, steps: Iterable[Step]) -> Environment:
    """What conditions of a host may ask before a backend is chosen."""
    early = _early(low, host)
    told = {step.said_by for step in early}
    lost = {name for step in steps if step.said_by not in told for name in _names(step)}
    every = {name for step in early for name in _names(step)}
    while True:
        tls, port = host.front_tls is not None, _port(host)
        keeps = host.shape.limits.encoded_slashes == "NoDecode"
        environment = Environment(frozenset(every - lost), frozenset(lost), tls, port, keeps, low.peer, low.maps)
        more = {name for step in early for name in _lost(step, environment)}
        if more <= lost:
            return environment
        lost |= more


def _port(host: Host) -> int:
    """The port of URLs about the host in which a client names none; 0 if it isn't the client who says it."""
    if host.canonical_port or host.physical_port:
        return 0
    return host.port or (443 if own_scheme(host) == "https" else 80)


def steps_of(found: list[Place]) -> list[Step]:
    """Every step that any request of these places meets, in order."""
    steps: dict[int, Step] = {}
    for place in found:
        for step in (*place.cell.steps, *(each for _, end in leaves(place.tree) if isinstance(end, Route)
                                          for each in end.steps)):  # fmt: skip
            steps.setdefault(id(step), step)
    return list(steps.values())


def emit_environment(low: Lowering, host: Host, terms: Terms, of_host: tuple[str, ...], read: set[str]) -> None:
    """The rules of the frontend for one host; ``read`` are the variables that anything asks."""
    for step in _early(low, host):
        said_by = host.said_by(step)
        names = _names(step)
        wanted = [name for name in names if name.lower() in read and name in terms.environment.known]
        if not wanted:
            continue
        low.dropped.append(exact(said_by))
        _emit_step(step, terms, wanted, of_host, low.sources.comment(said_by))


def _emit_step(step: Step, terms: Terms, names: Collection[str], of_host: tuple[str, ...], comment: str) -> None:
    """Raises CannotAsk."""
    term = terms.of(step.when)
    asked = () if term == ("TRUE",) else term
    for name, sample in _sets(step, terms, names):
        words = [f"set-var({variable_of(name)})", sample] if sample else [f"unset-var({variable_of(name)})"]
        only = ["if", *of_host, *asked] if of_host or asked else []
        if sample and _may_ask_nothing(step, name):  # it is empty there, and a sample of what is missing sets nothing
            terms.rules.add("http-request", words[0], "str()", *only)
        terms.rules.add("http-request", *words, *only, comment=comment)
        comment = ""


def _may_ask_nothing(step: Step, name: str) -> bool:
    """Whether a variable gets a capture of a match that holds for what is missing."""
    given = next(each.value for each in _set_by(step) if each.name == name)
    if isinstance(given, LookAhead):
        return True
    found = matched_by(step, given.match) if isinstance(given, Capture) else None
    return found is not None and not isinstance(found[0], Literal) and matches_empty(found[1].removeprefix("(?i)"))


def emit_late(low: Lowering, route: Route, terms: Terms) -> list[Step]:
    """The rules of a backend: what sections and mod_env set, as far as a header line reads it; those said."""
    said: list[Step] = []
    setting = [step for step in guarded(step for step, _ in route.met) if _names(step)]
    if not setting:
        return []
    early = {step.said_by for step in _early(low, route.host)}
    read = read_by(step for step, _ in route.met)
    for step in setting:
        names = [name for name in _names(step) if name.lower() in read]
        if step.said_by in early or not names:
            continue
        said_by = route.host.said_by(step)
        environment = terms.environment
        terms.environment = environment.learnt(names)
        try:
            _emit_step(step, terms, names, (), low.sources.comment(said_by))
            ahead = [found for each in _set_by(step) for found in parts_in(each.value, LookAhead)]
            low.dropped.append(approximated(said_by, _UNCHECKED, "look-ahead") if ahead else exact(said_by))
            terms.environment = _made_sure(terms.environment, step, names)
            said += [step] if not isinstance(step.action, Rewrite) or len(names) == len(step.action.sets) else []
        except CannotAsk as missing:
            terms.environment = replace(environment, known=environment.known - set(names),
                                        lost=environment.lost | set(names),
                                        certain=environment.certain - set(names))  # fmt: skip
            low.dropped.append(unsupported(said_by, f"{missing} can't be said in HAProxy", "environment"))
    return said


def _made_sure(environment: Environment, step: Step, names: Iterable[str]) -> Environment:
    """What is certain after a step: a variable that it sets to a text whenever it isn't there."""
    certain = set(environment.certain)
    for each in (each for each in _set_by(step) if each.name in names):
        if each.value is None:
            certain.discard(each.name)
        elif isinstance(each.value, Literal) and step.when in (ALWAYS, Not(IsSet(Variable("ENV", each.name)))):
            certain.add(each.name)
    return replace(environment, certain=frozenset(certain))


def report_unread(low: Lowering, host: Host, steps: Iterable[Step], read: set[str]) -> None:
    """Directives whose variables nothing reads; of rules, which do more, those that httpd reads."""
    for step in steps:
        for each in _set_by(step):
            if each.name.lower() in read or each.value is None:
                continue
            claim = _unread(host, step, each.name.lower())
            if isinstance(step.action, SetEnv) or claim.outcome is not Outcome.NO_EFFECT:
                low.dropped.append(claim)


def _unread(host: Host, step: Step, name: str) -> Claim:
    said_by = host.said_by(step)
    if name in _OF_CONNECTIONS:
        return equivalent(said_by, _CONNECTIONS, "connection-variables")
    if name == "proxy-chain-auth" and step.phase is Phase.FIXUPS:  # SetEnv, which ``sent_headers`` goes by
        return exact(said_by)
    why = _SPECIAL.get(name)
    if why is None:
        return Claim(said_by, Outcome.NO_EFFECT, _UNREAD, "unread")
    if why == _UNPACKED:
        packs = any(isinstance(each.action, AddFilter) for cell in host.shape.cells for each in cell.steps)
        return equivalent(said_by, _PACKED, "compression") if packs else Claim(
            said_by, Outcome.NO_EFFECT, _UNPACKED, "unread")  # fmt: skip
    if why:
        return equivalent(said_by, why, "connections")
    return unsupported(said_by, _OLD if name == "force-proxy-request-1.0" else _NOT_YET.format(name), "not-yet")


def read_by(steps: Iterable[Step]) -> set[str]:
    """The variables of the environment that these steps ask or write, but not whether it is they who set them first.

    In small letters, for the environment knows no case.
    """
    return {
        each.argument.lower()
        for step in steps
        for each in variables_in(step)
        if each.name in ("ENV", "HTTP_OR_ENV")
        and not (isinstance(step.action, SetEnv) and step.action.name == each.argument)
    }


def _early(low: Lowering, host: Host) -> tuple[Step, ...]:
    """The steps outside every section that set something before access is asked."""
    if host.number not in low.early:
        low.early[host.number] = tuple(_find_early(host))
    return low.early[host.number]


def _find_early(host: Host) -> Iterator[Step]:
    root = next((cell for cell in host.shape.cells if not cell.path), None)
    if root is None:
        return
    everywhere = set.intersection(*({step.said_by for step in cell.steps} for cell in host.shape.cells))
    plain_so_far = True
    for step in guarded(root.steps):
        if step.phase > Phase.HEADER_PARSER or step.said_by not in everywhere:
            continue
        if isinstance(step.action, Rewrite):
            plain_so_far = plain_so_far and step.then == NEXT and step.otherwise == NEXT and step.action.target is None
            if step.action.sets and not plain_so_far:
                continue
        if _names(step):
            yield step


def _names(step: Step) -> list[str]:
    return [each.name for each in _set_by(step)]


def _lost(step: Step, environment: Environment) -> Iterator[str]:
    """The variables that a step sets and HAProxy can't."""
    terms = Terms(environment=environment)
    for each in _set_by(step):
        try:
            terms.of(step.when)
            _text(step, each, terms)
        except CannotAsk:
            yield each.name


def _sets(step: Step, terms: Terms, names: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each of these variables with the sample that it gets; empty to unset it. Raises CannotAsk."""
    return ((each.name, _text(step, each, terms)) for each in _set_by(step) if each.name in names)


def _text(step: Step, sets: SetEnv, terms: Terms) -> str:
    return "" if sets.value is None else _sample(step, sets.value, terms)


def _set_by(step: Step) -> list[SetEnv]:
    actions = step.action.sets if isinstance(step.action, Rewrite) else (step.action,)
    return [each for each in actions if isinstance(each, SetEnv)]


def _sample(step: Step, value: Value, terms: Terms) -> str:
    match value:
        case Literal(""):
            return "str()"
        case Capture("rule" | "cond" as match, group):
            found = matched_by(step, match)
            if found is None:
                raise CannotAsk("a capture")
            source, pattern = found
            whole, chosen = inner(f"^.*?(?:{pattern}).*$"), inner("\\" + str(group))
            return f'{terms.fetch(source)},regsub("{whole}","{chosen}")'
        case _:
            return terms.fetch(value)


def matched_by(step: Step, match: str) -> tuple[Value, str] | None:
    """What the step's own regex, or the last one of its conditions, looked at, and its pattern."""
    parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
    found = [each for each in parts if isinstance(each, Matches) and (each.captures == "cond") == (match == "cond")]
    if not found:
        return None
    last = found[-1] if match == "cond" else found[0]
    return last.value, f"{'(?i)' if last.regex.ignore_case else ''}{pcre(last.regex)}"
