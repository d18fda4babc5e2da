"""mod_headers in HAProxy: its rules run in order, as httpd's lines do (HAP-46, HAP-60, HAP-61)."""

from __future__ import annotations

from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Joined, Literal, Value
from apacheconf.targets.claims import approximated, exact, unsupported
from apacheconf.targets.haproxy.conditions import fetch_of
from apacheconf.targets.haproxy.core import plain
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.headers import fold_headers, is_plain
from apacheconf.targets.routes import Route

_RULES = {"set": "set-header", "unset": "del-header", "add": "add-header"}
_FRAMING = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade", "expect"}
)


def emit_edits(low: Lowering, route: Route, table: Table, backend: Section) -> None:
    """The lines of RequestHeader, or those of the table onsuccess."""
    kind, fetch = ("http-request", "req") if table is Table.REQUEST else ("http-response", "res")
    for step in route.headers:
        action = step.action
        if not isinstance(action, EditHeader) or action.table is not table:
            continue
        said_by = route.host.said_by(step)
        rule = _RULES.get(action.operation if action.operation != "setifempty" else "set")
        if rule is None or action.name.lower() in _FRAMING or not (action.value is None or is_plain(action.value)):
            _report(low, route, step)
            continue
        value = () if action.value is None else (log_format(action.value),)
        only = ("unless", "{", f"{fetch}.fhdr({action.name})", "-m", "found", "}")
        words = (kind, rule, action.name, *value, *(only if action.operation == "setifempty" else ()))
        backend.add(*words, comment=low.sources.comment(said_by), claims=(exact(said_by),))


def emit_always(low: Lowering, route: Route, backend: Section) -> None:
    """The table always starts empty, whatever the origin sends: its lines are added to every answer."""
    folded = fold_headers(route.headers, Table.ALWAYS)
    for step in folded.lost:
        _report(low, route, step)
    for lines in folded.lines.values():
        said_by = [each for step in lines.steps for each in route.host.said_by(step)]
        claim = approximated(said_by, "what HAProxy answers or refuses without asking an origin lacks it", "always")
        if not lines.values:
            low.dropped.append(exact(said_by))
        for value in lines.values:
            backend.add("http-after-response", "add-header", lines.name, log_format(value),
                        comment=low.sources.comment(said_by), claims=(claim,))  # fmt: skip


def log_format(value: Value) -> str:
    """The value as a log format. Raises CannotAsk."""
    match value:
        case Literal(text):
            return plain(text) or "%[str()]"  # HAProxy takes an empty word for a missing one
        case Joined(parts):
            return "".join(map(log_format, parts))
        case _:
            return f"%[{fetch_of(value)}]"


def _report(low: Lowering, route: Route, step: Step) -> None:
    why = "this edit of a header is not supported yet for HAProxy"
    low.dropped.append(unsupported(route.host.said_by(step), why, "header-edit"))
