"""Conditions and values as functions of a state; each does what ``program.evaluate`` does, in a known phase.

A kind of condition or value that has no row here is asked of ``program.evaluate`` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    IsSet,
    Matches,
    Never,
    Not,
    Operator,
    Under,
)
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import lies_under, taken
from apacheconf.program.values import REQUEST_URI, REWRITTEN, Capture, Joined, Literal, Value, Variable
from apacheconf.program.variables import reader_of
from apacheconf.runtime.compiled.regexes import searcher

Test = Callable[[State], bool]
Text = Callable[[State], str]


def test_of(condition: Condition, phase: Phase) -> Test:
    """Whether ``condition`` holds in this phase, as ``holds`` says."""
    make = _CONDITIONS.get(type(condition))
    return (lambda state: holds(condition, state)) if make is None else make(condition, phase)


def text_in(value: Value, phase: Phase) -> Text:
    """The text of ``value`` in this phase, as ``text_of`` says."""
    make = _VALUES.get(type(value))
    return (lambda state: text_of(value, state)) if make is None else make(value, phase)


# --- values --------------------------------------------------------------------------------------------------


def _literal(value: Literal, _: Phase) -> Text:
    text = value.text
    return lambda state: text


def _joined(value: Joined, phase: Phase) -> Text:
    parts = [text_in(part, phase) for part in value.parts]
    return lambda state: "".join([part(state) for part in parts])


def _capture(value: Capture, _: Phase) -> Text:
    name, number = value.match, value.group

    def captured(state: State) -> str:
        groups = state.captures.get(name, ())
        return (groups[number] or "") if number < len(groups) else ""

    return captured


def _variable(value: Variable, phase: Phase) -> Text:
    missing = value.missing
    if value == REQUEST_URI:
        return lambda state: state.path
    if value == REWRITTEN:
        return lambda state: state.path if state.rewritten is None else state.rewritten
    if value.known_from > phase:
        return lambda state: missing
    read, varies = reader_of(value.name, value.argument), value.varies

    def varying(state: State) -> str:
        state.vary.append(varies)
        return text(state)

    def text(state: State) -> str:
        found = read(state)
        return missing if found is None else found

    return varying if varies else text


_VALUES: dict[type, Callable[[Any, Phase], Text]] = {
    Literal: _literal,
    Joined: _joined,
    Capture: _capture,
    Variable: _variable,
}


# --- conditions ----------------------------------------------------------------------------------------------


def _not(condition: Not, phase: Phase) -> Test:
    inner = test_of(condition.condition, phase)
    return lambda state: not inner(state)


def _all_of(condition: AllOf, phase: Phase) -> Test:
    tests = [test_of(each, phase) for each in condition.conditions]

    def holds_all(state: State) -> bool:
        for test in tests:  # noqa: SIM110  # all() over a generator costs 0.4 us more
            if not test(state):
                return False
        return True

    return holds_all


def _any_of(condition: AnyOf, phase: Phase) -> Test:
    tests = [test_of(each, phase) for each in condition.conditions]
    return lambda state: any(test(state) for test in tests)


def _under(condition: Under, phase: Phase) -> Test:
    prefix, read = condition.prefix, text_in(condition.value, phase)
    if condition.as_mapping:
        return lambda state: taken(state.path, prefix) > 0
    if condition.value == REQUEST_URI:
        return lambda state: lies_under(state.path, prefix)
    return lambda state: lies_under(read(state), prefix)


def _matches(condition: Matches, phase: Phase) -> Test:
    """Who captures keeps the groups: a rule starts without captures of conditions, and one that fails keeps none."""
    read, find, name = text_in(condition.value, phase), searcher(condition.regex), condition.captures
    if not name:
        return lambda state: find(read(state)) is not None

    def rule(state: State) -> bool:
        groups = find(read(state))
        captures = state.captures
        captures["rule"] = groups or ()
        if "cond" in captures:
            del captures["cond"]
        return groups is not None

    def cond(state: State) -> bool:
        groups = find(read(state))
        if groups is not None:
            state.captures["cond"] = groups
        return groups is not None

    def other(state: State) -> bool:
        groups = find(read(state))
        state.captures[name] = groups or ()
        return groups is not None

    return rule if name == "rule" else cond if name == "cond" else other


def _compare(condition: Compare, phase: Phase) -> Test:
    left, right = text_in(condition.left, phase), text_in(condition.right, phase)
    if condition.operator is Operator.SAME:
        return lambda state: left(state) == right(state)
    if condition.operator is Operator.DIFFERENT:
        return lambda state: left(state) != right(state)
    return lambda state: holds(condition, state)


def _is_set(condition: IsSet, phase: Phase) -> Test:
    variable = condition.variable
    if variable.known_from > phase:
        return lambda state: False
    read = reader_of(variable.name, variable.argument)
    return lambda state: read(state) is not None


_CONDITIONS: dict[type, Callable[[Any, Phase], Test]] = {
    Always: lambda condition, phase: lambda state: True,
    Never: lambda condition, phase: lambda state: False,
    Not: _not,
    AllOf: _all_of,
    AnyOf: _any_of,
    Under: _under,
    Matches: _matches,
    Compare: _compare,
    IsSet: _is_set,
}
