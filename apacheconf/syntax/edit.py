"""Editing a file through its tree: insert, replace or remove an item, and no other byte changes.

Each function gives a new text's tree; trees and texts never change. Items of the old tree are no items of the new
one: several edits go from the last in the file to the first, or look their item up again.
"""

from __future__ import annotations

from apacheconf.source import SourceFile
from apacheconf.syntax.parse import parse
from apacheconf.syntax.tree import Document, Item, Section


def replace(document: Document, item: Item, text: str) -> Document:
    """``document`` with ``text`` in place of ``item`` (a section with all in it).

    ``text`` is one or more whole lines, with or without the last line end; the item's own line end stays. Blanks
    before the first line are the caller's. Raises ValueError when ``item`` is not of this document or ``text``
    would run on into what follows.
    """
    return _splice(document, item, _lines(text))


def remove(document: Document, item: Item) -> Document:
    """``document`` without ``item`` and its line end. Raises ValueError when it is not of this document."""
    start, end = _borders(document, item)
    return _with(document, start, end, "")


def insert_before(document: Document, item: Item, text: str) -> Document:
    """``document`` with the lines ``text`` before ``item``. Raises ValueError as ``replace`` does."""
    start, _ = _borders(document, item)
    return _with(document, start, start, _lines(text) + line_end(document))


def insert_after(document: Document, item: Item, text: str) -> Document:
    """``document`` with the lines ``text`` after ``item``. Raises ValueError as ``replace`` does."""
    _, end = _borders(document, item)
    return _insert_at(document, end, text)


def append(document: Document, text: str, within: Section | None = None) -> Document:
    """``document`` with the lines ``text`` at its end, or as the last ones of the section ``within``."""
    if within is None:
        return _insert_at(document, len(document.file.text), text)
    _borders(document, within)
    at = within.closing.start if within.closing else within.span.end
    return _insert_at(document, at, text)


def line_end(document: Document) -> str:
    """The line end that the file uses: its first one."""
    text = document.file.text
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def indent_of(item: Item) -> str:
    """The blanks before an item, for lines that should stand below each other."""
    head = item.opening if isinstance(item, Section) else item
    raw = head.file.text[head.start : head.end]
    return raw[: len(raw) - len(raw.lstrip(" \t"))]


def _splice(document: Document, item: Item, text: str) -> Document:
    start, end = _borders(document, item)
    raw = document.file.text[start:end]
    kept = "\r\n" if raw.endswith("\r\n") else "\n" if raw.endswith("\n") else ""
    return _with(document, start, end, text + kept)


def _insert_at(document: Document, at: int, text: str) -> Document:
    """A last line without a line end gets one; so does what is inserted, unless it takes that line's place."""
    before = document.file.text[:at]
    newline = line_end(document)
    lines = _lines(text)
    if at < len(document.file.text) or before == "" or _ends_line(before):
        return _with(document, at, at, f"{lines}{newline}")
    kept = " " if before.rstrip("\r\n").endswith("\\") else ""  # a blank ends what a backslash continues (LEX-10)
    return _with(document, at, at, f"{kept}{newline}{lines}")


def _borders(document: Document, item: Item) -> tuple[int, int]:
    """Where the item's lines begin, and where they end with their line end."""
    head = item.opening if isinstance(item, Section) else item
    if head.file is not document.file:
        raise ValueError(f"{item!s:.40} is not of {document.file.name}, or of an older tree of it")
    end = item.span.end
    text = document.file.text
    if end > head.start and text[end - 1 : end] == "\n" and isinstance(item, Section) and item.closing is None:
        return head.start, end
    return head.start, end + (text[end : end + 1] == "\n")


def _lines(text: str) -> str:
    """``text`` without its last line end; refused where it would take the next line as its own."""
    cut = text[:-2] if text.endswith("\r\n") else text.removesuffix("\n")
    if not cut.isascii() and any(ord(letter) > 255 for letter in cut):
        raise ValueError("the text must be bytes seen as latin-1")
    if not _ends_line(cut + "\n"):
        raise ValueError(f"{cut!r:.60} would go on in the next line: it ends with a backslash")
    return cut


def _ends_line(text: str) -> bool:
    """Whether the line end at the end of ``text`` ends a line, rather than joining the next."""
    return text.endswith("\n") and not text.endswith(("\\\n", "\\\r\n"))


def _with(document: Document, start: int, end: int, text: str) -> Document:
    old = document.file
    return parse(SourceFile(old.name, old.text[:start] + text + old.text[end:]))
