"""mod_authz_core and the providers of mod_authz_host: who may, without asking who it is.

A section's Require lines form a group; RequireAll, RequireAny and RequireNone nest. What a provider's words mean
for a request is the program's business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, ClassVar, Self

from apacheconf.ledger import Written
from apacheconf.modules.declare import (
    SECTIONS,
    SERVER,
    Args,
    Conf,
    Context,
    Fate,
    Methods,
    Module,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    flag,
    not_inherited,
    setting,
    take1,
)
from apacheconf.modules.mod_authz_host import check_addresses
from apacheconf.modules.regex_options import written_in
from apacheconf.modules.values import METHODS
from apacheconf.syntax.words import split_with_offsets


@dataclass(frozen=True, slots=True)
class Requirement:
    """One Require line: its provider, the provider's words, and ``not``; ``text`` is all after the provider as
    written (EXPR-50). ``methods`` are those that the Limit sections around leave (STR-17)."""

    provider: str
    words: tuple[str, ...] = ()
    negated: bool = False
    text: str = ""
    methods: Methods = Methods(True)


@dataclass(frozen=True, slots=True)
class RequireGroup:
    """RequireAll, RequireAny or RequireNone (``kind`` is ``all``, ``any`` or ``none``).

    ``said_by`` are the directives of the entries, parallel to them.
    """

    kind: str
    entries: tuple[Requirement | RequireGroup, ...] = ()
    said_by: tuple[Written, ...] = ()
    methods: Methods = Methods(True)


@dataclass(frozen=True)
class AuthzDirConf(Conf):
    """A section with any Require replaces what the outer one required (MRG-20)."""

    module: ClassVar[str] = "mod_authz_core"

    requires: Setting[tuple[Requirement | RequireGroup, ...]] = setting(())
    merging: Setting[str] = setting("Off", not_inherited)
    forbidden: Setting[bool] = setting(False)

    def merge(self, child: Self) -> Self:
        """With AuthMerging what both require becomes a group of two, said by that directive."""
        merged = super().merge(child)
        if not child.merging.is_set or not self.requires.is_set:
            return merged
        if child.merging.value == "Off" and not child.requires.is_set:
            return replace(merged, requires=Setting(()))
        if child.merging.value == "Off" or not child.requires.is_set:
            return merged
        by = child.merging.said_by[-1]
        both = tuple(RequireGroup("any", each.value, each.said_by) for each in (self.requires, child.requires))
        group = RequireGroup("all" if child.merging.value == "And" else "any", both, (by, by))
        return replace(merged, requires=Setting((group,), (by,)))


#: Every provider that the modules of httpd register, and its module.
PROVIDERS = {
    **dict.fromkeys(("all", "env", "expr", "method"), "mod_authz_core"),
    **dict.fromkeys(("ip", "host", "forward-dns", "local"), "mod_authz_host"),
    **dict.fromkeys(("user", "valid-user"), "mod_authz_user"),
    **dict.fromkeys(("file-group", "file-owner"), "mod_authz_owner"),
    **dict.fromkeys(("dbm-group", "dbm-file-group"), "mod_authz_dbm"),
    **dict.fromkeys(("dbd-group", "dbd-login", "dbd-logout"), "mod_authz_dbd"),
    **dict.fromkeys(
        ("ldap-user", "ldap-group", "ldap-dn", "ldap-attribute", "ldap-filter", "ldap-search"), "mod_authnz_ldap"
    ),
    **dict.fromkeys(("ssl", "ssl-verify-client"), "mod_ssl"),
    "group": "mod_authz_groupfile",
}


def require(text: Sequence[str], scope: Scope) -> Requirement:
    """A Require line, of its unsplit text (ARG-25, ARG-26, CE-14)."""
    words = split_with_offsets(text[0])
    negated = bool(words) and words[0].value.lower() == "not"
    at = int(negated)
    provider = words[at].value if at < len(words) else ""
    alias = scope.named.get(("authz", provider))
    if alias is None and not _is_provider(provider, scope):
        raise ValueRefused(f"Unknown Authz provider: {provider}", at if provider else None)
    if negated and scope.combined_by != "RequireAll":
        raise ValueRefused(f"negative Require directive has no effect in {_around(scope)} directive", 0)
    if isinstance(alias, Requirement):
        return replace(alias, negated=negated, methods=scope.limited)
    given = tuple(word.value for word in words[at + 1 :])
    rest = text[0][words[at].end :].strip()
    _check(provider, given, rest, scope, at + 1)
    rest = written_in(rest, scope) if provider == "expr" else rest
    return Requirement(provider, given, negated, rest, scope.limited)


def _is_provider(name: str, scope: Scope) -> bool:
    owner = PROVIDERS.get(name)
    return owner is not None and scope.has_module(owner)


def _check(provider: str, words: Sequence[str], rest: str, scope: Scope, first: int) -> None:
    check = _CHECKS.get(provider)
    if check is not None:
        check(words, first)
    if provider in _TEXTS or provider == "expr":
        from apacheconf.modules.expressions import check_condition, check_string  # only here: it costs 20 ms to load

        ssl, said = scope.has_module("mod_ssl"), "Cannot parse expression in require line: "
        if provider == "expr":
            check_condition(expression_in(rest), said, ssl, first if words else None)
        else:
            check_string(rest, said, ssl, first)


def expression_in(text: str) -> str:
    """The expression of ``Require expr``: double quotes around the whole of it are taken off (EXPR-41)."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _alias(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    if len(words) < 2:
        raise ValueRefused("<AuthzProviderAlias> directive requires additional arguments")
    return tuple(words[:3])


