"""FastCGI as a responder reads and writes it (specification 1.0): parameters and input in, a script's output out.

One request after the other; a record of another request than the one under way is broken.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from apacheconf.origins.received import Headers, Orders, Received

_BEGIN, _END, _PARAMS, _STDIN, _STDOUT = 1, 3, 4, 5, 6
_HEADER = struct.Struct(">BBHHBx")
_VERSION, _KEEP = 1, 1
_MOST = 0xFFFF
#: The version of a record, which no request of HTTP begins with.
FIRST = bytes((_VERSION,))


class RecordReader:
    """Reads requests off the records of one connection. ``poll`` gives the parameters first, then the request whole.

    ``number`` is the id of the request that came last, ``keeps`` says whether the connection stays after it.
    """

    def __init__(self, origin: str, connection: int) -> None:
        self._origin, self._connection = origin, connection
        self._buffer = bytearray()
        self.number, self.keeps = 0, False
        self._begin()

    def _begin(self) -> None:
        self._params = bytearray()
        self._headers: Headers = ()
        self._length, self._hash, self._broken = 0, hashlib.sha256(), ""

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def poll(self) -> tuple[Received, bool] | None:
        """The next event, a request and whether it is complete; None when more bytes are needed."""
        for kind, number, data in iter(self._take, None):
            if kind == _BEGIN:
                self._begin()
                self.number, self.keeps = number, bool(data[2] & _KEEP)
            elif number != self.number:
                self._broken = "a record of another request"
            elif kind == _PARAMS and data:
                self._params += data
            elif kind == _PARAMS:
                self._headers = tuple(pairs(bytes(self._params)))
                return self._received(), False
            elif kind == _STDIN and data:
                self._length += len(data)
                self._hash.update(data)
            elif kind == _STDIN:
                return self._received(), True
        return None

    def _take(self) -> tuple[int, int, bytes] | None:
        """Type, request and contents of the next record; None when it isn't all here."""
        if len(self._buffer) < _HEADER.size:
            return None
        _, kind, number, size, padding = _HEADER.unpack_from(self._buffer)
        end = _HEADER.size + size + padding
        if len(self._buffer) < end:
            return None
        data = bytes(self._buffer[_HEADER.size : _HEADER.size + size])
        del self._buffer[:end]
        return kind, number, data

    def _received(self) -> Received:
        told = dict(self._headers)
        line = f"{told.get('REQUEST_METHOD', '-')} {told.get('REQUEST_URI', '-')} FastCGI"
        digest = self._hash.hexdigest()[:16] if self._length else ""
        return Received(self._origin, self._connection, line, self._headers, "", self._length, digest, self._broken)


def pairs(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values of a stream of parameters (section 3.4); what is cut off is cut off here too."""
    at = 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            size = data[at] if at < len(data) else 0
            long = size >= 0x80
            sizes.append(int.from_bytes(data[at : at + 4], "big") & 0x7FFFFFFF if long else size)
            at += 4 if long else 1
        name, value = data[at : at + sizes[0]], data[at + sizes[0] : at + sum(sizes)]
        at += sum(sizes)
        yield name.decode("latin-1"), value.decode("latin-1")


class Fcgi:
    """How one connection speaks when it is asked in FastCGI, with the same words as ``http.Http``."""

    def __init__(self, origin: str, connection: int) -> None:
        self.reader = RecordReader(origin, connection)

    def go_on(self) -> bytes:
        """Nothing: nobody waits here."""
        return b""

    def answer(self, request: Received, orders: Orders, headers: list[list[str]], body: bytes) -> bytes:
        """The output of a script: a head in CGI's way (RFC 3875, 6.2), its body, and the end of the request."""
        status = (
            [] if (orders.status, orders.reason) == (200, "OK") else [["Status", f"{orders.status} {orders.reason}"]]
        )
        long = [["X-Long", "v" * orders.long]] if orders.long else []
        lines = [f"{name}: {value}\r\n" for name, value in [*status, *headers, *long]]
        without_body = request.request_line.startswith("HEAD ") or orders.status in (204, 304)
        head = "".join(lines or ["Content-Type: text/plain\r\n"]) + "\r\n"
        out = self._output(head.encode("latin-1", "replace") + (b"" if without_body else body[: orders.cut]))
        return out if orders.cut is not None else out + self._end()

    def raw(self, text: str) -> bytes:
        return self._output(text.encode("latin-1", "replace")) + self._end()

    def closes(self, request: Received, orders: Orders) -> bool:
        """Whether the connection ends behind the answer."""
        return orders.cut is not None or not self.reader.keeps

    def _output(self, data: bytes) -> bytes:
        pieces = [data[at : at + _MOST] for at in range(0, len(data), _MOST)]
        return b"".join(self._record(_STDOUT, piece) for piece in pieces)

    def _end(self) -> bytes:
        return self._record(_STDOUT, b"") + self._record(_END, bytes(8))

    def _record(self, kind: int, data: bytes) -> bytes:
        return _HEADER.pack(_VERSION, kind, self.reader.number, len(data), 0) + data
