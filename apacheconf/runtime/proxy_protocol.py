"""The PROXY protocol in front of a connection (RemoteIPProxyProtocol, RI-5): who the client of a balancer is. Pure.

The first line (version 1) or block (version 2) names the client; the connection is its own from there on. A connection
that begins otherwise is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from socket import AF_INET6, inet_aton, inet_pton
from typing import Any

from apacheconf.program.evaluate import in_networks
from apacheconf.program.program import Program
from apacheconf.runtime.errors import Said

#: The longest first line of version 1, with its CRLF; what version 2 begins with, and the most that may follow.
MOST_V1 = 108
V2 = b"\r\n\r\n\x00\r\nQUIT\n"
MOST_V2 = 216
_V2_HEAD = 16
_NO_NAME = "(EAI 2)Name or service not known"
_NO_FAMILY = "(EAI 9)Address family for hostname not supported"


def _read_v6(text: str) -> bytes:
    """An address of IPv6. Raises OSError."""
    return inet_pton(AF_INET6, text)


#: The characters of an address, and how to read one, by the family in the line.
_V1_FAMILIES = {"TCP4": (re.compile(r"[0-9.]+"), inet_aton), "TCP6": (re.compile(r"[0-9A-Fa-f:.]+"), _read_v6)}
_V1_WORDS = ("family", "client-address", "destination-address", "client-port")
_PORT = re.compile(r"\s*([+-]?[0-9]+)")
#: By the family in a block: its name, and how many bytes an address has.
_V2_FAMILIES = {0x11: ("AH10597", "TCPv4", 4), 0x21: ("AH10598", "TCPv6", 16)}


class BadPreamble(Exception):
    """What came is no preamble; ``said`` is for the error log, where httpd says nothing at the level info."""

    def __init__(self, text: str, system: str = "", level: str = "error") -> None:
        self.said = Said(level, "remoteip", text, system)
        super().__init__(text)


Client = tuple[str, int]


class Announced(tuple[str, int]):
    """A client's address and port as a preamble gives them, or the balancer's own; ``connected`` is the balancer's."""

    connected: Client


def connected(peer: Client) -> Client:
    """Who is really connected."""
    return balancer_of(peer) or peer


def balancer_of(peer: Client) -> Client | None:
    """Who has sent a preamble before ``peer``'s requests, None where none was sent."""
    return peer.connected if isinstance(peer, Announced) else None


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
        raise _missing()
    end = data.find(b"\r")
    size = len(data.partition(b"\n")[0]) + 1  # as far as it is there
    if size > MOST_V1:
        raise BadPreamble(f"AH10185: RemoteIPProxyProtocol header too long, got {size - _V2_HEAD + 1} expected 93")
    if end < 0 or data[end + 1 : end + 2] != b"\n":  # httpd waits where another byte follows, too
        return None
    return _client_of_line(data[:end].partition(b"\0")[0].decode("latin-1")), end + 2


def _missing() -> BadPreamble:
    return BadPreamble("RemoteIPProxyProtocol: a connection doesn't begin with a header", level="info")


def _client_of_line(line: str) -> Client | None:
    """The client that a line of version 1 names, in its own words; None: it isn't known."""
    words = iter(word for word in line[6:].split(" ") if word)
    found: dict[str, str] = {}
    for name in _V1_WORDS:
        word = next(words, None)
        if word is None:
            raise BadPreamble(f"AH03497: RemoteIPProxyProtocol: no {name} found in header '{line}'")
        if word == "UNKNOWN" and name == "family":
            return None
        found[name] = word
        _check_word(name, found, line)
    port = _PORT.match(found["client-port"])
    if port is None:
        said = f"AH03501: RemoteIPProxyProtocol: error parsing port '{found['client-port']}' in header '{line}'"
        raise BadPreamble(said)
    number = min(int(port[1]), 2**64 - 1) % 65536
    _check_address(found["family"], found["client-address"], number, line)
    return found["client-address"], number


def _check_word(name: str, found: dict[str, str], line: str) -> None:
    word, known = found[name], _V1_FAMILIES.get(found["family"])
    if known is None:
        raise BadPreamble(f"AH03499: RemoteIPProxyProtocol: unknown family '{word}' in header '{line}'")
    if name == "client-address" and not known[0].fullmatch(word):
        raise BadPreamble(f"AH03500: RemoteIPProxyProtocol: invalid client-address '{word}' found in header '{line}'")


def _check_address(family: str, address: str, port: int, line: str) -> None:
    """Refuse what has the right characters but is no address."""
    with suppress(OSError):
        _V1_FAMILIES[family][1](address)
        return
    number = 2 if family == "TCP4" else 10
    system = _NO_NAME if family == "TCP4" or ":" in address else _NO_FAMILY
    said = f"AH03502: RemoteIPProxyProtocol: error converting family '{number}', host '{address}', and port '{port}'"
    raise BadPreamble(f"{said} to sockaddr; header was '{line}'", system)


def _read_v2(data: bytes) -> tuple[Client | None, int] | None:
    if len(data) < _V2_HEAD:
        return None
    command, family, length = data[12], data[13], int.from_bytes(data[14:16], "big")
    if command & 0xF0 != 0x20:
        raise _missing()
    if length > MOST_V2:
        raise BadPreamble("AH10186: RemoteIPProxyProtocol protocol header length too long")
    if len(data) < _V2_HEAD + length:
        return None
    return _client_of_block(command, family, data[_V2_HEAD : _V2_HEAD + length]), _V2_HEAD + length


def _client_of_block(command: int, family: int, block: bytes) -> Client | None:
    if command == 0x20:  # LOCAL: the balancer's own health check
        return None
    if command != 0x21:
        raise BadPreamble(f"AH03507: RemoteIPProxyProtocol: unsupported command {command:02x}")
    if family not in _V2_FAMILIES:
        raise BadPreamble(f"AH10183: RemoteIPProxyProtocol: unsupported protocol {family:02x}")
    code, name, size = _V2_FAMILIES[family]
    if len(block) < 2 * size + 4:
        raise BadPreamble(f"{code}: RemoteIPProxyProtocol: address length {len(block)} too short for {name}")
    address = ip_address(block[:size])
    port = int.from_bytes(block[2 * size : 2 * size + 2], "big")
    return str(getattr(address, "ipv4_mapped", None) or address), port


class Preamble:
    """A connection until its preamble is read; ``arrived`` makes what it then is, for a client's address."""

    def __init__(
        self, transport: Any, peer: Client, arrived: Callable[[Client], Any], dropped: Callable[[Said], object]
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
            self._dropped(bad.said)
            self.overdue()
            return
        if found is not None:
            self._go_on(*found)

    def _go_on(self, client: Client | None, length: int) -> None:
        """What follows the preamble is the connection."""
        self._waiting.discard(self)
        peer = Announced(client or self._peer)
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
