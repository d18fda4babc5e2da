"""The steps of a phase as one function, which does what ``decide`` does with them one by one.

Where many steps in a row can only hold for paths with a literal beginning (a thousand RewriteRules or
RedirectMatches), those that can hold for the path at hand are looked up, and the others are not asked.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apacheconf.program.conditions import ALWAYS, AllOf, Condition, Matches, Under
from apacheconf.program.course import Course
from apacheconf.program.evaluate import State
from apacheconf.program.performing import perform
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import one_slash
from apacheconf.program.steps import END, NEXT, Action, BeginRewriting, EditHeader, Flow, Move, SetEnv, Step
from apacheconf.program.values import REQUEST_URI, REWRITTEN, Value
from apacheconf.runtime.compiled.evaluate import Test, Text, test_of, text_in
from apacheconf.runtime.compiled.regexes import literal_prefixes


class Walking(Protocol):
    """What the steps ask of the walk that they are part of."""

    course: Course

    def may_restart(self, flow: Flow) -> bool: ...


#: Runs the steps of one phase; a flow that leaves the phase, or None.
Run = Callable[[Walking], Flow | None]
Act = Callable[[Course], object]

_HELD_HERE = frozenset({Move.NEXT, Move.SKIP, Move.CHAIN, Move.RESTART})
_LEAVING = frozenset({Move.STOP, Move.END, Move.INTERNAL_REDIRECT})


@dataclass(frozen=True, slots=True)
class _Row:
    """A step: what it asks (None: nothing) and does, and where control goes, as a flow to handle and the next row."""

    test: Test | None
    act: Act
    then: Flow | None
    after: int
    otherwise: Flow | None
    past: int


def run_of(steps: Sequence[Step]) -> Run | None:
    """The steps of one phase as a function; None where a flow is not known here."""
    if not all(flow.move in _HELD_HERE | _LEAVING for step in steps for flow in (step.then, step.otherwise)):
        return None
    if all(_edits_answer(step) for step in steps):
        return lambda walk: walk.course.response_headers.extend(steps)
    if all(step.then == step.otherwise == NEXT for step in steps):
        return _straight(steps)
    return _with_flows(steps)


def _edits_answer(step: Step) -> bool:
    """The answer's lines are asked when it is there (``program.response``)."""
    return isinstance(step.action, EditHeader) and step.phase is Phase.FILTERS and step.then == step.otherwise == NEXT


def _straight(steps: Sequence[Step]) -> Run:
    """Steps that go on to the next one whatever happens."""
    pairs = [_pair(step) for step in steps]

    def run(walk: Walking) -> Flow | None:
        course = walk.course
        for test, act in pairs:
            if test is None or test(course.state):
                act(course)
                if course.status is not None and course.rewriting is not None:
                    return END
        return None

    return run


def _pair(step: Step) -> tuple[Test | None, Act]:
    if _edits_answer(step):
        return None, lambda course: course.response_headers.append(step)
    return _test(step), _act(step.action, step.phase)


def _with_flows(steps: Sequence[Step]) -> Run | None:
    if any(isinstance(step.action, EditHeader) and step.phase is Phase.FILTERS for step in steps):
        return None
    rows = [_row(step, at) for at, step in enumerate(steps)]
    indexes = _indexes(steps)
    count, rewrites = len(rows), any(isinstance(step.action, BeginRewriting) for step in steps)

    def run(walk: Walking) -> Flow | None:
        course = walk.course
        at = 0
        while at < count:
            index = indexes[at]
            if index is not None:
                at = index.first(at, course.state)
                if at >= count:
                    return None
            row = rows[at]
            if row.test is None or row.test(course.state):
                row.act(course)
                if course.status is not None and (rewrites or course.rewriting is not None):
                    return END  # a rule has answered, or what it made is refused
                flow, at = row.then, row.after
            else:
                flow, at = row.otherwise, row.past
            if flow is not None:
                if flow.move is not Move.RESTART:
                    return flow
                if walk.may_restart(flow):
                    at = 0
        return None

    return run


def _row(step: Step, at: int) -> _Row:
    then, after = _flow(step.then, at)
    otherwise, past = _flow(step.otherwise, at)
    return _Row(_test(step), _act(step.action, step.phase), then, after, otherwise, past)