def _register(alias: tuple[str, ...], children: Sequence[Any], scope: Scope) -> None:
    """Makes a name known for a provider with its words; a Require of it is one of these."""
    provider, name, rest = alias[0], alias[1], alias[2] if len(alias) > 2 else ""
    if not _is_provider(provider, scope):
        raise ValueRefused(f"Unknown Authz provider: {provider}", 0)
    given = tuple(word.value for word in split_with_offsets(rest))
    try:
        _check(provider, given, rest, scope, 0)
    except ValueRefused as refused:
        raise ValueRefused(f"Can't parse 'Require {provider} {rest}': {refused}", 2 if rest else None) from None
    scope.named["authz", name] = Requirement(provider, given, text=rest)


def _around(scope: Scope) -> str:
    """The section that combines a requirement; one by itself stands in an implicit RequireAny (STR-18)."""
    return f"<{scope.combined_by or 'RequireAny'}>"


def _check_all(words: Sequence[str], first: int) -> None:
    if len(words) != 1 or words[0].lower() not in ("granted", "denied"):
        raise ValueRefused("Argument for 'Require all' must be 'granted' or 'denied'", first if words else None)


def _check_methods(words: Sequence[str], first: int) -> None:
    for number, word in enumerate(words, first):
        if word not in METHODS:
            raise ValueRefused(f"Invalid Method '{word}'", number)


#: Providers whose words are texts with variables (EXPR-46).
_TEXTS = frozenset(("user", "group", "host"))
_CHECKS = {"all": _check_all, "ip": check_addresses, "method": _check_methods}


@lru_cache(maxsize=1024)
def network(word: str) -> str | None:
    """An address, a partial IPv4 address or an address with a mask, as CIDR; None for anything else (ARG-26)."""
    if re.fullmatch(r"\d{1,3}(\.\d{1,3}){0,2}\.?", word):
        parts = word.rstrip(".").split(".")
        word = ".".join(parts + ["0"] * (4 - len(parts))) + f"/{8 * len(parts)}"
    try:
        return str(ip_network(word, strict=False)) if "/" in word else str(ip_network(ip_address(word)))
    except ValueError:
        return None


def _group(kind: str) -> Spec:
    name = f"<Require{kind.capitalize()}>"

    def parse(words: Sequence[str], scope: Scope) -> RequireGroup:
        if words:
            raise ValueRefused(f"{name} directive doesn't take additional arguments", 0)
        return RequireGroup(kind, methods=scope.limited)

    return Spec(
        name, Args.RAW_ARGS, _WITHIN, per="dir",
        fills="requires", appends=True, parse_in=parse, gathers=_check_group, restricts=True,
    )  # fmt: skip


def _check_group(group: RequireGroup, children: Sequence[Any], scope: Scope) -> RequireGroup:
    """What httpd asks of a group once it has read what stands in it (STR-18)."""
    name = f"<Require{group.kind.capitalize()}>"
    if not children:
        raise ValueRefused(f"{name} directive contains no authorization directives")
    if group.kind == "none" and scope.combined_by != "RequireAll":
        raise ValueRefused(f"{name} directive has no effect in {_around(scope)} directive")
    return group


def _merging(words: Sequence[str]) -> str:
    if words[0].lower() not in ("off", "and", "or"):
        raise ValueRefused("AuthMerging must be one of: Off | And | Or", 0)
    return words[0].capitalize()


_WITHIN = SECTIONS | Context.LIMIT | Context.REQUIRE

MODULE = Module(
    "mod_authz_core",
    dir_conf=AuthzDirConf,
    fate=Fate.SERVED,
    directives=[
        Spec(
            "Require", Args.RAW_ARGS, _WITHIN, per="dir",
            fills="requires", appends=True, parse_in=require, raw=True, restricts=True,
        ),
        Spec("<AuthzProviderAlias>", Args.RAW_ARGS, SERVER, parse_in=_alias, gathers=_register),
        _group("all"),
        _group("any"),
        _group("none"),
        take1("AuthMerging", _WITHIN, "merging", per="dir", parse=_merging, restricts=True),
        flag("AuthzSendForbiddenOnFailure", _WITHIN, "forbidden", per="dir", restricts=True),
    ],
)  # fmt: skip
