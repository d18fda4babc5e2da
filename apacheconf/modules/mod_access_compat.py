"""mod_access_compat: Order, Allow, Deny and Satisfy, as in httpd 2.2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Methods, Module, ParseIn, Scope, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.mod_authz_host import what_is_wrong
from apacheconf.modules.values import one_of


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One line, for ``methods``: ``name`` is ``order``, ``allow``, ``deny`` or ``satisfy``.

    ``words`` are those after ``from``, or the keyword in lower case.
    """

    name: str
    words: tuple[str, ...]
    methods: Methods = Methods(True)


@dataclass(frozen=True)
class AccessDirConf(Conf):
    """The lines of the innermost section that has any; those of outer ones don't count beside it."""

    module: ClassVar[str] = "mod_access_compat"

    rules: Setting[tuple[AccessRule, ...]] = setting(())


def _order(words: Sequence[str], scope: Scope) -> AccessRule:
    order = one_of(words[0], ("allow,deny", "deny,allow", "mutual-failure"), "unknown order")
    return AccessRule("order", (order,), scope.limited)


def _satisfy(words: Sequence[str], scope: Scope) -> AccessRule:
    satisfy = one_of(words[0], ("any", "all"), "Satisfy either 'any' or 'all'.")
    return AccessRule("satisfy", (satisfy,), scope.limited)


def _from(name: str) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> AccessRule:
        if words[0].lower() != "from":
            raise ValueRefused("allow and deny must be followed by 'from'", 0)
        for number, word in enumerate(words[1:], 1):
            _check_place(word, number)
        return AccessRule(name, tuple(words[1:]), scope.limited)

    return parse


def _check_place(word: str, number: int) -> None:
    """``all``, ``env=``, an address, a network, or else a host's name."""
    low = word.lower()
    if low == "all" or low.startswith("env="):
        return
    if word.startswith("#"):
        raise ValueRefused("No comments are allowed here", number)
    wrong = what_is_wrong(word)
    if wrong:
        raise ValueRefused(wrong.removeprefix(": "), number)
    if wrong == "" and "/" in word:
        raise ValueRefused("An IP address was expected", number)


MODULE = Module(
    "mod_access_compat",
    dir_conf=AccessDirConf,
    fate=Fate.SERVED,
    directives=served(
        [
            listed("Order", parse_in=_order, per="dir", fills="rules", appends=True, restricts=True),
            listed("Allow", parse_in=_from("allow"), per="dir", fills="rules", appends=True, restricts=True),
            listed("Deny", parse_in=_from("deny"), per="dir", fills="rules", appends=True, restricts=True),
            listed("Satisfy", parse_in=_satisfy, per="dir", fills="rules", appends=True, restricts=True),
        ]
    ),
)
