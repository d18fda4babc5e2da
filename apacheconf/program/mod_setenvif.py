"""mod_setenvif in the program: a condition, and what it sets; outside sections early, in sections later (OR-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, parent_then_child, setting
from apacheconf.modules.mod_setenvif import EnvRule, SetEnvIfDirConf
from apacheconf.program.conditions import Condition, IsSet, Matches, Regex
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import NEXT, Flow, KeepLocal, Move, SetEnv, Step
from apacheconf.program.substitutions import substitution
from apacheconf.program.values import Literal, Value, Variable

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
    for rule, directive in zip(conf.rules.value, conf.rules.said_by, strict=True):
        try:
            made.append(tuple(_steps(rule, linker.said_by((directive,)))))
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


def _steps(rule: EnvRule, said_by: tuple[int, ...]) -> Iterator[Step]:
    """The condition is asked by the first step, which leads past the others where it doesn't hold."""
    phase = Phase.HEADER_PARSER if rule.in_section else Phase.POST_READ
    condition = _condition(rule)
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


def _condition(rule: EnvRule) -> Condition:
    """Raises NotEvaluated."""
    if rule.expression:
        return condition_of(rule.expression)
    if rule.attribute.lower().startswith("oid("):
        raise NotEvaluated("an extension of the client's certificate")
    value = _SPECIAL.get(rule.attribute.lower())
    if value is None:
        value = Variable("HTTP_MATCHING" if rule.names_headers else "HTTP_OR_ENV", rule.attribute)
    return Matches(value, Regex(rule.pattern, rule.ignore_case), "rule")
