"""Environment variables for a target that has none: a question about a variable becomes the question on which it was
set (SetEnvIf, SetEnv, E= of rules), for as long as every line that sets it is understood (NGX-192).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass, replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    IsSet,
    Matches,
    Not,
    OneOf,
    Operator,
)
from apacheconf.program.evaluate import search
from apacheconf.program.steps import Flow, Move, Rewrite, SetEnv, Step
from apacheconf.program.values import Literal, Variable

#: A text that a variable is given, or None where it is taken away, and when.
Setting = tuple[Condition, str | None]


def variables_set(step: Step) -> tuple[SetEnv, ...]:
    """What a step sets when it runs."""
    if isinstance(step.action, SetEnv):
        return (step.action,)
    sets = step.action.sets if isinstance(step.action, Rewrite) else ()
    return tuple(each for each in sets if isinstance(each, SetEnv))


@dataclass
class Environment:
    """What the lines so far have set, by the names in small letters; ``lost`` ones can't be told."""

    settings: dict[str, list[Setting]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)

    _under: tuple[Condition, int] = (ALWAYS, -1)

    def tell(self, step: Step, when: Condition, at: int, otherwise: Flow) -> None:
        """The step with the number ``at`` runs where ``when`` holds; else control goes where ``otherwise`` says.

        A line that sets several variables asks once: its other steps are passed over where its first one is.
        """
        if at <= self._under[1]:
            when = _both(self._under[0], when)
        elif when != ALWAYS and otherwise.move is Move.SKIP:
            self._under = when, at + otherwise.count
        for each in variables_set(step):
            name = each.name.lower()
            if each.value is None or isinstance(each.value, Literal):
                text = each.value.text if each.value is not None else None
                self.settings.setdefault(name, []).append((when, text))
            else:
                self.lost.add(name)

    def asked(self, condition: Condition) -> Condition:
        """The condition with what it asks of variables put in other words."""
        match condition:
            case Not(inner):
                return Not(self.asked(inner))
            case AllOf(parts):
                return AllOf(tuple(map(self.asked, parts)))
            case AnyOf(parts):
                return AnyOf(tuple(map(self.asked, parts)))
            case IsSet(Variable("ENV", name)):
                return self._where(condition, name, lambda text: text is not None)
            case Matches(Variable("ENV", name), regex):
                return self._where(condition, name, lambda text: search(regex, text or "") is not None)
            case Compare(Variable("ENV", name), Operator.SAME, Literal(wanted)):
                return self._where(condition, name, lambda text: (text or "") == wanted)
            case Compare(Variable("ENV", name), Operator.DIFFERENT, Literal(wanted)):
                return self._where(condition, name, lambda text: (text or "") != wanted)
            case OneOf(Variable("ENV", name), choices) if all(isinstance(each, Literal) for each in choices):
                return self._where(condition, name, lambda text: Literal(text or "") in choices)
            case Matches(Variable("HTTP_OR_ENV", name) as value) if not self._is_known(name):
                return replace(condition, value=replace(value, name="HTTP"))
            case _:
                return condition

    def _is_known(self, name: str) -> bool:
        return name.lower() in self.settings or name.lower() in self.lost

    def _where(self, condition: Condition, name: str, holds: Callable[[str | None], bool]) -> Condition:
        """Where the last line that set the variable gave it a text for which ``holds``."""
        if name.lower() in self.lost or name.lower() not in self.settings:
            return condition
        found: Condition = ALWAYS if holds(None) else NEVER
        for when, text in self.settings[name.lower()]:
            found = _either((when, found)) if holds(text) else _both(_negated(when), found)
        return found


def mentions(found: object, name: str) -> bool:
    """Whether the variable ``name`` occurs in a condition, a value or a whole step."""
    if isinstance(found, Variable):
        return found.name in ("ENV", "HTTP_OR_ENV") and found.argument.lower() == name.lower()
    if isinstance(found, tuple | list):
        return any(mentions(each, name) for each in found)
    if is_dataclass(found) and not isinstance(found, type):
        return any(mentions(getattr(found, each.name), name) for each in fields(found))
    return False


def _negated(condition: Condition) -> Condition:
    if isinstance(condition, Not):
        return condition.condition
    return NEVER if condition == ALWAYS else ALWAYS if condition == NEVER else Not(condition)


def _both(one: Condition, other: Condition) -> Condition:
    if NEVER in (one, other):
        return NEVER
    return other if one == ALWAYS else one if other == ALWAYS else AllOf((one, other))


def _either(parts: tuple[Condition, Condition]) -> Condition:
    one, other = parts
    if ALWAYS in parts:
        return ALWAYS
    return other if one == NEVER else one if other == NEVER else AnyOf(parts)
