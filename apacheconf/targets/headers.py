"""What Header and RequestHeader lines come to for one route: per header, whether the origin's own lines stay, and what
is added (HD-1 to HD-4). A line that edits what is only known at run time has no words here yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from apacheconf.program.response import FRAMING
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Joined, Literal, Value, Variable

#: Fields that servers make or read themselves.
_SPECIAL = FRAMING | {"content-type", "server", "date", "expect", "host"}


@dataclass
class Lines:
    """One header. ``hidden``: what was there before goes; ``if_none``: added only where there was none."""

    name: str
    hidden: bool = False
    values: list[Value] = field(default_factory=list)
    if_none: Value | None = None
    steps: list[Step] = field(default_factory=list)


@dataclass
class Folded:
    """The headers of one table, by their names in small letters, and the steps that could not be said."""

    lines: dict[str, Lines] = field(default_factory=dict)
    lost: list[Step] = field(default_factory=list)


def fold_headers(steps: Iterable[Step], table: Table, special: frozenset[str] = _SPECIAL) -> Folded:
    """The lines of one table in order, each overruling those before it as mod_headers does."""
    folded = Folded()
    for step in steps:
        action = step.action
        if not isinstance(action, EditHeader) or action.table is not table:
            continue
        key = action.name.lower()
        known = folded.lines.get(key) or Lines(action.name, hidden=table is Table.ALWAYS)
        if key in special or not _do(action, known):
            folded.lost.append(step)
            continue
        known.steps.append(step)
        folded.lines[key] = known
    return folded


def _do(action: EditHeader, lines: Lines) -> bool:
    """Do a line; False where it has no words."""
    value = action.value
    if value is not None and not is_plain(value):
        return False
    match action.operation, value:
        case "set", Literal() | Joined() | Variable():
            lines.hidden, lines.values, lines.if_none = True, [value], None
        case "unset", _:
            lines.hidden, lines.values, lines.if_none = True, [], None
        case "add", Literal() | Joined() | Variable() if lines.if_none is None:
            lines.values.append(value)
        case "setifempty", Literal() | Joined() | Variable():
            if lines.hidden and not lines.values:
                lines.values = [value]
            elif not lines.values:
                lines.if_none = lines.if_none or value
        case _:
            return False
    return True


_KNOWN = frozenset({"HTTP_HOST", "REMOTE_ADDR", "REQUEST_METHOD", "HTTPS", "REQUEST_SCHEME", "SERVER_ADDR", "HTTP"})


def is_plain(value: Value) -> bool:
    """Text, and variables that targets know until the answer is sent."""
    match value:
        case Literal():
            return True
        case Joined(parts):
            return all(map(is_plain, parts))
        case Variable(name, missing=missing):
            return name in _KNOWN and not missing
        case _:
            return False
