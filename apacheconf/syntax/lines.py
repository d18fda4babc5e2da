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

#: A logical line of a server configuration must be shorter than this, in bytes (LEX-5).
LONGEST = 16 * 1024 * 1024
#: The same in a ``.htaccess`` file (LEX-6).
LONGEST_IN_HTACCESS = 8192
#: The same within a macro's body (LEX-7).
LONGEST_IN_MACRO = 8191

_JOIN = re.compile(r"\\\r?\n")
_KEPT_BACKSLASH = re.compile(r"\\\\\r?\n")


class LogicalLine(NamedTuple):
    """One logical line: its joined and trimmed text, where it lies in the file, its last physical line (MOD-9).

    ``start`` and ``end`` are the borders of the line, without its line end; ``name_at`` is where the text begins.
    """

    text: str
    start: int
    end: int
    number: int
    name_at: int


def join(raw: str) -> str:
    """The text of one logical line as httpd sees it, ``raw`` being its bytes with or without the line end."""
    if "\0" in raw:
        raw = raw.partition("\0")[0]
    if "\\" in raw:
        once = _JOIN.sub("", raw)
        while once != raw:  # a backslash that stays before an emptied line joins again
            raw, once = once, _JOIN.sub("", once)
    return raw.strip(BLANKS)


def logical_lines(file: SourceFile, start: int = 0, end: int | None = None) -> Iterator[LogicalLine]:
    """The logical lines of ``file`` from ``start`` to ``end``, which must be borders of such lines.

    They are joined physical line by physical line, as httpd's ap_cfg_getline does. The tuples are made directly:
    a NamedTuple's own constructor costs a third of this loop.
    """
    number = file.line_at(start) if start else 1
    whole = file.text[start:end]
    physical = whole.split("\n")
    unended = physical.pop()  # what follows the last line end
    lines = iter(physical)
    make = tuple.__new__
    if "\0" not in whole and "\\\n" not in whole and "\\\r\n" not in whole:
        for text in lines:  # nothing is joined or cut: four fifths of the time
            cut = text.lstrip(BLANKS)
            end = start + len(text)
            yield make(LogicalLine, (cut.rstrip(BLANKS), start, end, number, end - len(cut)))
            start = end + 1
            number += 1
    for text in lines:
        length, more = len(text), 0
        if "\0" in text:
            text = text.partition("\0")[0]
        elif text[-1:] == "\\" or text[-2:] == "\\\r":
            parts, complete = _continuation(text, lines)
            if not complete:
                parts, unended = [*parts, unended], ""
            raw = "\n".join(parts)
            text, length, more = raw[: len(raw) - len(raw.lstrip(BLANKS))] + join(raw), len(raw), len(parts) - 1
        cut = text.lstrip(BLANKS)
        name_at = start + len(text) - len(cut)
        yield make(LogicalLine, (cut.rstrip(BLANKS), start, start + length, number + more, name_at))
        start += length + 1
        number += 1 + more
    if unended:
        name_at = start + len(unended) - len(unended.lstrip(BLANKS))
        yield LogicalLine(join(unended), start, start + len(unended), number, name_at)


def _continuation(text: str, lines: Iterator[str]) -> tuple[list[str], bool]:
    """The physical lines that ``text`` and its continuations are made of, and whether the last of them is there."""
    parts = [text]
    while text[-1:] == "\\" or text[-2:] == "\\\r":
        following = next(lines, None)
        if following is None:
            return parts, False
        parts.append(following)
        if "\0" in following:
            break
        text = text.removesuffix("\r")[:-1] + following
    return parts, True


def masked(text: str) -> str:
    """``text`` for a lexer that knows neither NUL nor backslashes that stay; as long as before, line for line.

    What follows a NUL isn't there (LEX-8), and of two backslashes before a line end one stays and joins the next
    line again if that is empty (LEX-11). Where either occurs, each logical line becomes a dummy of its kind.
    """
    if "\0" not in text and not _KEPT_BACKSLASH.search(text):
        return text
    dummies = []
    for line in logical_lines(SourceFile("", text)):
        first = line.text[1:] if line.text[:1] in ("'", '"') else line.text
        kind = "</" if first.startswith("</") else "<x" if first.startswith("<") else "x"
        length = line.end - line.start
        dummies.append(kind[:length].ljust(length, "x") + text[line.end : line.end + 1])
    return "".join(dummies)


def joints(raw: str) -> Iterator[re.Match[str]]:
    """The places in a raw logical line where the next physical line is joined."""
    return _JOIN.finditer(raw)
