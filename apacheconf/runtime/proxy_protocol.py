"""The PROXY protocol in front of a connection (RemoteIPProxyProtocol, RI-5): who the client of a balancer is. Pure.

The first line (version 1) or block (version 2) names the client; the connection is its own from there on. A connection
that begins otherwise is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from apacheconf.program.evaluate import in_networks
from apacheconf.program.program import Program

#: The longest first line of version 1, with its CRLF, and what version 2 begins with.
MOST_V1 = 107
V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V2_HEAD = 16
_V1_FAMILIES = {b"TCP4": 4, b"TCP6": 6}
_V2_LENGTHS = {0x11: 4, 0x21: 16}


class BadPreamble(Exception):
    """What came is no preamble."""


Client = tuple[str, int]


class Announced(tuple[str, int]):
    """A client's address and port as a preamble gives them; ``connected`` is the balancer's."""

    connected: Client


def connected(peer: Client) -> Client:
    """Who is really connected."""
    return peer.connected if isinstance(peer, Announced) else peer


def expects_preamble(program: Program, address: tuple[str, int], peer: str) -> bool:
    """Whether connections to an address begin with a preamble: one of its hosts says so for all (RI-5)."""
    found = program.index.set_for(*address)
    for number in found.hosts if found is not None else (program.index.main,):
        excepted = program.hosts[number].preamble
        if excepted is not None:
            return not in_networks(peer, excepted)
    return False


def read_preamble(data: bytes) -> tuple[Client | None, int] | None:
    """The client that it names (None: the balancer itself), and how many bytes it has; None if it isn't all here.

    Raises BadPreamble.
    """
    if data.startswith(V2[: len(data)]) and data[:1] == V2[:1]:
        return _read_v2(data)
    if not b"PROXY ".startswith(data[:6]):
        raise BadPreamble("no preamble")
    end = data.find(b"\r\n")
    if end < 0:
        if len(data) >= MOST_V1:
            raise BadPreamble("the line doesn't end")
        return None
    return _client_of_line(data[:end]), end + 2


def _client_of_line(line: bytes) -> Client | None:
    words = line.split(b" ")
    if words[1:2] == [b"UNKNOWN"]:
        return None
    family = _V1_FAMILIES.get(words[1] if len(words) == 6 else b"")
    if family is None or not words[4].isdigit():
        raise BadPreamble("the line isn't understood")
    return _address(words[2].decode("latin-1"), family), int(words[4])


def _address(text: str, family: int) -> str:
    try:
        found = ip_address(text)
    except ValueError:
        raise BadPreamble(f"{text} is no address") from None
    if found.version != family:
        raise BadPreamble(f"{text} is of another family")
    return str(found)


def _read_v2(data: bytes) -> tuple[Client | None, int] | None:
    if len(data) < _V2_HEAD:
        return None
    command, family, length = data[12], data[13], int.from_bytes(data[14:16], "big")
    if len(data) < _V2_HEAD + length:
        return None
    if command == 0x20:  # LOCAL: the balancer's own health check
        return None, _V2_HEAD + length
    size = _V2_LENGTHS.get(family)
    if command != 0x21 or size is None or length < 2 * size + 4:
        raise BadPreamble("the block isn't understood")
    address = str(ip_address(data[16 : 16 + size]))
    port = int.from_bytes(data[16 + 2 * size : 18 + 2 * size], "big")
    return (address, port), _V2_HEAD + length


class Preamble:
    """A connection until its preamble is read; ``arrived`` makes what it then is, for a client's address."""

    def __init__(
        self, transport: Any, peer: Client, arrived: Callable[[Client], Any], dropped: Callable[[str], object]
    ) -> None:
        self.transport: Any = transport
        self.deadline = 0.0
        self._waiting: set[Any] = set()
        self._peer, self._arrived, self._dropped = peer, arrived, dropped
        self._data = b""

    def wait_in(self, waiting: set[Any], deadline: float) -> None:
        """Be among those that are told when their time is over, in seconds of the loop's clock."""
        self._waiting, self.deadline = waiting, deadline
        waiting.add(self)

    def overdue(self) -> None:
        """Nobody has said who it is."""
        self._waiting.discard(self)
        self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """It was made before."""

    def connection_lost(self, _: BaseException | None) -> None:
        self._waiting.discard(self)

    def data_received(self, data: bytes) -> None:
        self._data += data
        try:
            found = read_preamble(self._data)
        except BadPreamble as bad:
            self._dropped(str(bad))
            self.overdue()
            return
        if found is not None:
            self._go_on(*found)

    def _go_on(self, client: Client | None, length: int) -> None:
        """What follows the preamble is the connection."""
        self._waiting.discard(self)
        peer = self._peer
        if client is not None:
            peer = Announced(client)
            peer.connected = self._peer
        protocol = self._arrived(peer)
        self.transport.set_protocol(protocol)
        protocol.connection_made(self.transport)
        if len(self._data) > length:
            protocol.data_received(self._data[length:])

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...
