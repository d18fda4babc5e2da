"""mod_deflate at work: which answers DEFLATE compresses and INFLATE makes plain, and what becomes of their heads.

See DF-1 and DF-2.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from apacheconf.program.handling import DeflateNotes, DeflateRules
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.filters import Answered, Filter
from apacheconf.runtime.strict import merged

#: A gzip header without a name and a time, as httpd writes it: made on Unix.
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
#: What compressing costs at least; a shorter body is left alone.
_OVERHEAD = 68
#: INFLATE: bytes that are made at a time, how much more than was read that may be, and how often it may be more.
_BUFFER, _RATIO, _BURST = 8096, 200, 3
_PLAIN = frozenset({b"identity", b"7bit", b"8bit", b"binary"})
_CODING = re.compile(rb"\s*([^\s,;]+)\s*((?:;[^,]*)?)\s*(?:,|\Z)")
_ZERO = re.compile(rb"\s*;\s*q=0(?:\.0{0,3})?\Z")


class Deflate:
    """gzip of a body."""

    streams: ClassVar[bool] = False
    longest: ClassVar[int] = 7 * 8096  # buffers of DeflateBufferSize

    __slots__ = ("_begun", "_checksum", "_deflater", "_made", "_note", "_size")

    def __init__(self, rules: DeflateRules, note: Note) -> None:
        self._note, self._made = note, 0
        self._deflater = zlib.compressobj(rules.level, zlib.DEFLATED, -rules.window, rules.memory)
        self._checksum = self._size = 0
        self._begun = False

    def feed(self, data: bytes) -> bytes:
        self._checksum = zlib.crc32(data, self._checksum)
        self._size += len(data)
        made = self._deflater.compress(data)
        self._made += len(made)
        if not self._begun:
            self._begun = True
            made = _HEADER + made
        return made

    def end(self) -> bytes:
        tail = self._checksum.to_bytes(4, "little") + (self._size & 0xFFFFFFFF).to_bytes(4, "little")
        last = self._deflater.flush()
        self._note(self._size, self._made + len(last))
        return (b"" if self._begun else _HEADER) + last + tail


#: Notes how many bytes came in, and how many went out.
Note = Callable[[int, int], None]


def noting(about: Answered, kind: type[DeflateNotes]) -> Note:
    """What a filter calls at its end, for the names that DeflateFilterNote or BrotliFilterNote give (DF-7)."""
    names, exchange = dict(about.filtering.rules(kind).names), about.exchange

    def note(size: int, made: int) -> None:
        ratio = str(made * 100 // size) if size else "-"
        found = {"Input": str(size or "-"), "Output": str(made or "-"), "Ratio": ratio}
        if names:
            exchange.notes = {**(exchange.notes or {}), **{name.lower(): found[what] for what, name in names.items()}}

    return note


def deflate(about: Answered) -> Filter | None:
    """The filter of an answer, and what it makes of the head; None where it leaves both alone."""
    if about.whole is not None and about.whole <= _OVERHEAD:
        return None
    if not may_encode(about, b"gzip", "gzip"):
        return None
    rules = about.filtering.rules(DeflateRules)
    mark_encoded(about, b"gzip", rules.etag)
    return Deflate(rules, noting(about, DeflateNotes))


class Inflate:
    """What was gzip, plain; what never was stays as it is.

    Raises OriginBroke where it is broken, or grows too much to be honest (DeflateInflateRatioLimit's default).
    """

    streams: ClassVar[bool] = False
    longest: ClassVar[int] = 7 * 8096

    __slots__ = ("_hits", "_inflater", "_magic", "_taken")

    def __init__(self) -> None:
        self._inflater: Any = None
        self._magic: bytes | None = b""
        self._hits = self._taken = 0

    def feed(self, data: bytes) -> bytes:
        if self._magic is not None:
            data = self._magic + data
            self._magic = data if len(data) < 2 else None
            if self._magic is not None:
                return b""
            if data.startswith(_HEADER[:2]):
                self._inflater = zlib.decompressobj(31)
        return data if self._inflater is None else b"".join(self._plain(data))

    def _plain(self, data: bytes) -> Iterator[bytes]:
        self._taken += len(data)
        made = size = 0
        while data:
            try:
                piece = self._inflater.decompress(data, _BUFFER)
            except zlib.error:
                raise OriginBroke(500, "INFLATE: the body isn't gzip") from None
            data = self._inflater.unconsumed_tail
            made, size = made + len(piece), self._taken - len(data)
            if len(piece) == _BUFFER and made > _RATIO * size:
                self._hits += 1
                if self._hits > _BURST:
                    raise OriginBroke(500, "INFLATE: the body grows too much")
            yield piece

    def end(self) -> bytes:
        return self._magic or b""


def inflate(about: Answered) -> Filter | None:
    """The filter of an answer whose outermost coding is gzip, which its head then no longer names; else None."""
    codings = [each.strip() for each in about.field(b"content-encoding").split(b",") if each.strip()]
    if about.reply.status == 204 or about.field(b"content-range"):
        return None
    if not codings or codings[-1].lower() not in (b"gzip", b"x-gzip"):
        return None
    rules = about.filtering.rules(DeflateRules)
    mark_encoded(about, b"gunzip", rules.etag)
    about.set_field(b"Content-Encoding", b", ".join(codings[:-1]) or None)
    return Inflate()


def may_encode(about: Answered, coding: bytes, variables: str) -> bool:
    """Whether the answer may be encoded, for this client; Vary says then that others may get something else.

    ``no-gzip`` and ``gzip-only-text/html`` are variables that forbid it, ``force-gzip`` asks for it.
    """
    if about.reply.status in (204, 206) or about.field(b"content-range"):
        return False
    if about.variable(f"no-{variables}") is not None:
        return False
    if about.type != "text/html" and about.variable(f"{variables}-only-text/html") == "1":
        return False
    codings = [each.strip() for each in about.field(b"content-encoding").split(b",") if each.strip()]
    if not _PLAIN.issuperset(codings):
        return False
    about.set_field(b"Vary", _vary(about.field(b"vary")))
    return about.variable(f"force-{variables}") is not None or _accepts(about.asked(b"accept-encoding"), coding)


def _vary(old: bytes) -> bytes:
    return merged(old, b"Accept-Encoding")


def _accepts(value: bytes, coding: bytes) -> bool:
    """Whether Accept-Encoding names the coding, and not with ``q=0``."""
    for found in _CODING.finditer(value):
        if found[1].lower() == coding:
            return _ZERO.match(found[2]) is None
    return False


def mark_encoded(about: Answered, coding: bytes, etag: str) -> None:
    """Content-Encoding, and an ETag of its own for the encoded form."""
    before = about.field(b"content-encoding")
    replaced = not about.has(b"content-encoding") or before.lower() == b"identity"
    about.set_field(b"Content-Encoding", coding if replaced else before + b", " + coding)
    about.set_field(b"content-md5", None)
    old = about.field(b"etag")
    if etag == "Remove":
        about.set_field(b"etag", None)
    elif etag == "AddSuffix" and len(old) > 2 and old.endswith(b'"'):
        about.set_field(b"ETag", old[:-1] + b"-" + coding + b'"')
