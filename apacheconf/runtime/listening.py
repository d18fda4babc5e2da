"""Where to listen: the addresses of Listen, moved ones and names among them, and their sockets (VH-2, VH-5)."""

from __future__ import annotations

import errno
import socket

from apacheconf.diagnostics import UsageError
from apacheconf.program.hosts import Listener
from apacheconf.runtime.faults import why_unknown
from apacheconf.runtime.options import Address, ServeOptions


def places(listener: Listener, options: ServeOptions) -> list[tuple[Address, Address]]:
    """Where a listener's sockets go: pairs of the address that the configuration sees and the real one.

    A listener for all addresses may be moved address by address, for hosts that are named by address. One on
    loopback stays there when only its port is moved.
    """
    written = (listener.address, listener.port)
    target = options.listen.get(written) or options.listen.get(listener.port)
    if target is not None and not target[0] and (listener.address.startswith("127.") or listener.address == "::1"):
        target = (listener.address, target[1])
    if target is None and not _is_literal(listener.address):
        found = [(address, listener.port) for address in _look_up(listener)]
        return list(zip(found, found, strict=True))
    moved = [(key, to) for key, to in options.listen.items() if isinstance(key, tuple) and key[1] == listener.port]
    singly = [pair for pair in moved if pair[0][0]] if not listener.address else []
    return [*singly, (written, target or written)] if target or not singly else singly


def _is_literal(address: str) -> bool:
    """Whether an address of a Listen is a number, or empty for all addresses, and no name."""
    return not address or ":" in address or address.replace(".", "").isdigit()


def _look_up(listener: Listener) -> list[str]:
    """Every address that the name of a Listen has, once (VH-2). Raises UsageError for a name that has none."""
    place = next((f"{directive.place}: " for directive in listener.said_by), "")
    try:
        found = socket.getaddrinfo(listener.address, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        text = f"AH00077: alloc_listener: failed to set up sockaddr for {listener.address}"
        raise UsageError(f"{place}{why_unknown(error)}: {text}", _bind_help(listener)) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def name_of(sock: socket.socket) -> Address:
    name = sock.getsockname()
    return name[0], name[1]


def bind(target: Address, listener: Listener, backlog: int) -> socket.socket:
    """A bound socket. Raises UsageError with what to do."""
    host, port = target
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_dualstack_ipv6()) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6 and host in ("", "::"):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.bind((host, port))
        sock.listen(backlog)  # only now does a wildcard's address count as taken (VH-5)
    except OSError as error:
        sock.close()
        if family == socket.AF_INET6 and not host and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return bind(("0.0.0.0", port), listener, backlog)
        raise UsageError(_bind_message(target, listener, error), _bind_help(listener)) from None
    sock.setblocking(False)
    return sock


def _bind_message(target: Address, listener: Listener, error: OSError) -> str:
    place = next((f"{directive.place}: " for directive in listener.said_by), "")
    where = f"{target[0] or '[::]'}:{target[1]}"
    return f"{place}({error.errno}){error.strerror}: AH00072: make_sock: could not bind to address {where}"


def _bind_help(listener: Listener) -> str:
    free = listener.port + 8000 if listener.port < 1024 else listener.port + 1
    return f"listen elsewhere with --listen {listener.port}=127.0.0.1:{free}"
