"""mod_access_compat in the program: Order, Allow and Deny as the condition under which they refuse (AZ-7).

Of the lines in a section those count that stand for the request's method; each method has the last Order and Satisfy
said for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.mod_access_compat import AccessRule
from apacheconf.modules.mod_authz_core import network
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AnyOf,
    Condition,
    FromHost,
    InNetwork,
    IsSet,
    Not,
    both,
    either,
    negated,
)
from apacheconf.program.mod_authz_core import Method, has_method
from apacheconf.program.values import Literal, Variable


def methods_in(rules: tuple[AccessRule, ...]) -> Iterator[str]:
    for rule in rules:
        yield from rule.methods.names


def refused_when(rules: tuple[AccessRule, ...], method: Method) -> Condition:
    """When requests of one method are refused: denied by ``deny,allow`` where nothing is said."""
    mine = [rule for rule in rules if has_method(rule.methods, method)]
    order = next((rule.words[0] for rule in reversed(mine) if rule.name == "order"), "deny,allow")
    allowed, denied = (_from_one_of(mine, name) for name in ("allow", "deny"))
    if order == "deny,allow":
        return both(denied, negated(allowed))
    return either(negated(allowed), denied)


def is_satisfied_by_one(rules: tuple[AccessRule, ...], method: Method) -> bool:
    """Satisfy Any: that this access check or the rules for users let a request in is enough."""
    mine = [rule.words[0] for rule in rules if rule.name == "satisfy" and has_method(rule.methods, method)]
    return mine[-1:] == ["any"]


def _from_one_of(rules: list[AccessRule], name: str) -> Condition:
    places = tuple(_comes_from(word) for rule in rules if rule.name == name for word in rule.words)
    if ALWAYS in places:
        return ALWAYS
    return places[0] if len(places) == 1 else AnyOf(places) if places else NEVER


def _comes_from(word: str) -> Condition:
    low = word.lower()
    if low == "all":
        return ALWAYS
    if low.startswith("env=!"):
        return Not(IsSet(Variable("ENV", word[5:])))
    if low.startswith("env="):
        return IsSet(Variable("ENV", word[4:]))
    found = network(word)
    return FromHost(Literal(word)) if found is None else InNetwork(Variable("REMOTE_ADDR"), (found,))