def _flow(flow: Flow, at: int) -> tuple[Flow | None, int]:
    """The flow if it is one to handle, and the next row."""
    if flow.move in (Move.SKIP, Move.CHAIN):
        return None, at + 1 + flow.count
    return (None if flow.move is Move.NEXT else flow), at + 1


def _test(step: Step) -> Test | None:
    return None if step.when == ALWAYS else test_of(step.when, step.phase)


# --- actions -------------------------------------------------------------------------------------------------


def _act(action: Action, phase: Phase) -> Act:
    make = _ACTS.get(type(action))
    return (lambda course: perform(action, course)) if make is None else make(action, phase)


def _set_env(action: SetEnv, phase: Phase) -> Act:
    name, value = action.name, action.value
    if value is None:
        return lambda course: course.state.env.pop(name, None)
    read: Text = text_in(value, phase)

    def act(course: Course) -> None:
        course.state.env[name] = read(course.state)

    return act


_ACTS: dict[type, Callable[[Any, Phase], Act]] = {SetEnv: _set_env}


# --- the index -----------------------------------------------------------------------------------------------

#: So many steps in a row are worth an index.
_WORTH = 8
#: Prefixes are cut to so many characters.
_CUT = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that steps ask about, and whether one that fails leaves the captures of rules empty."""

    value: Value
    captures: bool


class _Index:
    """Which steps of a row of them can hold for a text, by the literal beginnings that they ask for."""

    def __init__(self, asked: Asked, phase: Phase, end: int) -> None:
        self._read = text_in(asked.value, phase)
        self._captures = asked.captures
        self._end = end
        self._by_prefix: dict[str, list[int]] = {}
        self._lengths: tuple[int, ...] = ()

    def add(self, at: int, prefixes: Sequence[str]) -> None:
        for prefix in {each[:_CUT] for each in prefixes}:
            self._by_prefix.setdefault(prefix, []).append(at)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}))

    def first(self, at: int, state: State) -> int:
        """The first step from ``at`` on that can hold, or the one after the row. What is passed over fails."""
        text = self._read(state)
        if not self._captures and "//" in text:
            text = one_slash(text)  # as mappings compare it
        best = self._end
        for length in self._lengths:
            found = self._by_prefix.get(text[:length])
            if found is not None:
                place = bisect_left(found, at)
                if place < len(found) and found[place] < best:
                    best = found[place]
        if best > at and self._captures:
            state.captures["rule"] = ()
            state.captures.pop("cond", None)
        return best


def _indexes(steps: Sequence[Step]) -> list[_Index | None]:
    """For each step the index of the row it stands in."""
    found: list[_Index | None] = [None] * len(steps)
    for begin, end in _rows_of(steps):
        index: _Index | None = None
        for at in range(begin, end):
            beginning = _beginning(steps[at].when)
            assert beginning is not None
            index = index or _Index(beginning[0], steps[begin].phase, end)
            index.add(at, beginning[1])
            found[at] = index
    return found


def _rows_of(steps: Sequence[Step]) -> Iterator[tuple[int, int]]:
    """Where enough steps in a row ask for a beginning of the same value."""
    begin = 0
    while begin < len(steps):
        asked = _asked(steps[begin])
        end = begin + 1
        while asked is not None and end < len(steps) and _asked(steps[end]) == asked:
            end += 1
        if asked is not None and end - begin >= _WORTH:
            yield begin, end
        begin = end


def _asked(step: Step) -> Asked | None:
    """What the step asks for a literal beginning of, if just the next step follows where it isn't there."""
    found = _beginning(step.when) if step.otherwise == NEXT else None
    return None if found is None else found[0]


def _beginning(condition: Condition) -> tuple[Asked, tuple[str, ...]] | None:
    """What is asked, and the literal texts with one of which it begins wherever the condition holds."""
    match condition:
        case Under(prefix, value) if value == REQUEST_URI:
            return Asked(value, False), (prefix,)
        case Matches(value, regex, "rule") if value in (REQUEST_URI, REWRITTEN):
            prefixes = literal_prefixes(regex)
            return (Asked(value, True), prefixes) if prefixes else None
        case AllOf((first, *_)):
            return _beginning(first)
    return None
