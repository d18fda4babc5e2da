"""uwsgi and SCGI as an application reads and writes them: the environment and a body in, an answer out.

uwsgi is a packet of lengths and texts, answered as in HTTP; SCGI a netstring, answered in CGI's way. Both are asked
once per connection.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator

from apacheconf.origins.http import encode
from apacheconf.origins.received import Headers, Orders, Received

#: How a packet of uwsgi begins, and a netstring: no request of HTTP does so.
FIRST_OF_UWSGI, FIRST_OF_SCGI = b"\0", re.compile(rb"\d")
_HEADER = struct.Struct("<BHB")


class EnvironmentReader:
    """Reads the request of one connection. ``poll`` gives the environment first, then the request whole."""

    protocol = ""

    def __init__(self, origin: str, connection: int) -> None:
        self._origin, self._connection = origin, connection
        self._buffer = bytearray()
        self._headers: Headers | None = None
        self._left, self._length, self._hash = 0, 0, hashlib.sha256()
        self._done = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def poll(self) -> tuple[Received, bool] | None:
        """The next event, a request and whether it is complete; None when more bytes are needed."""
        if self._headers is None:
            found = self._take_environment()
            if found is None:
                return None
            self._headers = found
            length = dict(found).get("CONTENT_LENGTH", "")
            self._left = int(length) if length.isdecimal() else 0
            return self._received(), False
        data = bytes(self._buffer[: self._left])
        del self._buffer[: self._left]
        self._left -= len(data)
        self._length += len(data)
        self._hash.update(data)
        if self._left or self._done:
            return None
        self._done = True
        return self._received(), True

    def _take_environment(self) -> Headers | None:
        """The variables, off the buffer; None when they aren't all here."""
        raise NotImplementedError

    def _received(self) -> Received:
        headers = self._headers or ()
        told = dict(headers)
        line = f"{told.get('REQUEST_METHOD', '-')} {told.get('REQUEST_URI', '-')} {self.protocol}"
        digest = self._hash.hexdigest()[:16] if self._length else ""
        return Received(self._origin, self._connection, line, headers, "", self._length, digest)


class UwsgiReader(EnvironmentReader):
    """Of uwsgi."""

    protocol = "uwsgi"

    def _take_environment(self) -> Headers | None:
        if len(self._buffer) < _HEADER.size:
            return None
        end = _HEADER.size + _HEADER.unpack_from(self._buffer)[1]
        if len(self._buffer) < end:
            return None
        packet = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        texts = list(_texts(packet))
        return tuple(zip(texts[::2], texts[1::2], strict=False))


class ScgiReader(EnvironmentReader):
    """Of SCGI."""

    protocol = "SCGI"

    def _take_environment(self) -> Headers | None:
        size, colon, _ = bytes(self._buffer[:20]).partition(b":")
        end = len(size) + 1 + int(size) + 1 if colon and size.isdigit() else 0
        if not end or len(self._buffer) < end:
            return None
        texts = bytes(self._buffer[len(size) + 1 : end - 1]).decode("latin-1").split("\0")
        del self._buffer[:end]
        return tuple(zip(texts[::2], texts[1::2], strict=False))


def _texts(packet: bytes) -> Iterator[str]:
    """The texts of a packet, each behind its length; what is cut off is cut off here too."""
    at = 0
    while at + 2 <= len(packet):
        size = int.from_bytes(packet[at : at + 2], "little")
        yield packet[at + 2 : at + 2 + size].decode("latin-1")
        at += 2 + size


class Told:
    """How one connection speaks that is told the environment, with the same words as ``http.Http``."""

    def __init__(self, reader: EnvironmentReader) -> None:
        self.reader = reader

    def go_on(self) -> bytes:
        """Nothing: nobody waits here."""
        return b""

    def answer(self, request: Received, orders: Orders, headers: list[list[str]], body: bytes) -> bytes:
        """A head, in HTTP's way or CGI's, and the body, which ends with the connection unless its length is said."""
        bodiless = request.request_line.startswith("HEAD ") or orders.status in (204, 304)
        length = [["Content-Length", str(len(body))]] if orders.framing == "length" and not bodiless else []
        long = [["X-Long", "v" * orders.long]] if orders.long else []
        lines = [*headers, *length, *long]
        head = encode(orders.status, orders.reason, lines)
        if isinstance(self.reader, ScgiReader):
            head = b"Status: " + head.partition(b" ")[2]
        return head + (b"" if bodiless else body[: orders.cut])

    def raw(self, text: str) -> bytes:
        return text.encode("latin-1", "replace")

    def closes(self, request: Received, orders: Orders) -> bool:
        """It always does: there is one request per connection."""
        return True
