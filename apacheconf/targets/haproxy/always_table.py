"""The table always of mod_headers: what its lines come to, each a field of its own that is added (HAP-60, HAP-61).

The table begins empty, whatever the origin sends, so that it is known when this is written what a line finds there: the
next line that sets a field takes its place, and none is edited or unset later, which would meet the origin's, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from apacheconf.program.conditions import ALWAYS, NEVER, Condition, any_of, both, negated
from apacheconf.program.editing import edited, tokens
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Joined, Literal, Value
from apacheconf.targets.captures import parts_of
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route

#: Fields that are HAProxy's own.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade", "expect"})
#: More fields of one name, by the conditions under which they are there, are not told apart.
_MOST_FIELDS = 16


@dataclass(frozen=True)
class AlwaysTable:
    """``fields`` are added; ``quiet`` lines leave nothing behind, ``lacking`` ones can't be said, for this reason."""

    fields: tuple[Step, ...]
    quiet: tuple[Step, ...]
    lacking: tuple[tuple[Step, str], ...]

    def of(self, name: str) -> tuple[Step, ...]:
        """The fields of a name."""
        return tuple(each for each in self.fields if name_of_field(each) == name)


def name_of_field(step: Step) -> str:
    """The name of a field in small letters."""
    assert isinstance(step.action, EditHeader)
    return step.action.name.lower()


def always_table(route: Route) -> AlwaysTable:
    """What the lines come to that a route meets."""
    found: dict[str, list[Step]] = {}
    met, lacking = list[Step](), list[tuple[Step, str]]()
    for step, certain in route.met:
        if not isinstance(step.action, EditHeader) or step.action.table is not Table.ALWAYS:
            continue
        met.append(step)
        fields = found.setdefault(step.action.name.lower(), [])
        try:
            fields[:] = _Line(replace(step, when=ALWAYS) if certain else step, step.action, fields).done()
        except CannotAsk as missing:
            lacking.append((step, str(missing)))
    fields = [each for some in found.values() for each in some]
    spoken = {number for each in fields for number in each.said_by} | {n for each, _ in lacking for n in each.said_by}
    quiet = tuple(each for each in met if not spoken.issuperset(each.said_by))
    return AlwaysTable(tuple(fields), quiet, tuple(lacking))


@dataclass
class _Line:
    """One line, and the fields of its name that it finds."""

    step: Step
    action: EditHeader
    there: list[Step] = field(default_factory=list)

    def done(self) -> list[Step]:
        """The fields after it. Raises CannotAsk."""
        if self.action.name.lower() in FRAMING:
            raise CannotAsk(f"an edit of {self.action.name}")
        match self.action.operation:
            case "set":
                made = [*self._where_not(), self._new()]
            case "unset":
                made = list(self._where_not())
            case "add":
                made = [*self.there, self._new()]
            case "setifempty":
                made = [*self.there, self._new(negated(any_of(each.when for each in self.there)))]
            case "append" | "merge":
                made = list(self._appended())
            case "edit" | "edit*":
                made = list(self._edited())
            case operation:
                raise CannotAsk(operation)
        made = [each for each in made if each.when != NEVER]
        if len(made) > _MOST_FIELDS:
            raise CannotAsk(f"{self.action.operation} under so many conditions")
        return made

    def _new(self, only: Condition = ALWAYS) -> Step:
        assert self.action.value is not None
        return self._field(self.action.value, both(self.step.when, only), self.step.said_by)

    def _field(self, value: Value, when: Condition, said_by: tuple[int, ...]) -> Step:
        action = EditHeader(Table.ALWAYS, "add", self.action.name, value)
        return replace(self.step, action=action, when=when, said_by=tuple(dict.fromkeys(said_by)))

    def _where_not(self) -> Iterator[Step]:
        """What is there, where the line doesn't hold."""
        for each in self.there:
            yield replace(each, when=both(each.when, negated(self.step.when)))

    def _changed(self, each: Step, value: Value, only: Condition) -> Iterator[Step]:
        """The field as it was, and with another value where the line holds."""
        holds = both(self.step.when, only)
        yield replace(each, when=both(each.when, negated(holds)))
        yield self._field(value, both(each.when, holds), (*each.said_by, *self.step.said_by))

    def _appended(self) -> Iterator[Step]:
        """The value behind that of the first field that is there; a field of its own where there is none."""
        added = self.action.value
        none_before: Condition = ALWAYS
        assert added is not None
        for each in self.there:
            old = _value_of(each)
            if self.action.operation == "merge" and _has(old, added):
                yield each
            else:
                yield from self._changed(each, Joined((*parts_of(old), Literal(", "), *parts_of(added))), none_before)
            none_before = both(none_before, negated(each.when))
        yield self._new(none_before)

    def _edited(self) -> Iterator[Step]:
        for each in self.there:
            old = _value_of(each)
            if not isinstance(old, Literal) or not isinstance(self.action.replacement, Literal):
                raise CannotAsk("an edit of what is only known with the request")
            yield from self._changed(each, Literal(edited(old.text, self.action, _text_of)), ALWAYS)


def _value_of(step: Step) -> Value:
    assert isinstance(step.action, EditHeader) and step.action.value is not None
    return _whole(step.action.value)


def _whole(value: Value) -> Value:
    """Texts behind each other as one."""
    parts = parts_of(value)
    return Literal("".join(map(_text_of, parts))) if all(isinstance(each, Literal) for each in parts) else value


def _text_of(value: Value) -> str:
    return value.text if isinstance(value, Literal) else ""


def _has(old: Value, added: Value) -> bool:
    """Whether the value is among those that are there. Raises CannotAsk."""
    if not isinstance(old, Literal) or not isinstance(added, Literal):
        raise CannotAsk("a merge of what is only known with the request")
    return added.text in tokens(old.text)
