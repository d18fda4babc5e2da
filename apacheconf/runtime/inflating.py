"""SetInputFilter DEFLATE: a request's body is inflated before its origin gets it (DF-3). Pure.

As in httpd Content-Encoding stays as it came. A body that is no gzip, is cut, or becomes too long is refused.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from apacheconf.program.handling import InflateRules, UploadRules
from apacheconf.runtime.errors import ClientBroke, Said

if TYPE_CHECKING:
    from apacheconf.runtime.requesting import Requesting

_GZIP = frozenset({b"gzip", b"x-gzip"})
#: Bytes that httpd inflates at a time: so often it looks at the ratio.
_STEP = 8096
_HEADER, _TRAILER = 10, 8
_EXTRA, _NAME, _COMMENT, _CHECKED, _RESERVED = 4, 8, 16, 2, 0xE0
_BROKEN = "(20014)Internal error (specific information not available)"
_INVALID = "(22)Invalid argument"
_FULL = "(28)No space left on device"


def inflated(exchange: Requesting, pieces: list[bytes], done: bool) -> list[bytes]:
    """The body as the origin gets it. Raises ClientBroke(400, 413)."""
    filtering = exchange.plan.forwarding.filtering
    if exchange.inflater is None:
        last = next((value for name, value in exchange.fields if name.lower() == b"content-encoding"), b"")
        if last.rpartition(b",")[2].strip().lower() not in _GZIP:
            return pieces
        rules = InflateRules() if filtering is None else filtering.rules(InflateRules)
        decision = exchange.plan.decision
        most = (UploadRules() if decision is None else decision.rules(UploadRules)).limit
        exchange.inflater = Inflater(rules, most if rules.limit < 0 else rules.limit)
    return exchange.inflater.feed(b"".join(pieces), done)


class Inflater:
    """Inflates one body; ``limit`` is in bytes, 0 for none."""

    def __init__(self, rules: InflateRules, limit: int) -> None:
        self._rules, self._limit = rules, limit
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self._front: bytes | None = b""
        self._tail = b""
        self._in = self._out = self._hits = self._crc = 0

    def feed(self, data: bytes, done: bool) -> list[bytes]:
        """What ``data`` becomes, which ends the body if ``done``. Raises ClientBroke."""
        if self._front is not None:
            self._front += data
            size = _header_size(self._front)
            if size is None:
                if done and self._front:
                    raise _broken("error", "AH02619: Encountered premature end-of-stream while reading inflate header")
                return []
            data, self._front = self._front[size:], None
        found = self._inflate(data)
        if done and (not self._stream.eof or len(self._tail) < _TRAILER):
            raise _broken("error", "AH02481: Encountered premature end-of-stream while inflating")
        return found

    def _inflate(self, data: bytes) -> list[bytes]:
        found: list[bytes] = []
        while data and not self._stream.eof:
            try:
                piece = self._stream.decompress(data, _STEP)
            except zlib.error as error:
                raise _broken("warn", f"AH01392: Zlib error -3 inflating data ({error})") from None
            left = self._stream.unconsumed_tail or self._stream.unused_data
            self._in += len(data) - len(left)
            self._out += len(piece)
            data = self._stream.unconsumed_tail
            self._crc = zlib.crc32(piece, self._crc)
            self._check_size()
            found += [piece] if piece else []
            if self._stream.eof:
                self._end(self._stream.unused_data)
                return found
        if data:
            self._end(data)
        return found

    def _check_size(self) -> None:
        if 0 < self._limit < self._out:
            text = f"Inflated content length of {self._out} is larger than the configured limit of {self._limit}"
            raise ClientBroke(413, text, said=(Said("warn", "deflate", f"AH02648: {text}"),), system=_FULL)
        rules = self._rules
        if not self._in or self._out // self._in < rules.ratio:
            self._hits = 0
            return
        self._hits += 1
        if self._hits > rules.burst:
            what = f"Inflated content ratio is larger than the configured limit {rules.ratio} by {rules.burst} time(s)"
            raise _broken("warn", f"AH02649: {what}", _INVALID)

    def _end(self, data: bytes) -> None:
        """What follows the stream: a checksum, a length, and nothing else."""
        self._tail += data
        if len(self._tail) < _TRAILER:
            return
        crc, size = struct.unpack("<II", self._tail[:_TRAILER])
        if crc != self._crc:
            raise _broken("warn", "AH01394: Zlib: CRC error inflating data")
        if size != self._out & 0xFFFFFFFF:
            text = f"AH01395: Zlib: Length {size} of inflated data does not match expected value {self._out}"
            raise _broken("warn", text)
        if len(self._tail) > _TRAILER:
            raise _broken("error", "AH02485: Encountered extra data after compressed data")


def _header_size(data: bytes) -> int | None:
    """The bytes of gzip's header, None while it isn't whole. Raises ClientBroke for another one."""
    if len(data) < _HEADER:
        return None
    flags = data[3]
    if data[:3] != b"\x1f\x8b\x08":
        raise _broken("warn", "AH01387: Zlib: Invalid header")
    if flags & _RESERVED:
        raise _broken("warn", f"AH01388: Zlib: Invalid flags {flags:02x}")
    at = _HEADER
    if flags & _EXTRA:
        at += 2 + int.from_bytes(data[at : at + 2], "little") if len(data) >= at + 2 else len(data) + 1
    for each in (_NAME, _COMMENT):
        if flags & each:
            at = data.find(b"\0", at) + 1
            if not at:
                return None
    at += 2 if flags & _CHECKED else 0
    return at if at <= len(data) else None


def _broken(level: str, text: str, system: str = _BROKEN) -> ClientBroke:
    return ClientBroke(400, text, said=(Said(level, "deflate", text),), system=system)
