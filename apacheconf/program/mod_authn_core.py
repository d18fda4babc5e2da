"""mod_authn_core and the modules of providers in the program: how a section asks who it is, and where users are known.

A provider's settings are those of the section, and those of an AuthnProviderAlias over them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_auth_basic import AuthBasicDirConf
from apacheconf.modules.mod_auth_digest import AuthDigestDirConf
from apacheconf.modules.mod_authn_anon import AuthnAnonDirConf
from apacheconf.modules.mod_authn_core import AuthnDirConf, ProviderAlias
from apacheconf.modules.mod_authn_dbm import AuthnDbmDirConf
from apacheconf.modules.mod_authn_file import AuthnFileDirConf
from apacheconf.modules.mod_authz_dbm import AuthzDbmDirConf
from apacheconf.modules.mod_authz_groupfile import AuthzGroupFileDirConf
from apacheconf.program.admission import Anonymous, Basic, Digest, GroupFiles, NotServed, Provider
from apacheconf.program.expressions import NotEvaluated, value_of
from apacheconf.program.values import Literal, Value
from apacheconf.syntax import expr

C = TypeVar("C", bound=Conf)
#: What the names of AuthnProviderAlias stand for.
Aliases = Setting[Mapping[str, ProviderAlias]]
Settings = tuple[Setting[Any], ...]


class Ask(NamedTuple):
    """How it is asked who it is, and the settings that say so."""

    asks: Basic | Digest | NotServed | None
    settings: Settings


def ask_of(part: Callable[[type[Any]], Any], aliases: Aliases) -> Ask:
    """What the effective settings come to; ``part`` gives those of a module by the class of its conf."""
    core: AuthnDirConf = part(AuthnDirConf)
    said = core.realm, core.type
    kind = core.type.value.lower()
    realm = text_value(core.realm.value) if core.realm.is_set else None
    if not kind:
        return Ask(None, said)
    if kind == "basic":
        basic: AuthBasicDirConf = part(AuthBasicDirConf)
        known = _providers(basic.providers, part, aliases)
        asks = Basic(realm, known.providers, basic.authoritative.value, basic.digest.value.lower() == "md5")
        return Ask(asks, (*said, basic.providers, basic.authoritative, basic.digest, *known.settings))
    if kind == "digest":
        digest: AuthDigestDirConf = part(AuthDigestDirConf)
        known = _providers(digest.providers, part, aliases)
        lifetime, domain, counts = digest.nonce_lifetime, digest.domain, digest.check_count
        told = Digest(realm, known.providers, lifetime.value, domain.value, counts.value)
        return Ask(told, (*said, digest.providers, lifetime, domain, counts, *known.settings))
    return Ask(NotServed(core.type.value), said)


def text_value(text: str) -> Value:
    """A text with variables; one that can't be evaluated stands for itself."""
    try:
        return value_of(expr.parse_string(text))
    except NotEvaluated:
        return Literal(text)


class _Known(NamedTuple):
    providers: tuple[Provider, ...]
    settings: Settings


def _providers(names: Setting[tuple[str, ...]], part: Callable[[type[Any]], Any], aliases: Aliases) -> _Known:
    found: list[Provider] = []
    settings: list[Setting[Any]] = []
    for name in names.value:
        alias = aliases.value.get(name)
        own = part if alias is None else _within(part, alias.confs)
        provider, used = _provider(name, name if alias is None else alias.base, own)
        found.append(provider)
        settings += used
    return _Known(tuple(found), tuple(settings))


def _within(part: Callable[[type[Any]], Any], confs: Mapping[str, Conf]) -> Callable[[type[Any]], Any]:
    """The settings with those of an alias over them."""

    def own(of: type[C]) -> C:
        around: C = part(of)
        inner = confs.get(of.module)
        return around.merge(inner) if isinstance(inner, of) else around

    return own


def _provider(name: str, kind: str, part: Callable[[type[Any]], Any]) -> tuple[Provider, Iterable[Setting[Any]]]:
    if kind == "file":
        users: Setting[str] = part(AuthnFileDirConf).users
        return Provider(name, kind, users.value), (users,)
    if kind == "dbm":
        dbm: AuthnDbmDirConf = part(AuthnDbmDirConf)
        return Provider(name, kind, dbm.users.value, dbm.type.value), (dbm.users, dbm.type)
    if kind == "anon":
        anon: AuthnAnonDirConf = part(AuthnAnonDirConf)
        told = Anonymous(
            frozenset(each.lower() for each in anon.users.value),
            anon.no_name.value,
            anon.needs_password.value,
            anon.verifies.value,
            anon.logs_password.value,
        )
        settings = (anon.users, anon.no_name, anon.needs_password, anon.verifies, anon.logs_password)
        return Provider(name, kind, anonymous=told), settings
    return Provider(name, kind), ()


def group_files(part: Callable[[type[Any]], Any]) -> tuple[GroupFiles, Settings]:
    """The files that say who is in which group."""
    text: Setting[str] = part(AuthzGroupFileDirConf).groups
    dbm: AuthzDbmDirConf = part(AuthzDbmDirConf)
    return GroupFiles(text.value, dbm.groups.value, dbm.type.value), (text, dbm.groups, dbm.type)
