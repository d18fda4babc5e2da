"""What serve is about to do, as plain data for the start-up summary. The command line draws it."""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.ledger import Row
from apacheconf.program.conditions import Condition, Matches, Under
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import KeepLocal, MapToFile, MapToOrigin, MapToUrl
from apacheconf.program.workers import Balancer
from apacheconf.runtime.honesty import named_at_start
from apacheconf.runtime.options import Address, ServeOptions, connect_authority
from apacheconf.source import Place


@dataclass(frozen=True, slots=True)
class ListenerLine:
    """A listener as written, and the address of its socket."""

    written: Address
    bound: Address
    protocol: str
    place: str


@dataclass(frozen=True, slots=True)
class MappingLine:
    """``path`` goes to ``target``: an origin's name, ``!`` or a folder."""

    path: str
    target: str
    place: str


@dataclass(frozen=True, slots=True)
class HostLine:
    """A host, its aliases and its mappings in the order in which they are asked.

    It is asked at ``ports``, as they are written; by TLS if it is ``secure``.
    """

    title: str
    aliases: tuple[str, ...]
    place: str
    mappings: tuple[MappingLine, ...]
    ports: tuple[int, ...]
    secure: bool


@dataclass(frozen=True, slots=True)
class MemberLine:
    """A worker: of which balancer (empty: none), its name and where connections go."""

    balancer: str
    name: str
    moved_to: str
    loadfactor: float


@dataclass(frozen=True, slots=True)
class Summary:
    listeners: tuple[ListenerLine, ...]
    hosts: tuple[HostLine, ...]
    members: tuple[MemberLine, ...]
    not_honoured: tuple[Row, ...]


def summarise(program: Program, options: ServeOptions) -> Summary:
    """The summary of a program under these options."""
    reachable = _reachable(program)
    return Summary(
        tuple(_listeners(program, options)),
        tuple(_host(host, program) for host in program.hosts if host.number in reachable),
        tuple(_members(program, options)),
        named_at_start(program),
    )


def _listeners(program: Program, options: ServeOptions) -> list[ListenerLine]:
    lines = []
    for each in program.listeners:
        written = (each.address, each.port)
        bound = options.listen.get(written) or options.listen.get(each.port) or written
        place = next((str(directive.place) for directive in each.said_by), "")
        lines.append(ListenerLine(written, bound, each.protocol, place))
    return lines


def _reachable(program: Program) -> set[int]:
    """The hosts of all address sets; the main server where some listener has no set of its own."""
    found = {number for each in program.index.sets for number in each.hosts}
    for listener in program.listeners:
        if program.index.set_for("" if listener.is_everywhere else listener.address, listener.port) is None:
            found.add(program.index.main)
    return found


def _host(host: Host, program: Program) -> HostLine:
    mappings = []
    for step in host.shape.server:
        place = next((str(directive.place) for directive in host.said_by(step)), "")
        path = _path(step.when)
        if isinstance(step.action, MapToOrigin):
            target = program.origin(host, step.action.origin).name
            mappings.append(MappingLine(path, target, place))
        elif isinstance(step.action, MapToUrl):
            mappings.append(MappingLine(path, "an origin that the request names", place))
        elif isinstance(step.action, KeepLocal):
            mappings.append(MappingLine(path, "!", place))
        elif isinstance(step.action, MapToFile):
            mappings.append(MappingLine(step.action.prefix or path, step.action.root, place))
    place = _used_at(host.place)
    return HostLine(host.title, host.aliases, place, tuple(mappings), _ports(host, program), host.front_tls is not None)


def _used_at(place: Place | None) -> str:
    """Where a host is written, or where its macro is used: hosts of one macro have one line in common."""
    while place is not None and place.via is not None and place.name.startswith("macro "):
        place = place.via
    return str(place or "")


def _ports(host: Host, program: Program) -> tuple[int, ...]:
    found: dict[int, None] = {}
    for each in program.listeners:
        chosen = program.index.set_for(each.address, each.port)
        if host.number in (chosen.hosts if chosen else (program.index.main,)):
            found[each.port] = None
    return tuple(found)


def _path(condition: Condition) -> str:
    """The path or the pattern that a mapping asks for."""
    if isinstance(condition, Under):
        return condition.prefix
    return condition.regex.pattern if isinstance(condition, Matches) else "/"


def _members(program: Program, options: ServeOptions) -> list[MemberLine]:
    """Every member once: hosts that inherit a balancer have it with the same members."""
    lines = []
    for origin in program.origins:
        members = origin.members if isinstance(origin, Balancer) else (origin,)
        for worker in members:
            moved = options.origins.get(connect_authority(worker), "")
            factor = (worker.member.loadfactor if worker.member else 100) / 100
            target = moved if isinstance(moved, str) else f"{moved[0]}:{moved[1]}"
            balancer = origin.name if isinstance(origin, Balancer) else ""
            lines.append(MemberLine(balancer, worker.name, target, factor))
    return list(dict.fromkeys(lines))
