"""mod_brotli at work: the BROTLI_COMPRESS filter, which asks the same questions as DEFLATE.

Its variables are ``no-brotli``, and it compresses bodies of any size.
"""

from __future__ import annotations

from typing import Any, ClassVar

from apacheconf.program.handling import BrotliNotes, BrotliRules
from apacheconf.runtime.filters import Answered, Filter
from apacheconf.runtime.mod_deflate import Note, mark_encoded, may_encode, noting


class Brotli:
    """brotli of a body."""

    streams: ClassVar[bool] = False
    longest: ClassVar[int] = 1 << 30

    __slots__ = ("_compressor", "_made", "_note", "_size")

    def __init__(self, rules: BrotliRules, note: Note) -> None:
        import brotli  # only here: it is a library of 0.8 MB

        self._note, self._size, self._made = note, 0, 0

        self._compressor: Any = brotli.Compressor(
            mode=brotli.MODE_GENERIC, quality=rules.quality, lgwin=rules.window, lgblock=rules.block
        )

    def feed(self, data: bytes) -> bytes:
        found = bytes(self._compressor.process(data))
        self._size += len(data)
        self._made += len(found)
        return found

    def end(self) -> bytes:
        found = bytes(self._compressor.finish())
        self._note(self._size, self._made + len(found))
        return found


def brotli_compress(about: Answered) -> Filter | None:
    """The filter of an answer, and what it makes of the head; None where it leaves both alone."""
    if not may_encode(about, b"br", "brotli"):
        return None
    rules = about.filtering.rules(BrotliRules)
    mark_encoded(about, b"br", rules.etag)
    return Brotli(rules, noting(about, BrotliNotes))
