"""Who may, of all modules that have a say in it: access_compat, allowmethods, authz_core and those that know users.

Their settings are merged each by itself, and only together say what a request meets, so they make one layer. What
Limit sections say makes steps that hold for some methods alone (STR-17).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self, TypeVar

from apacheconf.model.types import Server
from apacheconf.modules.declare import Conf, Setting, setting
from apacheconf.modules.mod_access_compat import AccessDirConf
from apacheconf.modules.mod_allowmethods import AllowMethodsDirConf
from apacheconf.modules.mod_auth_basic import AuthBasicDirConf
from apacheconf.modules.mod_auth_digest import AuthDigestDirConf
from apacheconf.modules.mod_authn_anon import AuthnAnonDirConf
from apacheconf.modules.mod_authn_core import AuthnDirConf, AuthnServerConf
from apacheconf.modules.mod_authn_dbm import AuthnDbmDirConf
from apacheconf.modules.mod_authn_file import AuthnFileDirConf
from apacheconf.modules.mod_authz_core import AuthzDirConf
from apacheconf.modules.mod_authz_dbm import AuthzDbmDirConf
from apacheconf.modules.mod_authz_groupfile import AuthzGroupFileDirConf
from apacheconf.program import mod_access_compat, mod_authn_core, mod_authz_core
from apacheconf.program.admission import Admit
from apacheconf.program.conditions import ALWAYS, NEVER, AnyOf, Condition, Not, Test, both
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.mod_authn_core import Aliases
from apacheconf.program.mod_authz_core import AuthzLayer, Method, is_method
from apacheconf.program.phases import Phase
from apacheconf.program.steps import END, EditHeader, LogError, Respond, Step, Table
from apacheconf.program.values import Call, Joined, Literal

C = TypeVar("C", bound=Conf)

#: The confs that count, by module.
PARTS: dict[str, type[Conf]] = {
    each.module: each
    for each in (
        AuthzDirConf, AccessDirConf, AllowMethodsDirConf, AuthnDirConf, AuthBasicDirConf, AuthDigestDirConf,
        AuthnFileDirConf, AuthnDbmDirConf, AuthnAnonDirConf, AuthzGroupFileDirConf, AuthzDbmDirConf,
    )
}  # fmt: skip


@dataclass(frozen=True)
class AccessLayer(Conf):
    """The confs of a section by module, and what names of providers stand for."""

    module: ClassVar[str] = "access"

    parts: Setting[Mapping[str, Conf]] = setting({})
    aliases: Aliases = setting({})

    def merge(self, child: Self) -> Self:
        """Each module merges its own."""
        mine, own = self.parts.value, child.parts.value
        parts = {
            **mine,
            **{module: mine[module].merge(conf) if module in mine else conf for module, conf in own.items()},
        }
        said_by = tuple(dict.fromkeys(self.parts.said_by + child.parts.said_by))
        return replace(self, parts=Setting(parts, said_by), aliases=child.aliases)

    def part(self, of: type[C]) -> C:
        """A module's settings, its defaults where nobody said any."""
        found = self.parts.value.get(of.module)
        return found if isinstance(found, of) else of()


def layer(confs: Mapping[str, Conf], linker: Linker, left_out: LeaveOut, aliases: Aliases) -> AccessLayer:
    """The settings of a section that has any, linked."""
    parts: dict[str, Conf] = {}
    for module, conf in confs.items():
        if isinstance(conf, AuthzDirConf):
            parts[module] = mod_authz_core.layer(conf, linker, left_out)
        elif module in PARTS:
            parts[module] = linker.conf(conf)
    return AccessLayer(Setting(parts, _numbers(parts.values())), aliases)


def aliases_of(server: Server, linker: Linker) -> Aliases:
    """What AuthnProviderAlias sections made known, with their settings linked."""
    given = server.server_conf(AuthnServerConf).aliases
    linked = {
        name: replace(alias, confs={module: linker.conf(conf) for module, conf in alias.confs.items()})
        for name, alias in given.value.items()
    }
    return Setting(linked, linker.numbers(given.said_by))


def _numbers(confs: Iterable[Conf]) -> tuple[Any, ...]:
    """The directives that said any of it, as numbers."""
    return tuple(dict.fromkeys(
        number for conf in confs for each in fields(conf) for number in getattr(conf, each.name).said_by
    ))  # fmt: skip


