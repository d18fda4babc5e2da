"""A virtual host that no connection reaches, because its address has a more specific set of virtual hosts.

The address of the connection decides first, and finally: hosts of ``*:80`` are asked only where none names the
exact address, hosts of ``*:*`` only where none names the port (VH-30). Sets never merge. A virtual host whose port
nobody listens on is as dead. In a fragment without Listen the main file may listen elsewhere, so there this is only
information.

Example:

    Listen 80
    <VirtualHost *:80>
        ServerName a.example.com
    </VirtualHost>
    <VirtualHost *>
        ServerName b.example.com              # *:80 takes every connection to port 80
    </VirtualHost>

Write instead: the same address for all of them.

    <VirtualHost *:80>
        ServerName b.example.com
    </VirtualHost>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.tree import Node
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.model.types import Address, Server

RULE = Rule("unreachable-host", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    listeners = [Address(listen.host, listen.port) for listen in view.model.listeners]
    if not listeners:
        return
    level = Level.INFO if any(listen.inferred for listen in view.model.listeners) else RULE.level
    for host in view.model.hosts:
        if host.node is not None and host.addresses:
            for node, message, help in _check_host(host, listeners, view.address_sets):
                yield RULE.finding(node, message, help, word=0, level=level)


def _check_host(host: Server, listeners: Iterable[Address], sets: Iterable[Address]) -> Iterator[tuple[Node, str, str]]:
    """The virtual host that no socket leads to, the message and the help."""
    sockets = [socket for socket in listeners if any(_may_take(address, socket) for address in host.addresses)]
    assert host.node is not None
    if not sockets:
        message = f"nothing listens on {' or '.join(map(str, host.addresses))}: no connection reaches this virtual host"
        port = next((address.port for address in host.addresses if address.port), None)
        yield host.node, message, f"add Listen {port or 80}, or use a port that is listened on"
    elif all(_is_taken(host.addresses, socket, sets) for socket in sockets):
        message = f"no connection reaches this virtual host: others name the addresses of {sockets[0]} more exactly"
        yield host.node, message, f"write <VirtualHost {_better(sockets[0], sets)}> here too"


def _may_take(address: Address, socket: Address) -> bool:
    same_host = address.host is None or socket.host is None or address.host == socket.host
    return same_host and address.port in (None, socket.port)


def _is_taken(addresses: Iterable[Address], socket: Address, sets: Iterable[Address]) -> bool:
    """Whatever the local address of a connection to ``socket`` is, another set answers."""
    own = [address for address in addresses if _may_take(address, socket)]
    return all(any(_beats(other, address, socket) for other in sets) for address in own)


def _beats(other: Address, address: Address, socket: Address) -> bool:
    """``other`` takes all connections to ``socket`` that ``address`` could take (VH-30)."""
    if not _may_take(other, socket) or other == address:
        return False
    if other.host not in (address.host, socket.host) and other.host is not None:
        return False
    if other.host is None and address.host is not None:
        return False
    if other.host == address.host:
        return other.port is not None and address.port is None
    return other.host is not None and other.host == socket.host


def _better(socket: Address, sets: Iterable[Address]) -> Address:
    """The most specific address that has virtual hosts for ``socket``."""
    fitting = [address for address in sets if _may_take(address, socket)]
    return max(fitting, key=lambda address: (address.host is not None, address.port is not None))
