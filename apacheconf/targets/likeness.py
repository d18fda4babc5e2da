"""Hosts that do the same but for their names, their origins and the URLs that they map back: a target lowers the first
of them and says of the others what it said of that one (DES-18).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from apacheconf.ledger import Written
from apacheconf.program.conditions import Glob
from apacheconf.program.hosts import Host, LayerKind, Shape
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.routes import is_address
from apacheconf.targets.scopes import Scopes, children_of

#: Fewer hosts than these are lowered one by one.
FEWEST = 3


@dataclass(frozen=True, eq=False)
class Kind:
    """Hosts that are alike, in the order of the configuration. ``written`` are the lines of each: those at one
    position say the same of their hosts.
    """

    hosts: tuple[Host, ...]
    written: tuple[tuple[Written, ...], ...]

    @property
    def first(self) -> Host:
        """The host that stands for all."""
        return self.hosts[0]


def kinds_of(
    program: Program, scopes: Scopes, hosts: Iterable[Host], also: Callable[[Host], Hashable]
) -> Iterator[Kind]:
    """The kinds of at least ``FEWEST`` hosts among virtual hosts; ``also`` is what else must be the same of them,
    such as the texts that they redirect to.
    """
    found: dict[Hashable, list[tuple[Host, tuple[Written, ...]]]] = {}
    forms: dict[int, Hashable] = {}
    for host in hosts:
        section = scopes.section(host)
        if section is None:
            continue
        written = tuple(_walk(section))
        origins = tuple(_form(program, number, forms) for number in host.origins)
        names = tuple(each.name for each in written)
        own = (host.scheme, host.canonical_name, host.remote_ip, host.preamble, len(host.texts))
        told = tuple(program.origins[number].name for number in host.origins) if _asks_origins(host.shape) else ()
        key = (id(host.shape), own, origins, names, told, also(host))
        found.setdefault(key, []).append((host, written))
    for alike in found.values():
        if len(alike) >= FEWEST:
            yield Kind(tuple(host for host, _ in alike), tuple(written for _, written in alike))


def _walk(section: Written) -> Iterator[Written]:
    yield section
    for child in children_of(section):
        if children_of(child):
            yield from _walk(child)
        else:
            yield child


def _asks_origins(shape: Shape) -> bool:
    """Whether sections hold for some origins only."""
    return any(
        layer.kind is LayerKind.PROXY and not (isinstance(layer.matcher, Glob) and layer.matcher.pattern == "*")
        for layer in shape.layers
    )


def _form(program: Program, number: int, forms: dict[int, Hashable]) -> Hashable:
    """An origin without its name and address."""
    if number not in forms:
        forms[number] = _form_of(program.origins[number])
    return forms[number]


_ITS_OWN = frozenset({"name", "host", "port", "socket"})
_SHARED = attrgetter(*(each.name for each in fields(Worker) if each.compare and each.name not in _ITS_OWN))


def _form_of(origin: Origin) -> Hashable:
    if isinstance(origin, Balancer):
        return replace(origin, name="", members=()), tuple(map(_form_of, origin.members))
    return _SHARED(origin), is_address(origin), bool(origin.socket)
