"""What the rules look at: the model, seen as hosts with names, mappings, ways back and balancers.

Rules share these questions, so they are answered once. A rule that needs more reads ``view.model``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from apacheconf.expand.tree import Absence
from apacheconf.ledger import Written
from apacheconf.lint.parts import BalancerView, Mapping, Member, Target, WayBack, balancer_name
from apacheconf.lint.urls import Url
from apacheconf.model.types import Address, Model, Section, Server
from apacheconf.modules.core import CoreServerConf
from apacheconf.modules.mod_proxy import (
    BalancerMember,
    ProxyDirConf,
    ProxyPass,
    ProxyServerConf,
    ProxySet,
)
from apacheconf.program.program import Program
from apacheconf.syntax.words import split


@dataclass(frozen=True)
class View:
    """A configuration for rules. ``program`` is None when the configuration has errors."""

    model: Model
    program: Program | None = None

    @property
    def is_fragment(self) -> bool:
        """No main file was read: what isn't here may stand elsewhere."""
        return self.model.expanded.fragment

    def written(self) -> Iterator[Written]:
        """Every directive that httpd reads: those with a node and those done while reading (Define)."""
        yield from self.model.expanded.walk()
        yield from (absent for absent in self.model.expanded.absent if absent.why is Absence.EXECUTED)

    def mappings(self, server: Server) -> list[Mapping]:
        """The server-level ProxyPass list of ``server`` in the order in which it is tried (PP-1, INH-1)."""
        return self._mappings[id(server)]

    @cached_property
    def _mappings(self) -> dict[int, list[Mapping]]:
        return {id(server): list(self._server_mappings(server)) for server in self.model.servers}

    def _server_mappings(self, server: Server) -> Iterator[Mapping]:
        for entry, node in self.definitions(server):
            if isinstance(entry, ProxyPass) and entry.path is not None:
                yield Mapping(server, entry, node, entry.path, inherited=self._is_inherited(server, node))

    def _is_inherited(self, server: Server, node: Written) -> bool:
        return server.node is not None and id(node) in self._main_directives

    @cached_property
    def _main_directives(self) -> frozenset[int]:
        said = self.model.main.server_conf(ProxyServerConf).definitions.said_by
        return frozenset(map(id, said))

    def definitions(self, server: Server) -> Iterator[tuple[ProxyPass | BalancerMember | ProxySet, Written]]:
        """mod_proxy's definitions for ``server``, each with its directive, those of its sections in their place.

        The main server's come first. A ProxyPass of a section has no path.
        """
        definitions = server.server_conf(ProxyServerConf).definitions
        yield from zip(definitions.value, definitions.said_by, strict=True)

    def own_definitions(self, server: Server) -> Iterator[tuple[ProxyPass | BalancerMember | ProxySet, Written]]:
        """What ``server`` itself defines, in the order written."""
        inherited = self._main_directives if server.node is not None else frozenset()
        yield from (pair for pair in self.definitions(server) if id(pair[1]) not in inherited)

    def own_mappings(self, server: Server) -> list[Mapping]:
        """What ``server`` says itself, at server level and in sections; the main server answers for its own."""
        both = (*self.mappings(server), *self.section_mappings(server))
        return [mapping for mapping in both if not mapping.inherited]

    def section_mappings(self, server: Server) -> list[Mapping]:
        """The ProxyPass of each Location of ``server``, in the order in which the sections merge (PP-9)."""
        return self._section_mappings[id(server)]

    @cached_property
    def _section_mappings(self) -> dict[int, list[Mapping]]:
        return {id(server): self._mappings_in_sections(server) for server in self.model.servers}

    def _mappings_in_sections(self, server: Server) -> list[Mapping]:
        found = []
        inherited_sections = set(map(id, sections(self.model.main))) if server.node is not None else set()
        for section in sections(server):
            entry = section.conf(ProxyDirConf).mapping
            if entry.value is not None and entry.said_by:
                inherited = id(section) in inherited_sections
                found.append(Mapping(server, entry.value, entry.said_by[0], section.pattern, section, inherited))
        return found

    def targets(self, server: Server) -> Iterator[Target]:
        """Every URL that ``server`` itself may send requests to."""
        for mapping in self.own_mappings(server):
            if not mapping.is_exclusion:
                yield Target(mapping.url, mapping.node, mapping.target_word)
        for balancer in self.balancers(server).values():
            for member in balancer.members:
                yield Target(Url.of(member.url), member.node, member.url_word)

    def ways_back(self, server: Server) -> list[WayBack]:
        """Every ProxyPassReverse that may hold for a request to ``server`` (RV-2)."""
        outside = server.dir_conf(ProxyDirConf).reverses
        found = [WayBack(e, n, e.path or "") for e, n in zip(outside.value, outside.said_by, strict=True)]
        for section in sections(server):
            inside = section.conf(ProxyDirConf).reverses
            found += [
                WayBack(e, n, e.path or section.pattern, section)
                for e, n in zip(inside.value, inside.said_by, strict=True)
            ]
        return found

    def balancers(self, server: Server) -> dict[str, BalancerView]:
        """The balancers that ``server`` knows, by lower-case name (``balancer://mycluster``)."""
        return self._balancers[id(server)]

    @cached_property
    def _balancers(self) -> dict[int, dict[str, BalancerView]]:
        return {id(server): self._balancers_of(server) for server in self.model.servers}

    def _balancers_of(self, server: Server) -> dict[str, BalancerView]:
        found: dict[str, BalancerView] = {}
        for entry, node in self.definitions(server):
            name = balancer_name(url_of(entry))
            if not name:
                continue
            balancer = found.setdefault(name, BalancerView(name, [], {}, []))
            if isinstance(entry, BalancerMember):
                balancer.members.append(Member(entry.url, node, dict(entry.parameters)))
            else:
                balancer.parameters.update({key: (value, node) for key, value in entry.parameters})
            if not isinstance(entry, ProxyPass):
                balancer.defined_by.append(node)
        return found

    @cached_property
    def address_sets(self) -> dict[Address, list[Server]]:
        """The virtual hosts of each address, in the order of the configuration (VH-14, VH-30)."""
        sets: dict[Address, list[Server]] = {}
        for host in self.model.hosts:
            for address in dict.fromkeys(host.addresses):
                sets.setdefault(address, []).append(host)
        return sets


