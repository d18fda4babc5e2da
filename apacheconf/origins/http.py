"""HTTP/1.1 as an origin reads and writes it: by a small parser of its own, which repairs nothing."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from apacheconf.origins.received import Headers, Orders, Received

#: A request head or chunk line longer than this is cut off: an origin is not to be filled up.
HEAD_LIMIT = 1 << 20


class RequestReader:
    """Reads requests off the bytes of one connection. ``poll`` gives a head first, then the same request whole."""

    def __init__(self, origin: str, connection: int) -> None:
        self._origin, self._connection = origin, connection
        self._buffer = bytearray()
        self._head: tuple[str, Headers] | None = None
        self._framing, self._left, self._broken = "", 0, ""
        self._length, self._hash = 0, hashlib.sha256()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def poll(self) -> tuple[Received, bool] | None:
        """The next event, a request and whether it is complete; None when more bytes are needed."""
        if self._head is None:
            return self._read_head()
        done = self._read_chunks() if self._framing == "chunked" else self._read_length()
        if not done:
            return None
        whole = self._received()
        self._head = None
        return whole, True

    def _received(self) -> Received:
        assert self._head is not None
        line, headers = self._head
        digest = self._hash.hexdigest()[:16] if self._length else ""
        return Received(
            self._origin, self._connection, line, headers, self._framing, self._length, digest, self._broken
        )

    def _read_head(self) -> tuple[Received, bool] | None:
        end = re.search(rb"\r?\n\r?\n", self._buffer)
        if end is None and len(self._buffer) < HEAD_LIMIT:
            return None
        text = bytes(self._buffer[: end.start()] if end else self._buffer).decode("latin-1")
        del self._buffer[: end.end() if end else len(self._buffer)]
        line, *rest = re.split(r"\r?\n", text)
        self._head = line, tuple(_split_header(header) for header in rest)
        self._length, self._hash, self._left = 0, hashlib.sha256(), 0
        self._broken = "" if re.fullmatch(r"\S+ \S.* HTTP/1\.[01]", line) and end else "no request line"
        self._framing = self._find_framing()
        return self._received(), False

    def _find_framing(self) -> str:
        values = {name.lower(): value for name, value in self._head[1]} if self._head else {}
        if "transfer-encoding" in values:
            return "chunked"
        if "content-length" in values:
            if values["content-length"].isdecimal():
                self._left = int(values["content-length"])
            else:
                self._broken = "no number in Content-Length"
            return "length"
        return ""

    def _take(self, size: int) -> None:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._length += len(data)
        self._left -= len(data)
        self._hash.update(data)

    def _read_length(self) -> bool:
        self._take(self._left)
        return self._left == 0 or bool(self._broken)

    def _read_chunks(self) -> bool:
        """Chunk by chunk; ``_left`` is what the current one lacks. Trailers are read and dropped."""
        while not self._broken:
            if self._left > 0:
                self._take(self._left)
                if self._left:
                    return False
            found = re.match(rb"(?:\r\n)?([0-9a-fA-F]{1,15})[^\n]*\n", self._buffer)
            if found is None:
                if re.fullmatch(rb"(?:\r|\r\n)?[0-9a-fA-F]*(?:[;\r][^\n]*)?", self._buffer):
                    return False
                self._broken = "no chunk size"
            elif int(found[1], 16) == 0:
                last = re.match(rb"(?:\r\n)?0+[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n", self._buffer)
                if last is None:
                    return False
                del self._buffer[: last.end()]
                return True
            else:
                self._left = int(found[1], 16)
                del self._buffer[: found.end()]
        return True


def _split_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    return (name, value.strip(" \t")) if colon else (line, "")


def encode(status: int, reason: str, headers: Iterable[Iterable[str]]) -> bytes:
    """The head of an answer."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _framed(framing: str, body: bytes) -> tuple[list[list[str]], bytes]:
    """The framing header and the body as it stands on the wire."""
    if framing == "length":
        return [["Content-Length", str(len(body))]], body
    if framing == "chunked":
        half = len(body) // 2
        chunks = [part for part in (body[:half], body[half:]) if part]
        wire = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
        return [["Transfer-Encoding", "chunked"]], wire + b"0\r\n\r\n"
    return [], body


class Http:
    """How one connection speaks when it is asked in HTTP: ``reader`` reads requests, the rest makes bytes."""

    def __init__(self, origin: str, connection: int) -> None:
        self.reader = RequestReader(origin, connection)

    def go_on(self) -> bytes:
        """What makes a client send its body that waits for it."""
        return b"HTTP/1.1 100 Continue\r\n\r\n"

    def answer(self, request: Received, orders: Orders, headers: list[list[str]], body: bytes) -> bytes:
        """The answer with ``headers``, behind what goes before it; SELF is filled in already."""
        bodiless = orders.status in (204, 304)
        framing, wire = _framed("none" if bodiless else orders.framing, body)
        interims = b"".join(encode(status, "Interim", pairs) for status, pairs in orders.interim)
        long = [["X-Long", "v" * orders.long]] if orders.long else []
        head = encode(orders.status, orders.reason, [*headers, *framing, *long])
        without_body = request.request_line.startswith("HEAD ") or bodiless
        return interims + head + (b"" if without_body else wire[: orders.cut])

    def raw(self, text: str) -> bytes:
        return text.encode("latin-1", "replace")

    def closes(self, request: Received, orders: Orders) -> bool:
        """Whether the connection ends behind the answer."""
        words = (request.value("connection") or "").lower()
        wanted = "close" not in words if request.request_line.endswith("HTTP/1.1") else "keep-alive" in words
        keeps = wanted and not request.broken
        return orders.cut is not None or orders.framing == "close" or not keeps
