"""Layers: the sections of a host in merge order, each with its matcher and its settings in the program's terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apacheconf.expand.tree import Node
from apacheconf.ledger import Written
from apacheconf.model.types import Section, Server
from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_authz_core import AuthzDirConf
from apacheconf.modules.mod_proxy import ProxyDirConf
from apacheconf.program import mod_authz_core, mod_proxy
from apacheconf.program.conditions import ALWAYS, Compare, Condition, Glob, Matches, Operator, Regex, Under
from apacheconf.program.globs import glob_regex, is_glob
from apacheconf.program.hosts import Layer, LayerKind
from apacheconf.program.link import Linker
from apacheconf.program.mod_proxy import Origins, OriginUnknown
from apacheconf.program.modules import DIR_STEPS
from apacheconf.program.values import REQUEST_URI, Literal, Variable

_FILE = Variable("REQUEST_FILENAME")
_DIRECTORY = Variable("REQUEST_DIRECTORY")
_BASENAME = Variable("REQUEST_BASENAME")
_MAPPED = Variable("MAPPED_URL")

_KINDS = {
    "Proxy": LayerKind.PROXY,
    "Directory": LayerKind.DIRECTORY,
    "Files": LayerKind.FILES,
    "Location": LayerKind.LOCATION,
}
_ORDER = {kind: place for place, kind in enumerate(LayerKind)}


@dataclass
class LayerBuilder:
    """Makes the layers of one host; ``left_out`` collects what the program can't hold yet, with the reason."""

    linker: Linker
    origins: Origins
    left_out: Callable[[Written, str], None]

    def build(self, server: Server) -> tuple[Layer, ...]:
        """The server's own settings as layer 0, then its sections in merge order (MRG-1, MRG-4)."""
        defaults: dict[str, Conf] = {module: server.dir_conf(each.conf) for module, each in DIR_STEPS.items()}
        first = Layer(LayerKind.SERVER, ALWAYS, self._confs(defaults, "", False))
        found = sorted(self._sections(server.sections, None), key=lambda pair: _merge_order(pair[0]))
        numbers = {id(section): number for number, (section, _) in enumerate(found, 1)}
        layers = [self._layer(section, numbers.get(id(outer))) for section, outer in found]
        return (first, *layers)

    def _sections(self, sections: Iterable[Section], outer: Section | None) -> Iterator[tuple[Section, Section | None]]:
        """Every section that has settings of its own, with the one it is nested in."""
        for section in sections:
            if section.kind not in _KINDS:
                self.left_out(section.node, f"<{section.kind}> sections are not evaluated yet")
                for node in section.node.walk():
                    if node is not section.node:
                        self.left_out(node, f"it stands in a <{section.kind}> section, which is not evaluated yet")
                continue
            inner = list(self._sections(section.sections, section))
            if inner or any(module in DIR_STEPS for module in section.confs):
                yield section, outer
            yield from inner

    def _layer(self, section: Section, container: int | None) -> Layer:
        return Layer(
            _KINDS[section.kind],
            matcher_of(section),
            self._confs(section.confs, section.pattern, section.regex),
            f"<{section.kind}{' ~' if section.regex else ''} {section.pattern}>",
            container,
            self.linker.said_by((section.node,)),
        )

    def _confs(self, confs: dict[str, Conf], path: str, regex: bool) -> tuple[tuple[str, Conf], ...]:
        return tuple((module, self._linked(confs[module], path, regex)) for module in DIR_STEPS if module in confs)

    def _linked(self, conf: Conf, path: str, regex: bool) -> Conf:
        if isinstance(conf, AuthzDirConf):
            return mod_authz_core.layer(conf, self.linker, self.left_out)
        if not isinstance(conf, ProxyDirConf):
            return self.linker.conf(conf)
        try:
            return mod_proxy.layer(conf, path, regex, self.linker, self.origins)
        except OriginUnknown:
            for directive in conf.mapping.said_by:
                if isinstance(directive, Node):
                    self.left_out(directive, "its origin depends on the request, which is not supported yet")
            return mod_proxy.ProxyLayer()


def matcher_of(section: Section) -> Condition:
    """What a section asks of a request (8.1 of config-language.md, PS-1)."""
    return _MATCHERS[section.kind](section.pattern, section.regex)


def _location(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(REQUEST_URI, Regex(pattern), "section")
    return Glob(REQUEST_URI, pattern) if is_glob(pattern) else Under(pattern)


def _directory(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_DIRECTORY, Regex(pattern), "section")  # MRG-3: with a trailing slash
    if is_glob(pattern):
        return Matches(_FILE, Regex(f"^{glob_regex(pattern)}(/|$)"))
    return Under(pattern.rstrip("/") or "/", _FILE)


def _files(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_BASENAME, Regex(pattern), "section")
    return Glob(_BASENAME, pattern) if is_glob(pattern) else Compare(_BASENAME, Operator.SAME, Literal(pattern))


def _proxy(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_MAPPED, Regex(pattern), "section")
    if is_glob(pattern):
        return Glob(_MAPPED, pattern, crosses_slash=True)
    return Matches(_MAPPED, Regex("^" + re.escape(pattern)))


_MATCHERS: dict[str, Callable[[str, bool], Condition]] = {
    "Location": _location,
    "Directory": _directory,
    "Files": _files,
    "Proxy": _proxy,
}


def _merge_order(section: Section) -> tuple[int, int, int]:
    """MRG-1: kinds in their order; plain directories from short to long, before regexes."""
    kind = _KINDS[section.kind]
    depth = len(section.pattern.strip("/").split("/")) if section.pattern.strip("/") else 0
    by_depth = kind is LayerKind.DIRECTORY and not section.regex
    regex_last = section.regex and kind in (LayerKind.DIRECTORY, LayerKind.PROXY)
    return _ORDER[kind], int(regex_last), depth if by_depth else 0
