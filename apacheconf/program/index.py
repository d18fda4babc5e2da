"""The host index: which addresses lead to which set of hosts, and the names in each (VH-10 to VH-33)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apacheconf.model.types import Address
from apacheconf.program.hosts import AddressSet, Host, HostIndex


def make_index(hosts: Iterable[tuple[Host, Sequence[Address]]], main: int) -> HostIndex:
    """The index over virtual hosts in configuration order; ``main`` is the main server's number."""
    sets: dict[tuple[str | None, int | None], list[Host]] = {}
    known: dict[int, list[list[Host]]] = {}  # the sets of the same addresses: of thousands of hosts
    for host, addresses in hosts:
        if id(addresses) not in known:
            named = dict.fromkeys((each.host, each.port) for each in addresses)  # VH-14: duplicates collapse
            known[id(addresses)] = [sets.setdefault(address, []) for address in named]
        for members in known[id(addresses)]:
            members.append(host)
    made = [_address_set(address, port, members) for (address, port), members in sets.items()]
    return HostIndex(tuple(sorted(made, key=_specificity)), main)


def _specificity(each: AddressSet) -> tuple[bool, bool]:
    """VH-30: a named address before ``*``, an exact port before any."""
    return each.address is None, each.port is None


def _address_set(address: str | None, port: int | None, hosts: list[Host]) -> AddressSet:
    exact: dict[str, int] = {}
    wild: list[tuple[str, int]] = []
    for position, host in enumerate(hosts):
        for name in names_of(host):
            if "*" in name or "?" in name:
                wild.append((name, position))
            else:
                exact.setdefault(name, position)
    paths = tuple((host.server_path, position) for position, host in enumerate(hosts) if host.server_path)
    return AddressSet(address, port, tuple(host.number for host in hosts), exact, tuple(wild), paths)


def names_of(host: Host) -> tuple[str, ...]:
    """ServerName and the aliases as they are compared: lower case, without a final dot (VH-23)."""
    return tuple([name.lower().removesuffix(".") for name in (host.name, *host.aliases) if name])
