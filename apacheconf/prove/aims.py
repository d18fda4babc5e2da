"""Where to aim: which hosts of a program are worth asking, at which address, below which mapped path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin
from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Balancer
from apacheconf.prove.probes import Aim

#: Schemes of origins that a stand-in speaks.
SPOKEN = frozenset({"http", "https", "ws", "wss"})
#: More hosts than these are not asked; the report says so.
MOST_HOSTS = 6


@dataclass(frozen=True, slots=True)
class Target:
    """A host, and the ``address`` (empty for any) and port where it answers; ``mapped`` if it has an origin."""

    aim: Aim
    host: Host
    address: str
    port: int
    mapped: bool = True

    @property
    def secure(self) -> bool:
        """Whether it speaks TLS there."""
        return self.aim.scheme == "https"


def find_targets(program: Program) -> list[Target]:
    """One target for each host that can be reached: first those that map to an origin."""
    found: dict[int, Target] = {}
    for listener in program.listeners:
        for target in _hosts_at(program, listener.address, listener.port):
            found.setdefault(target.host.number, target)
    return sorted(found.values(), key=lambda target: not target.mapped)


def _hosts_at(program: Program, address: str, port: int) -> Iterator[Target]:
    chosen = program.index.set_for(address or "127.0.0.1", port)
    for number in chosen.hosts if chosen else (program.index.main,):
        host = program.hosts[number]
        mappings = [*_mappings(program, host), ("/", "")]
        prefix, scheme = next((each for each in mappings if each[1] in SPOKEN), mappings[0])
        alias = next((alias for alias in host.aliases if not set("*?") & set(alias)), host.name)
        schemes = "https" if host.front_tls else "http", "https" if scheme in SECURE else "http"
        yield Target(Aim(host.name, alias, prefix, *schemes), host, address, port, bool(scheme))


def _mappings(program: Program, host: Host) -> Iterator[tuple[str, str]]:
    """Each mapping's prefix, and how its origin is spoken to; of a balancer the first member."""
    steps = [*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps)]
    for action in (step.action for step in steps if isinstance(step.action, MapToOrigin)):
        origin = program.origins[host.origins[action.origin]]
        workers = origin.members if isinstance(origin, Balancer) else (origin,)
        yield action.prefix or "/", workers[0].scheme if workers else ""