def steps(conf: Conf) -> Iterator[Step]:
    """What a request meets where these settings are effective: for all methods the same, or method by method."""
    assert isinstance(conf, AccessLayer)
    if not conf.parts.value:
        return
    others = tuple(_steps_for(None, conf))
    named = {method: tuple(_steps_for(method, conf)) for method in _methods_in(conf)}
    apart = [method for method, met in named.items() if met != others]
    if apart:
        yield from _limited(others, Not(is_method(apart)))
    else:
        yield from others
    while apart:
        alike = [method for method in apart if named[method] == named[apart[0]]]
        yield from _limited(named[alike[0]], is_method(alike))
        apart = [method for method in apart if method not in alike]
    yield from _made_up(conf.part(AuthBasicDirConf))


def _methods_in(conf: AccessLayer) -> list[str]:
    required = conf.part(AuthzLayer).required.value
    of_rules = mod_authz_core.methods_in(required) if required is not None else ()
    of_hosts = mod_access_compat.methods_in(conf.part(AccessDirConf).rules.value)
    return sorted({*of_rules, *of_hosts})  # sets have another order in each process


def _limited(steps: Iterable[Step], methods: Condition) -> Iterator[Step]:
    for step in steps:
        yield replace(step, when=both(methods, step.when))


#: What the error log says of a refusal.
_DENIED = "client denied by server configuration: {what}"
_BARRED = LogError("access_compat", f"AH01797: {_DENIED}")
_NO_RULES = Respond(
    500, said=("authz_core", "AH01627: AuthType configured with no corresponding authorization directives")
)
_REFUSED = Respond(403, said=("authz_core", f"AH01630: {_DENIED}"))


def _steps_for(method: Method, conf: AccessLayer) -> Iterator[Step]:
    """The steps for requests of one method."""
    old = conf.part(AccessDirConf).rules
    barred = mod_access_compat.refused_when(old.value, method)
    any_is_enough = mod_access_compat.is_satisfied_by_one(old.value, method)
    allowed = conf.part(AllowMethodsDirConf)
    if not any_is_enough:
        yield from _allowed_methods(allowed)
    elif allowed.methods.value:  # a method that isn't allowed is one more reason to ask what is required
        barred = AnyOf((barred, Not(is_method(sorted(allowed.methods.value)))))
    if old.is_set and any_is_enough:
        yield _step(Phase.ACCESS, _BARRED, (old,), barred, end=False)
    elif old.is_set:
        yield _step(Phase.ACCESS, Respond(403, said=(_BARRED.module, _BARRED.text)), (old,), barred)
    authz, kind = conf.part(AuthzLayer), conf.part(AuthnDirConf).type
    condition = barred if any_is_enough else ALWAYS
    if authz.required.value is None:
        if kind.value:
            yield _step(Phase.ACCESS, _NO_RULES, (kind,), condition)
        return
    rules = mod_authz_core.rules_for(authz.required.value, method)
    settings = (authz.required, old) if any_is_enough else (authz.required,)
    if mod_authz_core.asks_who(rules):
        ask = mod_authn_core.ask_of(conf.part, conf.aliases)
        groups, said_by = mod_authn_core.group_files(conf.part)
        admit = Admit(rules, ask.asks, groups, authz.forbidden.value)
        yield _step(Phase.AUTHN, admit, (*settings, authz.forbidden, *ask.settings, *said_by), condition, end=False)
        return
    refused, nothing = mod_authz_core.refused_when(rules)
    yield _step(Phase.ACCESS, _REFUSED, settings, both(condition, refused))
    if nothing != NEVER:
        yield _step(Phase.ACCESS, Respond(500), settings, both(condition, nothing))


def _allowed_methods(conf: AllowMethodsDirConf) -> Iterator[Step]:
    if conf.methods.value:
        said = Respond(
            405, said=("allowmethods", "AH01623: client method denied by server configuration: '{method}' to {what}")
        )
        yield _step(Phase.ACCESS, said, (conf.methods,), Not(is_method(sorted(conf.methods.value))))


def _made_up(conf: AuthBasicDirConf) -> Iterator[Step]:
    """AuthBasicFake: the origin gets this user and password (AB-4)."""
    if conf.fake.value:
        user, password = (mod_authn_core.text_value(each) for each in conf.fake.value)
        made = Joined((Literal("Basic "), Call("base64", Joined((user, Literal(":"), password)))))
        action = EditHeader(Table.REQUEST, "set", "Authorization", made)
        yield _step(Phase.FIXUPS, action, (conf.fake,), Test("n", user), end=False)


def _step(
    phase: Phase,
    action: Respond | LogError | Admit | EditHeader,
    settings: Iterable[Setting[Any]],
    when: Condition,
    end: bool = True,
) -> Step:
    numbers = tuple(dict.fromkeys(number for each in settings for number in each.said_by if isinstance(number, int)))
    return Step(phase, action, numbers, when, then=END) if end else Step(phase, action, numbers, when)
