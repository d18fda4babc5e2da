"""Building the model: which scope each value belongs to, what hosts inherit, and what needs the directives around."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from apacheconf.diagnostics import Diagnostic
from apacheconf.expand.collecting import no_collection
from apacheconf.model.bound import Bound, Directive
from apacheconf.model.checks import Checks, is_asked_about, is_watched, only_negative
from apacheconf.model.order import in_walk_order
from apacheconf.model.refusals import retold
from apacheconf.model.scopes import Scope, confs_of, inherited, merged
from apacheconf.model.types import Address, Model, Section, Server, ServerSettings
from apacheconf.modules.declare import Conf, SectionArgument
from apacheconf.modules.mod_authn_core import ProviderAlias
from apacheconf.modules.mod_authz_core import RequireGroup, Requirement
from apacheconf.modules.mpm_common import Listen, ListenConf


def build(bound: Bound) -> Model:
    """The model of a bound configuration; what httpd would refuse is in its diagnostics."""
    builder = _Builder()
    main_scope, hosts = Scope(), list[Directive]()
    with no_collection():
        main_sections = builder.scope(bound.directives, main_scope, main_scope, hosts)
        main = _main(main_scope, main_sections)
        bases = inherited(main.server_confs), inherited(main.dir_confs)
        known: dict[int, tuple[Address, ...]] = {}  # by the value, which the binder makes once for the same words
        servers = tuple(
            Server(host, _known_addresses(host, known), partial(_settings, host, main, *bases)) for host in hosts
        )
    listeners = main.server_conf(ListenConf).listen.value
    if bound.expanded.fragment and not listeners:
        listeners = _inferred(servers)
    diagnostics = (*builder.diagnostics, *_corrected(bound), *builder.after_the_walk)
    return Model(bound.expanded, bound, main, servers, listeners, retold(diagnostics, bound.expanded))


def diagnose(bound: Bound, here: bool = False) -> tuple[Diagnostic, ...]:
    """What reading, binding and building find, in httpd's order, without the model (a third of building's time).

    With ``here`` this machine is looked at as httpd -t does; what it lacks is told as notes.
    """
    builder = _Builder(with_confs=False)
    main = Scope()
    with no_collection():
        builder.scope(bound.directives, main, main, [])
    folders, missing = _lacking(bound) if here else ((), ())
    last = (*missing, *_corrected(bound), *builder.after_the_walk)
    found = retold((*builder.diagnostics, *last), bound.expanded)
    return (*bound.expanded.diagnostics, *in_walk_order(bound.expanded, bound.diagnostics, found, folders))


def _lacking(bound: Bound) -> tuple[tuple[Diagnostic, ...], tuple[Diagnostic, ...]]:
    from apacheconf.model.here import missing_after_the_walk, missing_folders  # only here: it loads sockets

    return tuple(missing_folders(bound)), missing_after_the_walk(bound)


def _corrected(bound: Bound) -> tuple[Diagnostic, ...]:
    """What the MPM makes of its numbers, if there are any."""
    specs = (directive.spec for directive in bound.directives)
    if not any(spec is not None and spec.module == "mpm_common" and spec.name != "Listen" for spec in specs):
        return ()
    from apacheconf.model.mpm_limits import corrected  # only here: it costs 2 ms to load

    return corrected(bound.directives, bound.expanded.modules)


#: What stands in them is said where they stand: only access rules ask for the methods, each for itself (STR-17).
_LIMITS = frozenset({"Limit", "LimitExcept"})


class _Builder:
    """One walk over the bound tree; it collects scopes and diagnostics."""

    def __init__(self, with_confs: bool = True) -> None:
        self.with_confs = with_confs
        self.diagnostics: list[Diagnostic] = []
        self.after_the_walk: list[Diagnostic] = []

    def scope(
        self, directives: Sequence[Directive], scope: Scope, server: Scope, hosts: list[Directive] | None = None
    ) -> tuple[Section, ...]:
        """Take what stands here into ``scope``, the server's settings into ``server``; gives the sections here.

        Virtual hosts go to ``hosts``, which is the main server's: what is wrong in them is found now, what they set
        when somebody asks for it.
        """
        checks = Checks(server, self.diagnostics)
        sections: list[Section] = []
        for directive in directives:
            if directive.children is None and not self.with_confs and not is_watched(directive):
                continue
            checks.look_at(directive)
            if directive.children is None:
                if self.with_confs or is_asked_about(directive):
                    scope.take(directive, server)
            elif hosts is not None and type(directive.value) is tuple:
                hosts.append(directive)
                inner, self.with_confs, outside = Scope(), False, self.with_confs
                self.scope(directive.children, inner, inner)
                self.with_confs = outside
            elif isinstance(directive.value, SectionArgument):
                if directive.value.kind in _LIMITS:
                    sections += self.scope(directive.children, scope, server)
                else:
                    sections.append(self._section(directive, directive.value, server))
            elif isinstance(directive.value, ProviderAlias):
                scope.take(directive._replace(value=self._alias(directive, directive.value, server)), server)
            elif isinstance(directive.value, RequireGroup):
                scope.take(directive._replace(value=self._group(directive)), server)
                sections += self.scope(tuple(_beside_requires(directive)), scope, server)
            else:
                scope.take(directive, server)
        return tuple(sections)

    def _alias(self, directive: Directive, alias: ProviderAlias, server: Scope) -> dict[str, ProviderAlias]:
        """A name for a provider, with the settings that it looks users up with."""
        inner = Scope()
        self.scope(directive.children or (), inner, server)
        confs = confs_of(inner.settings()[1], "dir") if self.with_confs else {}
        return {alias.name: replace(alias, confs=confs)}

    def _group(self, directive: Directive) -> RequireGroup:
        """A group of Require lines with what stands in it."""
        children = [child for child in directive.children or () if isinstance(child.value, Requirement | RequireGroup)]
        values = tuple(self._group(c) if isinstance(c.value, RequireGroup) else c.value for c in children)
        group: RequireGroup = directive.value
        if group.kind == "all" and values and all(isinstance(v, Requirement) and v.negated for v in values):
            self.after_the_walk.append(only_negative(directive))
        return replace(group, entries=values, said_by=tuple(child.node for child in children))

    def _section(self, directive: Directive, argument: SectionArgument, server: Scope) -> Section:
        if argument.sets is not None:
            server.take(directive._replace(value=argument.sets, children=None), server)
        inner = Scope()
        sections = self.scope(directive.children or (), inner, server)
        confs = confs_of(inner.settings()[1], "dir") if self.with_confs else {}
        return Section(argument.kind, argument.pattern, argument.regex, directive.node, confs, sections)


def _beside_requires(group: Directive) -> Iterator[Directive]:
    """What else stands in RequireAll and its like: it is about the section around, as AuthType is (AZ-1)."""
    for child in group.children or ():
        if isinstance(child.value, RequireGroup):
            yield from _beside_requires(child)
        elif not isinstance(child.value, Requirement) and child.node.name.lower() != "require":
            yield child


def _main(scope: Scope, sections: tuple[Section, ...]) -> Server:
    per_server, per_dir = scope.settings()
    server, directory = confs_of(per_server, "server"), confs_of(per_dir, "dir")
    effective = merged({}, per_server, server), merged({}, per_dir, directory)
    settings = ServerSettings(*effective, server, directory, sections, sections)
    return Server(None, (), lambda: settings)


def _settings(host: Directive, main: Server, server_base: dict[str, Conf], dir_base: dict[str, Conf]) -> ServerSettings:
    """What a virtual host sets, within what it inherits."""
    scope = Scope()
    sections = _Builder().scope(host.children or (), scope, scope)  # what is wrong in it was found before
    per_server, per_dir = scope.settings()
    server, directory = confs_of(per_server, "server"), confs_of(per_dir, "dir")
    return ServerSettings(
        merged(server_base, per_server, server),
        merged(dir_base, per_dir, directory),
        server,
        directory,
        main.sections + sections,
        sections,
    )


def _known_addresses(host: Directive, known: dict[int, tuple[Address, ...]]) -> tuple[Address, ...]:
    found = known.get(id(host.value))
    if found is None:
        found = known[id(host.value)] = addresses(host)
    return found


def addresses(directive: Directive) -> tuple[Address, ...]:
    """A virtual host's addresses: those that can be resolved at all (VH-13), each once (VH-14)."""
    return tuple(dict.fromkeys(Address(word.host, word.port) for word in directive.value if not word.dead))


def _inferred(servers: tuple[Server, ...]) -> tuple[Listen, ...]:
    """A fragment without Listen: the ports that its virtual hosts name, 80 if they name none."""
    ports = dict.fromkeys(a.port for server in servers for a in server.addresses if a.port is not None) or {80: None}
    return tuple(Listen(None, port, "https" if port == 443 else "http", inferred=True) for port in ports)
