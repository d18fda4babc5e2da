"""mod_setenvif in the program: a condition, and what it sets; outside sections early, in sections later (OR-1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, parent_then_child, setting
from apacheconf.modules.mod_setenvif import EnvRule, SetEnvIfDirConf
from apacheconf.program.conditions import AllOf, Condition, IsSet, Matches, Regex
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import NEXT, Flow, KeepLocal, Move, SetEnv, Step
from apacheconf.program.substitutions import substitution
from apacheconf.program.values import Capture, Literal, Value, Variable

#: Attributes that are no header field (EV-1).
_SPECIAL = {
    "remote_addr": Variable("REMOTE_ADDR"),
    "remote_host": Variable("REMOTE_HOST"),
    "server_addr": Variable("SERVER_ADDR"),
    "request_method": Variable("REQUEST_METHOD"),
    "request_protocol": Variable("SERVER_PROTOCOL"),
    "request_uri": Variable("REQUEST_URI"),
}
NO_PROXY = "no-proxy"


@dataclass(frozen=True)
class SetEnvIfLayer(Conf):
    """The steps of one scope's lines, in order; one line may make several."""

    module: ClassVar[str] = "mod_setenvif"

    made: Setting[tuple[tuple[Step, ...], ...]] = setting((), parent_then_child)


def layer(conf: SetEnvIfDirConf, linker: Linker, left_out: LeaveOut) -> SetEnvIfLayer:
    """A section's lines as steps; ``left_out`` hears of those whose condition can't be evaluated."""
    made: list[tuple[Step, ...]] = []
    said: list[Written] = []
    looks = _looks(conf.rules.value)
    for rule, directive, look in zip(conf.rules.value, conf.rules.said_by, looks, strict=True):
        try:
            made.append(tuple(_steps(rule, look, linker.said_by((directive,)))))
            said.append(directive)
        except NotEvaluated as missing:
            left_out(directive, f"its condition uses {missing}, which is not evaluated yet")
    return SetEnvIfLayer(Setting(tuple(made), linker.numbers(said)))


def steps(conf: Conf) -> Iterator[Step]:
    assert isinstance(conf, SetEnvIfLayer)
    for made in conf.made.value:
        yield from made
    stopping = [step for made in conf.made.value for step in made if _stops_proxy(step)]
    if stopping:  # PP-21: asked once, before every mapping
        said_by = tuple(dict.fromkeys(number for step in stopping for number in step.said_by))
        yield Step(Phase.TRANSLATE, KeepLocal(), said_by, IsSet(Variable("ENV", NO_PROXY)))


def _stops_proxy(step: Step) -> bool:
    action = step.action
    return step.phase is Phase.POST_READ and isinstance(action, SetEnv) and action.name.lower() == NO_PROXY


class _Look(Enum):
    """How a line gets its attribute's value: httpd looks once for lines in a row about the same one (EV-8)."""

    NOW = "now"
    KEPT_FOR_LATER = "now, and the next lines will want the same"
    AS_BEFORE = "as the first line of the row saw it"


def _looks(rules: Sequence[EnvRule]) -> list[_Look]:
    """It matters only where a line sets the variable that the lines after it are about."""
    looks = [_Look.NOW] * len(rules)
    first = 0
    for at, rule in enumerate(rules):
        if rule.expression or rule.attribute.lower() != rules[first].attribute.lower():
            first = at
        set_before = {each.name.lower() for earlier in rules[first:at] for each in earlier.assignments}
        if rule.attribute.lower() in set_before and not rule.expression:
            looks[first], looks[at] = _Look.KEPT_FOR_LATER, _Look.AS_BEFORE
    return looks


def _steps(rule: EnvRule, look: _Look, said_by: tuple[int, ...]) -> Iterator[Step]:
    """The condition is asked by the first step, which leads past the others where it doesn't hold."""
    phase = Phase.HEADER_PARSER if rule.in_section else Phase.POST_READ
    condition = _condition(rule, look)
    rest = len(rule.assignments) - 1
    for number, assignment in enumerate(rule.assignments):
        action = SetEnv(assignment.name, _value(rule, assignment.value))
        if number:
            yield Step(phase, action, said_by)
        else:
            otherwise = Flow(Move.SKIP, rest) if rest else NEXT
            yield Step(phase, action, said_by, condition, otherwise=otherwise)


def _value(rule: EnvRule, text: str | None) -> Value | None:
    if text is None:
        return None
    return Literal(text) if rule.literal is not None else substitution(text, "expr" if rule.expression else "rule")


def _condition(rule: EnvRule, look: _Look) -> Condition:
    """Raises NotEvaluated."""
    if rule.expression:
        return condition_of(rule.expression, any("$" in (each.value or "") for each in rule.assignments))
    if rule.attribute.lower().startswith("oid("):
        raise NotEvaluated("an extension of the client's certificate")
    regex = Regex(rule.pattern, rule.ignore_case)
    if look is _Look.AS_BEFORE:
        return Matches(Capture("attribute", 0), regex, "rule")
    value = _SPECIAL.get(rule.attribute.lower())
    if value is None:
        value = Variable("HTTP_MATCHING" if rule.names_headers else "HTTP_OR_ENV", rule.attribute)
    if look is _Look.KEPT_FOR_LATER:
        return AllOf((Matches(value, Regex("(?s)^.*"), "attribute"), Matches(value, regex, "rule")))
    return Matches(value, regex, "rule")
