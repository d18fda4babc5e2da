"""mod_expires in HAProxy: how long an origin's answer may be kept, by its type (HAP-68)."""

from __future__ import annotations

from apacheconf.program.handling import Expiry, ExpiryRules
from apacheconf.program.steps import Step
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route

_TYPE = "res.fhdr(content-type),field(1,;),lower"
_GIVEN = ("{", "res.fhdr(expires)", "-m", "found", "}")


def emit_expiry(low: Lowering, route: Route, backend: Section) -> None:
    """The rules of a section; an answer that says itself when it expires keeps that."""
    for step in route.others:
        if isinstance(step.action, ExpiryRules):
            _emit(low, route, step, step.action, backend)


def emit_of_redirect(low: Lowering, route: Route, backend: Section) -> None:
    """How long a redirect that is made here may be kept: its page has a type in httpd, and HAProxy's has none."""
    rules = next((each.action for each in reversed(route.others) if isinstance(each.action, ExpiryRules)), None)
    if not isinstance(rules, ExpiryRules):
        return
    by_type = dict(rules.by_type)
    named = (by_type[each] for each in ("text/html", "text/*", "*/*") if each in by_type)
    expiry = next(named, rules.default)
    if expiry is not None and not expiry.since_modification:
        backend.rule("http-after-response set-var(txn.cleaned) bool(true)")  # the frontend takes away HAProxy's own
        backend.add("http-after-response", "set-header", "Cache-Control", f"max-age={expiry.seconds}")
        time = f"%[date,add({expiry.seconds}),http_date]"
        backend.add("http-after-response", "set-header", "Expires", time)


def _emit(low: Lowering, route: Route, step: Step, rules: ExpiryRules, backend: Section) -> None:
    said_by = route.host.said_by(step)
    every = [*(expiry for _, expiry in rules.by_type), *([rules.default] if rules.default else [])]
    if any(each.since_modification for each in every):
        why = "HAProxy can't count from the last modification: answers say nothing of when they expire"
        low.dropped.append(unsupported(said_by, why, "expires-modified"))
        return
    if not every:
        low.dropped.append(exact(said_by))
        return
    low.dropped.append(exact(said_by))
    comment = low.sources.comment(said_by)
    for words, expiry in _by_type(rules):
        backend.add("http-response", "set-var(txn.expires)", f"int({expiry.seconds})", *words, comment=comment)
        comment = ""
    no_error = ("{", "status", "lt", "400", "}")  # EX-1
    told = ("if", "{", "var(txn.expires)", "-m", "found", "}", *no_error, f"!{_GIVEN[0]}", *_GIVEN[1:])
    one = ("{", "res.fhdr_cnt(cache-control)", "1", "}")
    age = "max-age=%[var(txn.expires)]"
    backend.add("http-response", "set-header", "Cache-Control", f"%[res.fhdr(cache-control)], {age}", *told, *one)
    backend.add("http-response", "add-header", "Cache-Control", age, *told, f"!{one[0]}", *one[1:])
    backend.add("http-response", "set-header", "Expires", "%[date,add(txn.expires),http_date]", *told)


def _by_type(rules: ExpiryRules) -> list[tuple[tuple[str, ...], Expiry]]:
    """The widest first: a later rule wins."""
    found: list[tuple[tuple[str, ...], Expiry]] = [((), rules.default)] if rules.default else []
    for name, expiry in sorted(rules.by_type, key=lambda each: (each[0] != "*/*", not each[0].endswith("/*"))):
        how: tuple[str, ...] = ("-m", "str", name)
        if name.endswith("/*"):
            how = ("-m", "found") if name == "*/*" else ("-m", "beg", name[:-1])
        found.append((("if", "{", _TYPE, *how, "}"), expiry))
    return found
