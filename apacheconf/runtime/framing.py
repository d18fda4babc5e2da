"""Where a message ends: the only place that decides it, for requests (RB) and responses (RS) alike.

When in doubt the message is refused. A request smuggled past a proxy is one message that two readers end at
different bytes; there is one reader here, and what it hands on is framed anew from its own findings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from apacheconf.program.hosts import Limits
from apacheconf.runtime import complaints, faults
from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.strict import Fields, check_count, check_field, read_fields

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange

#: The body ends with the connection, or with the last chunk.
UNTIL_CLOSE = -1
CHUNKED = -2
#: It ends with the client's connection, even if that speaks HTTP/1.1.
UNFRAMED = -3

_DIGITS = re.compile(rb"[0-9]+")
_MAX_LENGTH = 2**63 - 1


def request_length(fields: Fields, method: bytes) -> tuple[int, bool]:
    """Bytes of the request's body (0: none), or CHUNKED; and whether the connection may go on after it.

    Raises ClientBroke as RB-8a and RB-8b say. Transfer-Encoding wins over a Content-Length that is one (RB-7).
    """
    coding = _coding(fields)
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    if coding is not None and coding.rpartition(b",")[2] != b"chunked":
        raise ClientBroke(400, "the last transfer coding is not chunked")
    if lengths and (len(lengths) > 1 or not _is_length(lengths[0])):
        raise ClientBroke(400, "Content-Length is no number")
    if coding is not None:
        return CHUNKED, not lengths
    return (int(lengths[0]) if lengths else 0), True


def is_undecodable(fields: Fields) -> bool:
    """Whether a chunked body has another coding beside: where it ends is known, but not what it says (RB-8c)."""
    return _coding(fields) != b"chunked"


def _coding(fields: Fields) -> bytes | None:
    codings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    return b",".join(codings).lower().replace(b" ", b"").replace(b"\t", b"") if codings else None


def _is_length(value: bytes) -> bool:
    return bool(_DIGITS.fullmatch(value)) and len(value) <= 30 and int(value) <= _MAX_LENGTH


def response_length(fields: Fields, status: int, head_request: bool) -> int:
    """Bytes of the answer's body, CHUNKED or UNTIL_CLOSE (RS-9 to RS-12). Raises OriginBroke(502)."""
    if head_request or status in (204, 304) or 100 <= status < 200:
        return 0
    codings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    if codings:
        last = b",".join(codings).rpartition(b",")[2]
        return CHUNKED if last.strip(b" \t").lower() == b"chunked" else UNTIL_CLOSE
    for name, value in fields:
        if name.lower() == b"content-length":
            if not _is_length(value):
                raise OriginBroke(502, "Content-Length is no number", in_body=True, said=faults.BAD_LENGTH)
            return int(value)
    return UNTIL_CLOSE


def listed(values: Iterable[bytes]) -> set[bytes]:
    """The lower-case tokens of a comma-separated field."""
    return {token.strip(b" \t").lower() for value in values for token in value.split(b",")} - {b""}


class BadChunk(Exception):
    """A chunked body is malformed; ``overflow`` when a size is beyond all bounds (RB-8d).

    ``pieces`` is what was good of the bytes that were fed, ``trailer`` what is wrong with the fields behind it (RB-6).
    """

    def __init__(self, overflow: bool = False, trailer: ClientBroke | None = None) -> None:
        self.overflow = overflow
        self.trailer = trailer
        self.pieces: list[bytes] = []
        super().__init__("a chunk is malformed")

    def of_client(self) -> ClientBroke:
        """What the client hears."""
        if (broke := self.trailer) is not None:
            said = (*broke.said, faults.bad_trailer(broke.note))
            return ClientBroke(400, "a trailer is malformed", broke.note, said=said, system=faults.INVALID)
        status, told = (413, complaints.BAD_CHUNK_SIZE) if self.overflow else (400, complaints.BAD_CHUNK)
        return ClientBroke(status, "a chunk is malformed", measured=False, said=told, system=complaints.MALFORMED)

    def of_origin(self, in_body: bool) -> OriginBroke:
        """What is wrong with an answer; ``in_body`` where nothing of it was sent on."""
        said = faults.BAD_CHUNK
        if self.trailer is not None:
            said = (faults.bad_trailer(self.trailer.note)._replace(remote=True), faults.BAD_TRAILER)
        return OriginBroke(502, "a chunk is malformed", in_body=in_body, said=said)


#: A size, blanks, perhaps an extension (RFC 9112 section 7.1); the size of httpd's own counter is 63 bits.
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_MAX_CHUNK_LINE = 8190
#: Limits of those who have said none.
USUAL = Limits()


