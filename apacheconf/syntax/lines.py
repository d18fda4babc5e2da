"""Logical lines: what httpd reads as one line, out of the physical lines of a file (section 1 of the spec).

A backslash before the line end joins the next physical line (LEX-9 to LEX-16), NUL ends the text of a line
(LEX-8), blanks around it are cut (LEX-17). Words and sections are not looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from apacheconf.source import SourceFile
from apacheconf.syntax.words import BLANKS

#: httpd's limit for a logical line of a server configuration, in bytes (LEX-5).
LONGEST = 16 * 1024 * 1024
#: The same within a macro's body, and in .htaccess (LEX-6, LEX-7).
LONGEST_IN_MACRO = 8192

_JOIN = re.compile(r"\\\r?\n")
_LOGICAL = re.compile(r"[^\\\n]*+(?:\\(?:\r?\n)?[^\\\n]*+)*+\n?")


class LogicalLine(NamedTuple):
    """One logical line: its joined and trimmed text, where it lies in the file, its last physical line (MOD-9)."""

    text: str
    start: int
    end: int
    number: int


def join(raw: str) -> str:
    """The text of one logical line as httpd sees it, ``raw`` being its bytes with or without the line end."""
    if "\\" in raw:
        raw = _JOIN.sub("", raw)
    if "\0" in raw:
        raw = raw.partition("\0")[0]
    return raw.strip(BLANKS)


def logical_lines(file: SourceFile, start: int, end: int) -> Iterator[LogicalLine]:
    """The logical lines of ``file`` from ``start`` to ``end``, which must be borders of such lines."""
    text = file.text
    number = file.line_at(start)
    chunk = text[start:end]
    if "\\\n" in chunk or "\\\r\n" in chunk or "\0" in chunk:
        yield from _joined_lines(text, start, end, number)
        return
    for line in chunk.removesuffix("\n").split("\n"):
        yield LogicalLine(line.strip(BLANKS), start, start + len(line), number)
        start += len(line) + 1
        number += 1


def _joined_lines(text: str, start: int, end: int, number: int) -> Iterator[LogicalLine]:
    while start < end:
        match = _LOGICAL.match(text, start, end)
        assert match and match.end() > start
        raw = match[0]
        number += raw.count("\n") - raw.endswith("\n")
        yield LogicalLine(join(raw), start, match.end() - raw.endswith("\n"), number)
        number += 1
        start = match.end()


def joints(raw: str) -> Iterator[re.Match[str]]:
    """The places in a raw logical line where the next physical line is joined."""
    return _JOIN.finditer(raw)
