"""mod_authn_core: which kind of authentication a section asks for, and aliases of providers.

Providers look users up. Their names are those of httpd's modules, and of the aliases further up in the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Scope, Setting, ValueRefused, by_key, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import text


@dataclass(frozen=True)
class AuthnDirConf(Conf):
    """Realm and kind of authentication, as the texts with variables that they are; ``type`` empty for none."""

    module: ClassVar[str] = "mod_authn_core"

    realm: Setting[str] = setting("")
    type: Setting[str] = setting("")


@dataclass(frozen=True)
class ProviderAlias:
    """An AuthnProviderAlias: ``name`` stands for the provider ``base`` with the settings of the section."""

    base: str
    name: str
    confs: Mapping[str, Conf] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.base, self.name))


@dataclass(frozen=True)
class AuthnServerConf(Conf):
    """The aliases of providers by name; they hold for the whole server."""

    module: ClassVar[str] = "mod_authn_core"

    aliases: Setting[dict[str, ProviderAlias]] = setting({}, by_key)


#: Providers and their modules.
PROVIDERS = {
    "file": "mod_authn_file",
    "anon": "mod_authn_anon",
    "dbm": "mod_authn_dbm",
    "dbd": "mod_authn_dbd",
    "socache": "mod_authn_socache",
    "ldap": "mod_authnz_ldap",
}
#: Those that know passwords only as what Basic sends.
WITHOUT_DIGEST = frozenset(("anon", "ldap"))


def providers(digest: bool = False) -> Any:
    """The words of AuthBasicProvider and AuthDigestProvider; their case counts."""

    def parse(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
        for number, word in enumerate(words):
            if not is_provider(word, scope):
                raise ValueRefused(f"Unknown Authn provider: {word}", number)
            if digest and word in WITHOUT_DIGEST:
                message = f"The '{word}' Authn provider doesn't support Digest Authentication"
                raise ValueRefused(message, number)
        return tuple(words)

    return parse


def is_provider(name: str, scope: Scope) -> bool:
    module = PROVIDERS.get(name)
    return (module is not None and scope.has_module(module)) or ("authn", name) in scope.named


def _alias(words: Sequence[str], scope: Scope) -> ProviderAlias:
    if len(words) < 2:
        raise ValueRefused("<AuthnProviderAlias> directive requires additional arguments")
    return ProviderAlias(words[0], words[1])


def _register(alias: ProviderAlias, children: Sequence[Any], scope: Scope) -> ProviderAlias:
    """What httpd asks when it has read the section; it makes the name known. ``build`` adds its settings."""
    base, name = alias.base, alias.name
    if base == name:
        raise ValueRefused("The alias provider name must be different from the base provider name.", 1)
    if ("authn", name) in scope.named or is_provider(name, scope):
        said = "has already be registered previously as either a base provider or an alias provider."
        raise ValueRefused(f"The alias provider {name} {said}", 1)
    if not is_provider(base, scope):
        raise ValueRefused(f"Unknown Authn provider: {base}", 0)
    scope.named["authn", name] = base
    return alias


def _type(words: Sequence[str]) -> str:
    return "" if words[0].lower() == "none" else words[0]


MODULE = Module(
    "mod_authn_core",
    server_conf=AuthnServerConf,
    dir_conf=AuthnDirConf,
    fate=Fate.SERVED,
    directives=served([
        listed(
            "AuthName", parse_in=text("Cannot parse expression '%s' in AuthName: "),
            per="dir", fills="realm", restricts=True,
        ),
        listed(
            "AuthType", parse_in=text("Cannot parse expression '%s' in AuthType: ", make=_type),
            per="dir", fills="type", restricts=True,
        ),
        listed("<AuthnProviderAlias>", parse_in=_alias, gathers=_register, fills="aliases"),
    ]),
)  # fmt: skip
