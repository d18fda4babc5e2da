"""Environment variables for a target that has none: a question about a variable becomes the question on which it was
set (SetEnvIf, SetEnv, E= of rules), for as long as every line that sets it is understood (NGX-192).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
    Test,
)
from apacheconf.program.evaluate import search
from apacheconf.program.steps import ExportTls, Flow, Move, Rewrite, SetEnv, Step
from apacheconf.program.values import Literal, Value, Variable

#: What a variable is given, or None where it is taken away, and when.
Setting = tuple[Condition, Value | None]
#: Variables that httpd's modules set without a line that says so, by how their names begin.
_FOREIGN = ("BALANCER_", "SSL_", "MATCH_", "AUTHENTICATE_", "AUTHORIZE_", "REDIRECT_", "UNIQUE_ID")


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

    def tell(self, step: Step, when: Condition, at: int, otherwise: Flow) -> None:
        """The step with the number ``at`` runs where ``when`` holds; else control goes where ``otherwise`` says.

        A line that sets several variables asks once: its other steps are passed over where its first one is.
        """
        if at <= self._under[1]:
            when = _both(self._under[0], when)
        elif when != ALWAYS and otherwise.move is Move.SKIP:
            self._under = when, at + otherwise.count
        for each in variables_set(step):
            self.settings.setdefault(each.name.lower(), []).append((when, each.value))
        if isinstance(step.action, ExportTls):
            self.settings.setdefault("https", []).append((when, Literal("on")))

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
                return self._where(condition, name, lambda value: value is not None)
            case Matches(Variable("ENV", name), regex):
                return self._where(condition, name, _text(lambda text: search(regex, text) is not None))
            case Compare(Variable("ENV", name), Operator.SAME, Literal(wanted)):
                return self._where(condition, name, _text(lambda text: text == wanted))
            case Compare(Variable("ENV", name), Operator.DIFFERENT, Literal(wanted)):
                return self._where(condition, name, _text(lambda text: text != wanted))
            case Test("z" | "n" as letter, Variable("ENV", name)):
                return self._where(condition, name, _text(lambda text: (text == "") == (letter == "z")))
            case OneOf(Variable("ENV", name), choices) if all(isinstance(each, Literal) for each in choices):
                return self._where(condition, name, _text(lambda text: Literal(text) in choices))
            case Matches(Variable("HTTP_OR_ENV", name) as value) if not self._is_known(name):
                return replace(condition, value=replace(value, name="HTTP"))
            case _:
                return condition

    def _is_known(self, name: str) -> bool:
        return name.lower() in self.settings

    def _where(self, condition: Condition, name: str, holds: Callable[[Value | None], bool | None]) -> Condition:
        """Where the last line that set the variable gave it what ``holds``; as asked where that can't be told."""
        if not self._is_known(name) and name.upper().startswith(_FOREIGN):
            return condition
        found: Condition | None = ALWAYS if holds(None) else NEVER
        for when, value in self.settings.get(name.lower(), ()):
            told = holds(value)
            if told is None or (found is None and when != ALWAYS):
                found = None
            elif told:
                found = ALWAYS if found is None else _either((when, found))
            else:
                found = NEVER if found is None else _both(_negated(when), found)
        return condition if found is None else found


def _text(holds: Callable[[str], bool]) -> Callable[[Value | None], bool | None]:
    """A question about a variable's text, which an unset one has, too; None where it depends on the request."""

    def told(value: Value | None) -> bool | None:
        if value is not None and not isinstance(value, Literal):
            return None
        return holds(value.text if value is not None else "")

    return told


def mentions(found: object, name: str) -> bool:
    """Whether the variable ``name`` occurs in a condition, a value or a whole step."""
    if isinstance(found, Variable):
        return found.name in ("ENV", "HTTP_OR_ENV") and found.argument.lower() == name.lower()
    if isinstance(found, tuple | list):
        return any(mentions(each, name) for each in found)
    if is_dataclass(found) and not isinstance(found, type):
        return any(mentions(getattr(found, each.name), name) for each in fields(found))
    return False


def mentions_any(found: object, name: str) -> bool:
    """Whether a variable called ``name``, whatever its argument, occurs in a condition, a value or a whole step."""
    if isinstance(found, Variable):
        return found.name == name
    if isinstance(found, tuple | list):
        return any(mentions_any(each, name) for each in found)
    if is_dataclass(found) and not isinstance(found, type):
        return any(mentions_any(getattr(found, each.name), name) for each in fields(found))
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
