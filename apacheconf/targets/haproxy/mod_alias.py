"""mod_alias in HAProxy: redirects (HAP-100)."""

from __future__ import annotations

from apacheconf.program.steps import Redirect, Step
from apacheconf.program.uri import canonical
from apacheconf.program.values import Joined, Literal, Value
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.haproxy.core import plain
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_proxy import emit_self
from apacheconf.targets.haproxy.rewriting import substituted
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, regex_of

_CODES = frozenset({301, 302, 303, 307, 308})


def backend_for(low: Lowering, route: Route, step: Step) -> str:
    """The name of the backend that redirects."""
    key = ("redirects", route.host.number, step.action, step.said_by)
    if key not in low.bodies:
        said_by = route.host.said_by(step)
        backend = Section("backend", low.names.of(key, f"redirect-{route.host.name}"), low.sources.comment(said_by))
        low.bodies[key] = backend
        low.backends.append(backend)
        try:
            _fill(route, step, backend)
            backend.claims = (exact(said_by),)
        except CannotAsk as missing:
            backend.lines.clear()
            backend.rule("http-request deny deny_status 503")
            why = f"its target uses {missing}, which can't be said in HAProxy, so 503 is answered"
            backend.claims = (unsupported(said_by, why, "redirect-target"),)
    return low.bodies[key].name


def _fill(route: Route, step: Step, backend: Section) -> None:
    assert isinstance(step.action, Redirect)
    action = step.action
    if action.status not in _CODES:
        raise CannotAsk(f"status {action.status}")
    target = _target(step, action, backend)
    parts = _parts(action.location)
    if isinstance(parts[0], Literal) and parts[0].text.startswith("/"):
        emit_self(route.host, backend)
        target = f"{route.host.scheme or 'http'}://%[var(txn.self)]{target}"
    code = str(action.status)
    if "?" not in target:
        backend.rule("http-request redirect location ? code ? if { query -m len gt 0 }", f"{target}?%[query]", code)
    backend.rule("http-request redirect location ? code ?", target, code)


def _parts(value: Value) -> tuple[Value, ...]:
    return value.parts if isinstance(value, Joined) else (value,)


def _target(step: Step, action: Redirect, backend: Section) -> str:
    """The target as a log format: what follows the prefix, or what the captures make of the path."""
    parts = _parts(action.location)
    regex = regex_of(step)
    if all(isinstance(each, Literal) for each in parts):
        text = plain("".join(each.text for each in parts if isinstance(each, Literal)))
        if not action.prefix:
            return text
        backend.rule("http-request set-var(txn.rest) ?", f"path,bytes({len(canonical(action.prefix))})")
        return f"{text}%[var(txn.rest)]"
    if regex is None:
        raise CannotAsk("a capture of another match")
    head = parts[0].text if isinstance(parts[0], Literal) else ""
    backend.add("http-request", "set-var(txn.rest)", substituted(regex, parts[1:] if head else parts))
    return f"{plain(head)}%[var(txn.rest)]"
