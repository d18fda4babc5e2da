"""Environment variables for a target that has none: a question about a variable becomes the question on which it was
set (SetEnvIf, SetEnv, E= of rules), and its text the text that it was given, for as long as every line that sets it is
understood (NGX-192).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Condition,
    IsSet,
    Not,
    any_of,
    both,
    either,
    negated,
)
from apacheconf.program.steps import ExportTls, Flow, Move, Rewrite, SetEnv, SetEnvFrom, Step
from apacheconf.program.values import Chosen, Literal, Value, Variable
from apacheconf.targets.captures import parts_in, replaced

#: A value that a variable is given, or None where it is taken away, and when.
Setting = tuple[Condition, Value | None]
#: Variables that httpd's modules set without a line that says so.
_FOREIGN = re.compile(
    r"UNIQUE_ID|SCRIPT_UR[LI]|(?:SSL|REDIRECT|BALANCER|MATCH|REMOTEIP|AUTHENTICATE|AUTHORIZE)[_-].*", re.IGNORECASE
)


def variables_set(step: Step) -> tuple[SetEnv, ...]:
    """What a step sets when it runs."""
    if isinstance(step.action, SetEnv):
        return (step.action,)
    sets = step.action.sets if isinstance(step.action, Rewrite) else ()
    return tuple(each for each in sets if isinstance(each, SetEnv))


def guarded(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, those that others skip with the condition of these: of one line, only the first has it."""
    skips, guard = 0, None
    for step in steps:
        if skips and guard is not None and isinstance(step.action, SetEnv):
            yield replace(step, when=guard)
        else:
            yield step
        skips = max(skips - 1, 0)
        if step.otherwise.move is Move.SKIP and isinstance(step.action, SetEnv):
            skips, guard = step.otherwise.count, step.when


@dataclass
class Environment:
    """What the lines so far have set, by the names in small letters."""

    settings: dict[str, list[Setting]] = field(default_factory=dict)

    _under: tuple[Condition, int] = (ALWAYS, -1)
    #: Whether a rule has set a variable whose name depends on the request: any could have been it.
    _open: bool = False

    def copy(self) -> Environment:
        """The same, which is told what comes after this by itself."""
        return replace(self, settings={name: list(settings) for name, settings in self.settings.items()})

    def begin(self) -> None:
        """Steps are told by their numbers from the first one on again."""
        self._under = ALWAYS, -1

    def tell(self, step: Step, when: Condition, at: int, otherwise: Flow, put: Callable[[Value], Value]) -> None:
        """The step with the number ``at`` runs where ``when`` holds; else control goes where ``otherwise`` says.

        A line that sets several variables asks once: its other steps are passed over where its first one is. ``put``
        tells a value in other words.
        """
        if at <= self._under[1]:
            when = both(self._under[0], when)
        elif when != ALWAYS and otherwise.move is Move.SKIP:
            self._under = when, at + otherwise.count
        self._open = self._open or (isinstance(step.action, Rewrite) and any(
            isinstance(each, SetEnvFrom) for each in step.action.sets
        ))  # fmt: skip
        for each in variables_set(step):
            self.give(each.name, None if each.value is None else put(each.value), when)
        if isinstance(step.action, ExportTls):
            self.give("HTTPS", Literal("on"), when)

    def give(self, name: str, value: Value | None, when: Condition = ALWAYS) -> None:
        """The variable has this value from now on, where ``when`` holds."""
        self.settings.setdefault(name.lower(), []).append((when, value))

    def asked(self, condition: Condition) -> Condition:
        """The condition with what it asks of variables put in other words."""
        match condition:
            case Not(inner):
                return negated(self.asked(inner))
            case AllOf(parts):
                return AllOf(tuple(map(self.asked, parts)))
            case AnyOf(parts):
                return AnyOf(tuple(map(self.asked, parts)))
            case _:
                return self._leaf(condition)

    def has(self, name: str) -> bool:
        """Whether any line so far sets the variable."""
        return name.lower() in self.settings

    def _leaf(self, condition: Condition) -> Condition:
        variable = next((each for each in variables_in(condition) if self._is_known(each)), None)
        if variable is None:
            return condition
        found = self._leaf(_where(condition, variable, None))
        for when, value in self.settings.get(variable.argument.lower(), []):
            found = _chosen(when, self._leaf(_where(condition, variable, value)), found)
        return found

    def _is_known(self, variable: Variable) -> bool:
        """Whether it can be told what the variable holds: nothing, where nobody sets it."""
        name = variable.argument.lower()
        return variable.name == "ENV" and not self._open and (name in self.settings or _FOREIGN.fullmatch(name) is None)

    def value_of(self, variable: Variable) -> Value | None:
        """The value of a variable, None where it can't be told."""
        if not self._is_known(variable):
            return None
        unset: Value = Literal(variable.missing)
        found = unset
        for when, value in self.settings.get(variable.argument.lower(), []):
            given = unset if value is None else value
            found = given if when == ALWAYS or given == found else Chosen(when, given, found)
        return found


def _chosen(when: Condition, held: Condition, other: Condition) -> Condition:
    """What one line makes of a question: ``held`` where the line runs, else the ``other`` one of the lines before it.

    Lines that all set the same are a row of conditions, one of which holds.
    """
    if held != ALWAYS or NEVER in (when, other):
        return either(both(when, held), both(negated(when), other))
    before = other.conditions if isinstance(other, AnyOf) else (other,)
    return any_of((*before, when)) if when not in before else other


def _where(condition: Condition, variable: Variable, value: Value | None) -> Condition:
    """A condition on one variable where its value is this one, or it has none."""
    if isinstance(condition, IsSet):
        return NEVER if value is None else ALWAYS
    text = Literal("") if value is None else value
    return replaced(condition, lambda each: text if each == variable else None)


def variables_in(part: object) -> Iterator[Variable]:
    """Every variable that a condition, a value or a whole step asks."""
    return parts_in(part, Variable)


def mentions(found: object, name: str) -> bool:
    """Whether the variable ``name`` occurs in a condition, a value or a whole step."""
    asked = (each for each in variables_in(found) if each.name in ("ENV", "HTTP_OR_ENV"))
    return any(each.argument.lower() == name.lower() for each in asked)


def mentions_any(found: object, *names: str) -> bool:
    """Whether a variable so called, whatever its argument, occurs in a condition, a value or a whole step."""
    return any(each.name in names for each in variables_in(found))
