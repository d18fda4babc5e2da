"""mod_authz_core in the program: a section's Require lines become one condition, and 403 where it fails.

A line is positive, negative or neutral (AZ-1): in RequireAll all that are not neutral must pass and one must be
positive, in RequireAny one must pass, in RequireNone none may. Lines whose provider isn't evaluated yet deny:
a restriction is never dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, not_inherited, setting
from apacheconf.modules.mod_authz_core import AuthzDirConf, RequireGroup, Requirement, expression_in, network
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    InNetwork,
    IsSet,
    Not,
    OneOf,
    Operator,
)
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import END, Respond, Step
from apacheconf.program.values import Literal, Variable

_CLIENT = Variable("REMOTE_ADDR")
_LOCAL = AnyOf(
    (InNetwork(_CLIENT, ("127.0.0.0/8", "::1/128")), Compare(_CLIENT, Operator.SAME, Variable("SERVER_ADDR")))
)


@dataclass(frozen=True)
class AuthzLayer(Conf):
    """What a section requires, as the condition under which it refuses."""

    module: ClassVar[str] = "mod_authz_core"

    refused_when: Setting[Condition | None] = setting(None)
    merging: Setting[str] = setting("Off", not_inherited)

    def merge(self, child: Self) -> Self:
        """MRG-20: the child replaces what was required, or with AuthMerging both or one of the two must pass."""
        merged = super().merge(child)
        mine, own = self.refused_when, child.refused_when
        how = child.merging.value.lower()
        if how == "off" or mine.value is None or own.value is None:
            return merged
        refused = AnyOf((mine.value, own.value)) if how == "and" else AllOf((mine.value, own.value))
        return dataclasses.replace(merged, refused_when=Setting(refused, mine.said_by + own.said_by))


def layer(conf: AuthzDirConf, linker: Linker, left_out: Callable[[Written, str], None]) -> AuthzLayer:
    """A section's settings, linked. ``left_out`` hears of lines whose provider isn't evaluated yet."""
    if not conf.requires.is_set:
        return AuthzLayer()
    group = RequireGroup("any", conf.requires.value, conf.requires.said_by)
    directives = tuple(dict.fromkeys((*_directives(group), *conf.merging.said_by)))
    for requirement, said_by in _requirements(group):
        if _provided(requirement) is None:
            left_out(said_by, f"Require {requirement.provider} is not evaluated yet; it denies")
    refused = _negation(_condition(group))
    merging = Setting(conf.merging.value, linker.numbers(conf.merging.said_by))
    return AuthzLayer(Setting(refused, linker.numbers(directives)), merging)


def steps(conf: Conf) -> Iterator[Step]:
    assert isinstance(conf, AuthzLayer)
    refused = conf.refused_when
    if refused.value is not None:
        said_by = tuple(number for number in refused.said_by if isinstance(number, int))
        yield Step(Phase.ACCESS, Respond(403), said_by, when=refused.value, then=END)


def _directives(group: RequireGroup) -> Iterator[Written]:
    for entry, said_by in zip(group.entries, group.said_by, strict=True):
        yield said_by
        if isinstance(entry, RequireGroup):
            yield from _directives(entry)


def _requirements(group: RequireGroup) -> Iterator[tuple[Requirement, Written]]:
    for entry, said_by in zip(group.entries, group.said_by, strict=True):
        if isinstance(entry, RequireGroup):
            yield from _requirements(entry)
        else:
            yield entry, said_by


def _condition(entry: Requirement | RequireGroup) -> Condition:
    """When the entry passes. A negated line never passes by itself; in RequireAll it only has not to fail."""
    if isinstance(entry, Requirement):
        return _provided(entry) or NEVER
    if entry.kind == "any":
        return _one_of(_condition(each) for each in entry.entries)
    if entry.kind == "none":
        return _negation(_one_of(_condition(each) for each in entry.entries))
    return _all_of(_member_of_all(each) for each in entry.entries)


def _member_of_all(entry: Requirement | RequireGroup) -> Condition:
    if not isinstance(entry, Requirement) or not entry.negated:
        return _condition(entry)
    found = _provided(entry)
    return NEVER if found is None else _negation(found)


def _provided(requirement: Requirement) -> Condition | None:
    """What the provider asks, without ``not``; None if that isn't evaluated yet."""
    if requirement.provider == "expr":
        return _expression(requirement.text)
    provider = _PROVIDERS.get(requirement.provider)
    return provider(requirement.words) if provider else None


def _expression(text: str) -> Condition | None:
    """``Require expr`` (EXPR-41). One about the user would need to know who it is (EXPR-36)."""
    try:
        return None if "REMOTE_USER" in text.upper() else condition_of(expression_in(text))
    except NotEvaluated:
        return None


def _all_of(conditions: Iterator[Condition]) -> Condition:
    parts = tuple(each for each in conditions if each != ALWAYS)
    return NEVER if NEVER in parts else parts[0] if len(parts) == 1 else AllOf(parts) if parts else ALWAYS


def _one_of(conditions: Iterator[Condition]) -> Condition:
    parts = tuple(each for each in conditions if each != NEVER)
    return ALWAYS if ALWAYS in parts else parts[0] if len(parts) == 1 else AnyOf(parts) if parts else NEVER


def _negation(condition: Condition) -> Condition:
    if isinstance(condition, Not):
        return condition.condition
    return NEVER if condition == ALWAYS else ALWAYS if condition == NEVER else Not(condition)


def _networks(words: tuple[str, ...]) -> Condition:
    return InNetwork(_CLIENT, tuple(each for each in map(network, words) if each is not None))


_PROVIDERS: dict[str, Callable[[tuple[str, ...]], Condition]] = {
    "all": lambda words: ALWAYS if words[0].lower() == "granted" else NEVER,
    "ip": _networks,
    "local": lambda words: _LOCAL,
    "method": lambda words: OneOf(Variable("REQUEST_METHOD"), tuple(map(Literal, words))),
    "env": lambda words: _one_of(IsSet(Variable("ENV", word)) for word in words),
}
