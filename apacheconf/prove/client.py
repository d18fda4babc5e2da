"""A client that sends exactly the bytes it is given, and reads what comes back without repairing it (DIF-4).

It follows nothing, adds nothing and trusts nothing: a message ends where its own framing says.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from dataclasses import dataclass

from apacheconf.origins import Headers

Address = tuple[str, int]

#: Seconds that a server may stay silent before it counts as silent, and may take to close as it promised.
PATIENCE = 4.0
CLOSING = 3.0
_STATUS = re.compile(r"HTTP/(\d\.\d) (\d{3})(?: (.*))?")


@dataclass(frozen=True, slots=True)
class Answer:
    """One final answer; text is latin-1. ``status`` 0 means bytes without a status line (HTTP/0.9).

    ``interims`` are the 1xx statuses that came before it; ``whole`` is False when the body broke off.
    """

    status: int
    reason: str = ""
    version: str = ""
    headers: Headers = ()
    body: bytes = b""
    interims: tuple[int, ...] = ()
    whole: bool = True

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Turn:
    """``send`` these bytes, then read one final answer for each of ``methods`` (GET, HEAD...).

    With ``interim`` the turn ends at the first 1xx; a final answer in its place ends the exchange.
    """

    send: bytes
    methods: tuple[str, ...] = ("GET",)
    interim: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """All answers of one connection, and how it stands then: ``kept``, ``closed``, ``silent``, or never made."""

    answers: tuple[Answer, ...]
    ended: str


@dataclass(frozen=True, slots=True)
class Handshake:
    """TLS as the client speaks it; ``name`` is what it asks for in the handshake, empty for none."""

    context: ssl.SSLContext
    name: str = ""


def exchange(
    address: Address,
    turns: tuple[Turn, ...],
    patience: float | None = None,
    handshake: Handshake | None = None,
    source: str = "",
) -> Exchange:
    """Talk to ``address`` over one connection of its own. Raises OSError when it can't be reached.

    ``patience`` is how many seconds the server may be silent, PATIENCE by default. Without a
    ``handshake`` it speaks plain HTTP. ``source`` is the address it comes from.
    """
    patience = PATIENCE if patience is None else patience
    with socket.create_connection(address, patience, (source, 0) if source else None) as plain:
        try:
            connection = _secured(plain, handshake)
        except (ssl.SSLError, ConnectionError):
            return Exchange((), "refused in the handshake")
        reader = _Reader(connection, patience)
        for turn in turns:
            reader.send(turn.send)
            if turn.interim:
                reader.read_interim()
                if not reader.interims:
                    break
            elif not all(reader.read_answer(method) for method in turn.methods):
                break
        return Exchange(tuple(reader.answers), reader.how_it_stands())


def _secured(connection: socket.socket, handshake: Handshake | None) -> socket.socket:
    if handshake is None:
        return connection
    return handshake.context.wrap_socket(connection, server_hostname=handshake.name or None)


class _Reader:
    def __init__(self, connection: socket.socket, patience: float) -> None:
        self._connection, self._patience = connection, patience
        self._buffer = b""
        self._ended = False
        self._silent = False
        self.interims: list[int] = []
        self.answers: list[Answer] = []

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the answer to the part that arrived may be waiting; reading tells
            self._connection.sendall(data)

    def _more(self, patience: float | None = None) -> bool:
        """Read once; False at the end of the connection, or after ``patience`` seconds of silence."""
        if self._ended or self._silent:
            return False
        self._connection.settimeout(self._patience if patience is None else patience)
        try:
            part = self._connection.recv(65536)
        except TimeoutError:
            self._silent = True
            return False
        except OSError:
            part = b""
        self._ended = not part
        self._buffer += part
        return bool(part)

    def read_interim(self) -> None:
        """Up to the next 1xx, or a final answer."""
        before = len(self.interims)
        while len(self.interims) == before and self._read_message("GET", stop_at_interim=True) is None:
            if self._ended or self._silent or len(self.interims) > before:
                return

    def read_answer(self, method: str) -> Answer | None:
        """The next final answer; None when none comes any more."""
        answer = None
        while answer is None and (self._buffer or not (self._ended or self._silent)):
            answer = self._read_message(method)
        return answer

    def _read_message(self, method: str, stop_at_interim: bool = False) -> Answer | None:
        while not (end := re.search(rb"\r?\n\r?\n", self._buffer)) and self._more():
            pass
        head = self._buffer[: end.start()] if end else self._buffer
        lines = re.split("\r?\n", head.decode("latin-1"))
        found = _STATUS.fullmatch(lines[0])
        if not found or not end:
            return self._read_raw()
        self._buffer = self._buffer[end.end() :]
        headers = tuple(_split(line) for line in lines[1:])
        status = int(found[2])
        if 100 <= status < 200 and status != 101:
            self.interims.append(status)
            return None
        body, whole = self._read_body(method, status, headers)
        answer = Answer(status, found[3] or "", found[1], headers, body, tuple(self.interims), whole)
        self._keep(answer)
        return answer

    def _read_raw(self) -> Answer | None:
        """What has no status line: everything up to the end is the body."""
        while self._more():
            pass
        if not self._buffer:
            return None
        answer = Answer(0, body=self._buffer, interims=tuple(self.interims))
        self._buffer = b""
        self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        self.answers.append(answer)
        self.interims = []

    def _read_body(self, method: str, status: int, headers: Headers) -> tuple[bytes, bool]:
        values = {name.lower(): value for name, value in headers}
        if method == "HEAD" or status in (101, 204, 304):
            return b"", True
        if "chunked" in values.get("transfer-encoding", "").lower():
            return self._read_chunks()
        if values.get("content-length", "").isdecimal():
            return self._read_exactly(int(values["content-length"]))
        while self._more():
            pass
        body, self._buffer = self._buffer, b""
        return body, not self._silent

    def _read_exactly(self, size: int) -> tuple[bytes, bool]:
        while len(self._buffer) < size and self._more():
            pass
        body, self._buffer = self._buffer[:size], self._buffer[size:]
        return body, len(body) == size

    def _read_chunks(self) -> tuple[bytes, bool]:
        body = b""
        while True:
            while not (line := re.match(rb"([0-9a-fA-F]+)[^\n]*\n", self._buffer)) and self._more():
                pass
            if not line:
                return body, False
            size = int(line[1], 16)
            self._buffer = self._buffer[line.end() :]
            part, whole = self._read_exactly(size)
            body += part
            ending, ended = self._read_line()
            if not whole or not ended:
                return body, False
            if size == 0:
                while ending and ended:  # trailers
                    ending, ended = self._read_line()
                return body, ended

    def _read_line(self) -> tuple[bytes, bool]:
        while b"\n" not in self._buffer and self._more():
            pass
        line, newline, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r"), bool(newline)

    def how_it_stands(self) -> str:
        """An answer that promises to close is held to its word; one that promises to stay is believed."""
        if self._silent:
            return "silent"
        if not self._ended and self.answers and not _promises_to_stay(self.answers[-1]):
            while self._more(CLOSING):
                pass
        return "closed" if self._ended else "kept"


def _split(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip(" \t")


def _promises_to_stay(answer: Answer) -> bool:
    connection = ", ".join(answer.values("connection")).lower()
    return (answer.version == "1.1" and "close" not in connection) or "keep-alive" in connection