def sections(server: Server) -> Iterator[Section]:
    """Every section of ``server`` with those nested in it, in the order written."""

    def walk(section: Section) -> Iterator[Section]:
        yield section
        for inner in section.sections:
            yield from walk(inner)

    for section in server.sections:
        yield from walk(section)


def url_of(entry: ProxyPass | BalancerMember | ProxySet) -> str:
    """The URL of the worker or balancer that a line is about."""
    if isinstance(entry, BalancerMember):
        return entry.balancer
    return entry.target if isinstance(entry, ProxyPass) else entry.url


def server_name(server: Server) -> tuple[str, Written | None]:
    """ServerName without scheme and port, lower-case, and its directive; empty when the scope has none."""
    setting = own_core(server).server_name
    if setting.value is None:
        return "", None
    return setting.value.host.lower(), setting.said_by[0]


def names_of(server: Server) -> frozenset[str]:
    """The names that ``server`` answers to, lower-case."""
    name, _ = server_name(server)
    return frozenset(filter(None, (name, *(alias.lower() for alias in own_core(server).server_aliases.value))))


def names_said(server: Server) -> Iterator[tuple[str, Written, int]]:
    """Each name of ``server``, lower-case, with its directive and the number of its word there."""
    name, said_by = server_name(server)
    if said_by is not None:
        yield name, said_by, 0
    for node in own_core(server).server_aliases.said_by:
        for number, word in enumerate(split(node.args)):
            yield word.lower(), node, number


def own_core(server: Server) -> CoreServerConf:
    """core's settings as this scope alone says them."""
    found = server.own_server_confs.get(CoreServerConf.module)
    return found if isinstance(found, CoreServerConf) else CoreServerConf()
