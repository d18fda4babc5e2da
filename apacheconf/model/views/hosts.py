"""``httpd -S``: the virtual hosts by address (CLI-20), then the run configuration (CLI-21)."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from apacheconf.model.types import Address, Model, Server
from apacheconf.model.views.runtime import run_configuration
from apacheconf.modules.core import CoreServerConf


def vhosts(model: Model) -> str:
    """What ``httpd -S`` prints. Names are not looked up: where httpd would ask DNS, its answer for failure stands."""
    lines = ["VirtualHost configuration:"]
    for address, servers in address_sets(model):
        lines += _one(str(address), servers[0], model) if len(servers) == 1 else _several(address, servers, model)
    return "".join(f"{line}\n" for line in lines) + run_configuration(model)


def address_sets(model: Model) -> list[tuple[Address, list[Server]]]:
    """Each address with its hosts, in httpd's order: it walks the hosts backwards and puts new sets in front;
    addresses other than ``*`` then lie in the buckets of a hash."""
    sets: dict[Address, list[Server]] = {}
    for server in reversed(model.hosts):
        for address in server.addresses:
            sets.setdefault(address, []).insert(0, server)
    in_front = list(reversed(sets.items()))
    return sorted(in_front, key=lambda item: _bucket(item[0]))


def _bucket(address: Address) -> int:
    """The bucket of httpd's hash of addresses: the xor of the last four bytes. Names and ``*`` come last."""
    if address.host is None:
        return 257
    try:
        packed = ip_address(address.host).packed[-4:]
    except ValueError:
        return 256
    return packed[0] ^ packed[1] ^ packed[2] ^ packed[3]


def _one(address: str, server: Server, model: Model) -> list[str]:
    return [f"{address:<22} {name_of(server, model)} {_defined(server)}"]


def _several(address: Address, servers: list[Server], model: Model) -> list[str]:
    lines = [
        f"{address!s:<22} is a NameVirtualHost",
        f"{'':8} default server {name_of(servers[0], model)} {_defined(servers[0])}",
    ]
    port = "*" if address.port is None else str(address.port)
    for server in servers:
        lines.append(f"{'':8} port {port} namevhost {name_of(server, model)} {_defined(server)}")
        aliases = server.server_conf(CoreServerConf).server_aliases.value
        wild = [alias for alias in aliases if "*" in alias or "?" in alias]
        lines += [f"{'':16} alias {alias}" for alias in aliases if alias not in wild]
        lines += [f"{'':16} wild alias {alias}" for alias in wild]
    return lines


def _defined(server: Server) -> str:
    assert server.node is not None
    return f"({server.node.place.name}:{server.node.place.line})"


def name_of(server: Server, model: Model) -> str:
    """A host's name, or what httpd makes up for one without ServerName (VH-16)."""
    name = server.server_conf(CoreServerConf).server_name.value
    if name is not None:
        return name.host
    if server.node is not None and not server.addresses:
        return "bogus_host_without_forward_dns"
    if server.addresses and server.addresses[0].host is not None:
        return "bogus_host_without_reverse_dns"
    return name_of(model.main, model) if server.node is not None else _own_name()


def _own_name() -> str:
    """The main server's name when nobody gave it one (CLI-17)."""
    name = socket.gethostname()
    return name if "." in name else "127.0.0.1"
