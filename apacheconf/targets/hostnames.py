"""Which host answers which name at which address, worked out once for every target (NGX-10 to NGX-15, HAP-10 ff.).

httpd picks the set of the address first and in it the first host whose names match. Targets have orders of their
own, so the winner of each name is found here and written at the winner only.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from apacheconf.ledger import Ledger, Outcome, Written
from apacheconf.program.hosts import AddressSet, Host
from apacheconf.program.program import Program
from apacheconf.targets.scopes import Scopes

#: What is lost of UseCanonicalName DNS.
NO_DNS = "the name of the address is not looked up: the server calls itself by its ServerName"


class Endpoint(NamedTuple):
    """An address and port where connections arrive; an empty address is every address without its own endpoint."""

    address: str
    port: int


class Named(NamedTuple):
    """A host at an endpoint and the names it wins there. The first of an endpoint is its default.

    A tuple, as there is one for each host and it is looked up by what it holds.
    """

    host: int
    names: tuple[str, ...]
    wild: tuple[str, ...]


def own_scheme(host: Host) -> str:
    """The scheme of URLs that the host makes about itself (VH-60)."""
    return host.scheme or ("https" if host.front_tls else "http")


def endpoints(program: Program) -> dict[Endpoint, AddressSet | None]:
    """Every endpoint with the set that answers there; None where only the main server does (NGX-11)."""
    found: dict[Endpoint, AddressSet | None] = {}
    for listener in program.listeners:
        wanted = [listener.address]
        if listener.is_everywhere:
            own = (each.address for each in program.index.sets if each.port in (None, listener.port))
            of_four = listener.address == "0.0.0.0"
            wanted += [address for address in own if address and not (of_four and ":" in address)]
        for address in dict.fromkeys(wanted):
            found.setdefault(Endpoint(address, listener.port), program.index.set_for(address or "*", listener.port))
    return found


def named_hosts(program: Program, candidates: AddressSet | None) -> list[Named]:
    """The hosts that can answer in this set, the default first, each with the names it wins (SEM-26)."""
    if candidates is None:
        return [Named(program.index.main, (), ())]
    literal: dict[int, list[str]] = {}
    for name, position in _winners(candidates):
        literal.setdefault(position, []).append(name)
    living: dict[int, list[str]] = {}
    for pattern, position in _living_wildcards(candidates):
        living.setdefault(position, []).append(pattern)
    found = []
    for position, number in enumerate(candidates.hosts):
        own = tuple(literal[position]) if position in literal else ()
        wild = tuple(living[position]) if position in living else ()
        if own or wild or position == 0:
            found.append(Named(number, _server_name_first(own, program.hosts[number]), wild))
    return found


def _winners(candidates: AddressSet) -> Iterable[tuple[str, int]]:
    """The literal names, each with the position of the host that wins it."""
    if not candidates.wild:
        return candidates.exact.items()
    wide: dict[str, int] = {}
    for pattern, position in candidates.wild:
        wide.setdefault(pattern, position)
    odd = [(each, position) for each, position in wide.items() if each != "*" and not is_suffix(each)]
    return ((name, _winner(name, position, wide, odd)) for name, position in candidates.exact.items())


def _winner(name: str, position: int, wide: dict[str, int], odd: Sequence[tuple[str, int]]) -> int:
    """What ``AddressSet.position_of`` gives; a set of many wildcards is asked for the few that may match."""
    found = [wide[pattern] for pattern in _covering(name) if pattern in wide]
    return min([position, *found, *(at for pattern, at in odd if at < position and fnmatchcase(name, pattern))])


def _server_name_first(names: tuple[str, ...], host: Host) -> tuple[str, ...]:
    first = host.name.lower()
    return names if names[:1] == (first,) else tuple(sorted(names, key=lambda name: name != first))


def _living_wildcards(candidates: AddressSet) -> list[tuple[str, int]]:
    """The wildcard names that an earlier, wider one does not hide (NGX-14)."""
    living: dict[str, int] = {}
    for pattern, position in candidates.wild:
        if not any(wide in living for wide in _covering(pattern)):
            living[pattern] = position
    return list(living.items())


def _covering(narrow: str) -> Iterator[str]:
    """The patterns that surely match all that ``narrow`` matches: itself, ``*`` and ``*.domain``."""
    yield narrow
    yield "*"
    if narrow[0] not in "?[":
        wide = (f"*{narrow[at:]}" for at, sign in enumerate(narrow) if sign == ".")
        yield from (each for each in wide if is_suffix(each))


def is_suffix(pattern: str) -> bool:
    """``*.example.com``: the one form that targets know as a wildcard of their own."""
    return pattern.startswith("*.") and not any(c in pattern[2:] for c in "*?[")


def settle_dead_hosts(program: Program, scopes: Scopes, ledger: Ledger) -> None:
    """Hosts that no request reaches are dead in the source, and so are their names and steps (NGX-13)."""
    reached = {number for found in endpoints(program).values() for number in _answering(program, found)}
    for host in program.hosts:
        section = scopes.section(host)
        if host.place is None and host.number not in reached:
            _settle_main([*scopes.names(host), *_inlined(program, host)], ledger)
        if host.number in reached or section is None:
            continue
        reason = "no request reaches this host: an earlier one has its names, or nothing listens for it"
        walk = getattr(section, "walk", None)
        own = [*(walk() if walk else [section]), *_inlined(program, host)]
        inside = [each for each in own if not ledger.answers_of(each)]
        ledger.drop(inside, reason, Outcome.DEAD_IN_SOURCE, key="unreachable-host")


def _answering(program: Program, candidates: AddressSet | None) -> Iterator[int]:
    """The hosts of ``named_hosts``, without their names."""
    if candidates is None:
        return iter([program.index.main])
    wild = (position for _, position in _living_wildcards(candidates))
    positions = {0, *wild, *(position for _, position in _winners(candidates))}
    return (candidates.hosts[position] for position in positions)


def _inlined(program: Program, host: Host) -> Iterator[Written]:
    """The lines of ``.htaccess`` files that stand in a host."""
    files = {each.path for each in program.inlined}
    return (each for each in host.directives if files and each.place.span.file.name in files)


def _settle_main(names: list[Written], ledger: Ledger) -> None:
    """The name of a main server that answers nobody: virtual hosts with a name of their own don't use it."""
    reason = "no request reaches the main server: virtual hosts have all its addresses"
    inside = [each for each in names if not ledger.answers_of(each)]
    ledger.drop(inside, reason, Outcome.DEAD_IN_SOURCE, key="unreachable-host")