class ChunkReader:
    """Reads a chunked body however it is cut. ``done`` when it has ended; ``rest`` is then what follows it.

    Extensions are dropped; ``trailers`` are fields that nobody forwards (RB-6, RS-8), but logs may name (LG-2f).
    They are read as strictly as those of a head, within the same ``limits``.
    """

    __slots__ = ("_buffer", "_left", "_limits", "_lines", "_state", "done", "rest", "trailers")

    def __init__(self, limits: Limits = USUAL) -> None:
        self._buffer = b""
        self._left = 0
        self._limits = limits
        self._lines: list[bytes] = []
        self._state = self._size
        self.trailers: Fields = []
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The pieces of the body in ``data``. Raises BadChunk."""
        pieces: list[bytes] = []
        self._buffer += data
        try:
            while not self.done and self._state(pieces):
                pass
        except BadChunk as bad:
            bad.pieces = pieces
            raise
        if self.done:
            self.rest, self._buffer = self._buffer, b""
        return pieces

    def _line(self) -> bytes | None:
        at = self._buffer.find(b"\n")
        if at > _MAX_CHUNK_LINE or (at < 0 and len(self._buffer) > _MAX_CHUNK_LINE):
            raise BadChunk(overflow=True)
        if at < 0:
            return None
        line, self._buffer = self._buffer[: at + 1], self._buffer[at + 1 :]
        if line[-2:] != b"\r\n":
            raise BadChunk
        return line[:-2]

    def _size(self, pieces: list[bytes]) -> bool:
        line = self._line()
        if line is None:
            return False
        found = _CHUNK_LINE.fullmatch(line)
        if found is None:
            raise BadChunk
        self._left = int(found[1], 16)
        if self._left > _MAX_LENGTH:
            raise BadChunk(overflow=True)
        self._state = self._data if self._left else self._trailer
        return True

    def _data(self, pieces: list[bytes]) -> bool:
        piece = self._buffer[: self._left]
        if piece:
            pieces.append(piece)
            self._buffer = self._buffer[len(piece) :]
            self._left -= len(piece)
        if self._left:
            return False
        self._state = self._data_end
        return True

    def _data_end(self, pieces: list[bytes]) -> bool:
        if len(self._buffer) < 2:
            if self._buffer not in (b"", b"\r"):
                raise BadChunk
            return False
        if self._buffer[:2] != b"\r\n":
            raise BadChunk
        self._buffer = self._buffer[2:]
        self._state = self._size
        return True

    def _trailer(self, pieces: list[bytes]) -> bool:
        line, ended, rest = self._buffer.partition(b"\r\n")
        try:
            check_field(line, self._limits)
            if not ended:
                return False
            self._buffer = rest
            if line:
                if b":" not in line and line[:1] not in (b" ", b"\t"):
                    raise ClientBroke(400, "a trailer has no colon")
                self._lines.append(line)
                check_count(len(self._lines), self._limits)
            else:
                self.trailers, self.done = read_fields(b"\r\n".join(self._lines), self._limits), True
        except ClientBroke as broke:
            raise BadChunk(trailer=broke) from None
        return True


class LengthReader:
    """Reads a body of so many bytes, as ``ChunkReader`` reads a chunked one."""

    __slots__ = ("_left", "done", "rest")

    trailers: ClassVar[Fields] = []

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = False
        self.rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The piece of the body in ``data``, if any."""
        left = self._left
        if len(data) >= left:
            self.done, self.rest, data = True, data[left:], data[:left]
        self._left = left - len(data)
        return [data] if data else []


BodyReader = ChunkReader | LengthReader


def body_reader(length: int, limits: Limits) -> BodyReader | None:
    """What reads a body of ``length`` bytes, or CHUNKED; None for no body."""
    if not length:
        return None
    return ChunkReader(limits) if length == CHUNKED else LengthReader(length)


def chunk(pieces: list[bytes]) -> bytes:
    """The pieces as one chunk; no bytes for no pieces, because an empty chunk would end the body."""
    size = sum(map(len, pieces))
    return b"".join((b"%x\r\n" % size, *pieces, b"\r\n")) if size else b""


CHUNKED_FIELD = (b"Transfer-Encoding", b"chunked")
LAST_CHUNK = b"0\r\n\r\n"


def leave_unmeasured(exchange: Exchange, fields: Fields) -> None:
    """Have an answer end without Content-Length: in chunks where the connection stays, else where that ends."""
    if exchange.stay and exchange.version >= (1, 1) and not exchange.head_only:
        fields.append(CHUNKED_FIELD)
    else:
        exchange.stay = exchange.stay and exchange.head_only
