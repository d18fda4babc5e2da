"""Where to aim: which hosts of a program are worth asking, at which address, below which mapped path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.program.by_handler import names_in, origin_of
from apacheconf.program.conditions import Condition, Matches, Regex
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin
from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Balancer, Origin
from apacheconf.prove.members import matching, members
from apacheconf.prove.requests import TOLD, Aim

#: Schemes of origins that a stand-in speaks.
SPOKEN = frozenset({"http", "https", "ws", "wss", *TOLD})
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
    def needs_certificate(self) -> bool:
        """Whether nobody is let in there who shows no certificate."""
        return self.host.front_tls is not None and self.host.front_tls.verify == "require"

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
        mappings = [*_mappings(program, host), *_handled(program, host), Way("/", "")]
        way = next((each for each in mappings if each.scheme in SPOKEN), mappings[0])
        alias = next((alias for alias in host.aliases if not set("*?") & set(alias)), host.name)
        schemes = "https" if host.front_tls else "http", "https" if way.scheme in SECURE else way.spoken
        yield Target(Aim(host.name, alias, way.prefix, *schemes, way.leaf), host, address, port, bool(way.scheme))


@dataclass(frozen=True, slots=True)
class Way:
    """A way to an origin: below ``prefix`` at least ``leaf`` is its, ``scheme`` is how it is spoken to."""

    prefix: str
    scheme: str
    leaf: str = "/x"

    @property
    def spoken(self) -> str:
        """How its answers are framed."""
        return self.scheme if self.scheme in TOLD else "http"


def _mappings(program: Program, host: Host) -> Iterator[Way]:
    """Each mapping's prefix, and how its origin is spoken to; of a balancer the first member."""
    steps = [*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps)]
    for step in steps:
        if not isinstance(action := step.action, MapToOrigin):
            continue
        leaf = "/x" if action.prefix else _leaf(step.when)
        yield Way(action.prefix or "/", _scheme(program.origins[host.origins[action.origin]]), leaf)


def balanced(program: Program, host: Host, aim: Aim) -> Iterator[tuple[str, Balancer]]:
    """The balancers of ``host``, each with a path that leads there."""
    steps = (*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps))
    actions = (step.action for step in steps)
    mapped = {each.origin: each.prefix for each in actions if isinstance(each, MapToOrigin) and each.prefix}
    for number, origin in enumerate(program.origins[each] for each in host.origins):
        if isinstance(origin, Balancer):
            prefix = mapped.get(number) or aim.prefix
            yield aim.path(aim.leaf) if prefix == aim.prefix else prefix.rstrip("/") + "/x", origin


def _leaf(condition: Condition) -> str:
    """The shortest path of which a mapping's pattern holds."""
    paths = (
        [each for each in members(condition.regex) if each.startswith("/")] if isinstance(condition, Matches) else []
    )
    return min(paths, key=len, default="/x")


def _handled(program: Program, host: Host) -> Iterator[Way]:
    """Files that a handler hands on: one that is there, if any fits the section."""
    for layer in host.shape.layers:
        for name in names_in(layer):
            regex = layer.matcher.regex if isinstance(layer.matcher, Matches) else Regex(r"\.php$")
            origin = origin_of(program, host.origins, name)
            if origin is not None:
                yield Way("/", _scheme(origin), _file(host.document_root, regex))


def _file(root: str, regex: Regex) -> str:
    names = sorted(path.name for path in Path(root).glob("*") if path.is_file()) if root else []
    made = [f"x{name}" if name.startswith(".") else name.strip("/") for name in members(regex)]
    found = matching(regex, [*names, *made, "x.php"])
    return f"/{found[0]}" if found else "/x.php"


def _scheme(origin: Origin) -> str:
    workers = origin.members if isinstance(origin, Balancer) else (origin,)
    return workers[0].scheme if workers else ""
