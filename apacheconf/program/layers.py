"""Layers: the sections of a host in merge order, each with its matcher and its settings in the program's terms."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from apacheconf.model.types import Section, Server
from apacheconf.modules.core import CoreDirConf, CoreServerConf
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_alias import AliasDirConf
from apacheconf.modules.mod_filter import FilterDirConf
from apacheconf.modules.mod_headers import HeadersDirConf
from apacheconf.modules.mod_proxy import ProxyDirConf
from apacheconf.modules.mod_proxy_fcgi import FcgiDirConf
from apacheconf.modules.mod_rewrite import RewriteDirConf, RewriteMap
from apacheconf.modules.mod_setenvif import SetEnvIfDirConf
from apacheconf.modules.mod_ssl import SslDirConf
from apacheconf.program import (
    access,
    mod_alias,
    mod_filter,
    mod_headers,
    mod_proxy,
    mod_proxy_fcgi,
    mod_rewrite,
    mod_setenvif,
    mod_ssl,
)
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.hosts import Layer, LayerKind
from apacheconf.program.link import Linker
from apacheconf.program.mod_authn_core import Aliases
from apacheconf.program.mod_proxy import Origins
from apacheconf.program.mod_rewrite import RewriteLayer
from apacheconf.program.modules import DIR_STEPS
from apacheconf.program.rewrite_steps import Place
from apacheconf.program.sections import Found, LeaveOut, for_unmerged, in_merge_order

#: What is linked of modules that nobody said anything of.
_UNSET: dict[str, tuple[str, Conf]] = {}


@dataclass
class LayerBuilder:
    """Makes the layers of one host; ``place.left_out`` hears of what the program can't hold yet, with the reason.

    ``aliases`` are the host's authentication providers by name, ``maps`` its RewriteMaps.
    """

    place: Place
    aliases: Aliases = Setting({})
    maps: dict[str, RewriteMap] = field(default_factory=dict)
    merge_slashes: bool = True

    @property
    def linker(self) -> Linker:
        return self.place.linker

    @property
    def origins(self) -> Origins:
        return self.place.origins

    @property
    def left_out(self) -> LeaveOut:
        return self.place.left_out

    def build(self, server: Server, rules: RewriteLayer, speaks_tls: bool) -> tuple[Layer, ...]:
        """The server's own settings as layer 0, then its sections in merge order (MRG-1, MRG-4).

        ``rules`` are the server's own of mod_rewrite, which ask for more than its settings.
        """
        said = {module: server.dir_confs[module] for module in DIR_STEPS if module in server.dir_confs}
        if "mod_ssl" in said or speaks_tls:
            said["mod_ssl"] = mod_ssl.of_whole_server(server.dir_conf(SslDirConf), speaks_tls)
        linked = {**{module: self._linked(conf, "") for module, conf in said.items()}, rules.module: rules}
        others = (rules.module, *(module for module in DIR_STEPS if module != rules.module))
        confs = tuple((each, linked[each]) if each in linked else self._unset(each) for each in others)
        first = Layer(LayerKind.SERVER, ALWAYS, confs)
        self.merge_slashes = server.server_conf(CoreServerConf).merge_slashes.value
        every = server.dir_conf(CoreDirConf).allow_encoded_slashes.value == "NoDecode"  # any section ends that (PU-4)
        ordered = in_merge_order(server.sections, self.left_out, every)
        numbers = {id(found): number for number, found in enumerate(ordered, 1)}
        return (first, *(self._layer(found, numbers.get(id(found.outer))) for found in ordered))

    def of_htaccess(self, section: Section, file: str) -> tuple[Layer, ...]:
        """The layers of a ``.htaccess`` file, its own lines first; ``section`` is what stands for it."""
        ordered = in_merge_order((section,), self.left_out, every=True)
        ordered.sort(key=lambda found: found.section is not section)
        numbers = {id(found): number for number, found in enumerate(ordered)}
        first, *others = (self._layer(found, numbers.get(id(found.outer))) for found in ordered)
        return (replace(first, title=file, said_by=()), *others)

    def _layer(self, found: Found, container: int | None) -> Layer:
        section = found.section
        return Layer(
            found.kind,
            found.matcher if self.merge_slashes else for_unmerged(found.matcher),
            self._confs(section.confs, "*If" if found.kind is LayerKind.IF else section.pattern),
            f"<{section.kind}{' ~' if section.regex else ''}{' ' if section.pattern else ''}{section.pattern}>",
            container,
            self.linker.said_by((section.node,)),
            found.order,
        )

    def _confs(self, confs: dict[str, Conf], path: str) -> tuple[tuple[str, Conf], ...]:
        found = tuple((module, self._linked(confs[module], path)) for module in DIR_STEPS if module in confs)
        of_access = {module: confs[module] for module in access.PARTS if module in confs}
        if not of_access:
            return found
        return (*found, ("access", access.layer(of_access, self.linker, self.left_out, self.aliases)))

    def _unset(self, module: str) -> tuple[str, Conf]:
        """A module that nobody said anything of, with its settings; they are the same for all hosts."""
        found = _UNSET.get(module)
        if found is None:
            found = _UNSET[module] = module, self._linked(DIR_STEPS[module].conf(), "")
        return found

    def _linked(self, conf: Conf, path: str) -> Conf:
        if isinstance(conf, AliasDirConf):
            return mod_alias.layer(conf, path, self.linker, self.left_out)
        if isinstance(conf, HeadersDirConf):
            return mod_headers.layer(conf, self.linker, self.left_out)
        if isinstance(conf, RewriteDirConf):
            return mod_rewrite.section_layer(conf, path, self.maps, self.place)
        if isinstance(conf, SetEnvIfDirConf):
            return mod_setenvif.layer(conf, self.linker, self.left_out)
        if isinstance(conf, FilterDirConf):
            return mod_filter.layer(conf, self.linker, self.left_out)
        if isinstance(conf, FcgiDirConf):
            return mod_proxy_fcgi.layer(conf, self.linker, self.left_out)
        if isinstance(conf, SslDirConf):
            return mod_ssl.layer(conf, self.linker, self.left_out)
        if not isinstance(conf, ProxyDirConf):
            return self.linker.conf(conf)
        return mod_proxy.layer(conf, path, self.linker, self.origins)
