"""Files, spans and places: every later thing can point at the text it came from.

Text is bytes decoded as latin-1, so that one character is one byte, any byte sequence survives
(LEX-1) and offsets into the text are offsets into the file. Lines end at LF only (LEX-3).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

ENCODING = "latin-1"


@dataclass(frozen=True, eq=False)
class SourceFile:
    """One text that was read: ``name`` as users and httpd's messages show it, ``text`` as latin-1."""

    name: str
    text: str = field(repr=False)

    @classmethod
    def read(cls, path: str | Path) -> SourceFile:
        """The file at ``path``. Raises OSError."""
        return cls(str(path), Path(path).read_bytes().decode(ENCODING))

    @cached_property
    def _line_starts(self) -> list[int]:
        *whole, _ = self.text.split("\n")
        return [0, *accumulate(len(line) + 1 for line in whole)]

    @cached_property
    def joins_lines(self) -> bool:
        """Whether a backslash may join two of its lines."""
        return "\\\n" in self.text or "\\\r\n" in self.text

    def line_at(self, offset: int) -> int:
        """The line number, from 1, that holds ``offset``."""
        return bisect_right(self._line_starts, offset)

    def column_at(self, offset: int) -> int:
        """The column, from 1, of ``offset`` in its line, counted in bytes."""
        return offset - self._line_starts[self.line_at(offset) - 1] + 1

    def line_text(self, line: int) -> str:
        """Line number ``line`` (from 1) without its line end."""
        starts = self._line_starts
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")


class Span(NamedTuple):
    """A stretch of a file, ``start`` to ``end`` (exclusive), in characters, which are bytes.

    A tuple, as Place and Node are, because there is one for each line and a frozen dataclass costs three times as
    much to make: 0.3 s of CPU for 110,000 lines.
    """

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.file.line_at(self.start)

    @property
    def end_line(self) -> int:
        return self.file.line_at(max(self.start, self.end - 1))

    @property
    def column(self) -> int:
        return self.file.column_at(self.start)

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"


class Place(NamedTuple):
    """Where an expanded directive stands.

    ``span`` is its physical text (for a macro body: the body line). ``name`` and ``line`` are httpd's own
    words for it: the file and the *last* physical line of a continued line (MOD-9), or
    ``macro 'v' (defined on line 1 of "F") used on line 7 of "F"`` and the line in the body (MAC-10).
    ``via`` is the Include or Use that led here, None in the file that was named first.
    """

    span: Span
    name: str
    line: int
    via: Place | None = None

    @property
    def first_line(self) -> int:
        """``span.line``, which is looked for in the text only where httpd's word is another."""
        file = self.span.file
        return self.line if self.name == file.name and not file.joins_lines else self.span.line

    def __str__(self) -> str:
        return str(self.span)
