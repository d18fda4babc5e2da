"""The little languages of mod_rewrite: argument lines, flag fields, and texts with references (RW-20, RW-40).

httpd splits and reads these by hand, and so do we: each is one pass from left to right, without nesting but for
curly brackets, and simpler to follow as a function than as a grammar. Which flags and variables exist, and what
they mean, is not known here. Offsets (``start``, ``at``) count in the text that was given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.syntax.words import BLANKS, Word, skip_blanks

#: A rule has at most this many arguments; what follows is not looked at (LEX-40).
MOST = 3


def split_arguments(text: str) -> list[Word]:
    """Up to three arguments, as httpd's own splitter for RewriteRule and RewriteCond gives them (LEX-40).

    Quotes are taken off and nothing is unescaped: a backslash before a blank keeps the blank in the word and stays.
    A first word that runs into the end of the text is no word: fewer than two mean that the line is refused.
    """
    words: list[Word] = []
    at = skip_blanks(text)
    while len(words) < MOST and (at < len(text) or len(words) == 1):
        start, quote = at, text[at : at + 1] if text[at : at + 1] in ('"', "'") else ""
        first = at + len(quote)
        end = _end_of_word(text, first, quote)
        if not words and end == len(text):
            return []
        words.append(Word(text[first:end], start, min(end + len(quote), len(text))))
        at = skip_blanks(text, end + 1)
    return words


def _end_of_word(text: str, at: int, quote: str) -> int:
    while at < len(text):
        if text[at] == quote or (not quote and text[at] in BLANKS):
            break
        at += 2 if text[at] == "\\" and text[at + 1 : at + 2] and text[at + 1] in BLANKS else 1
    return min(at, len(text))


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag of a field: its name as written, its value (empty without ``=``) and its offset in the field."""

    name: str
    value: str
    at: int


def split_flags(field: str) -> list[Flag] | None:
    """The flags of ``[A,B=c]``; None when the brackets are missing (LEX-41)."""
    if len(field) < 2 or field[0] != "[" or field[-1] != "]":
        return None
    flags: list[Flag] = []
    at, body = 1, field[:-1]
    while True:
        comma = body.find(",", at)
        end = len(body) if comma < 0 else comma
        flags.append(_flag(body, at, end))
        if comma < 0:
            return flags
        at = comma + 1


def _flag(body: str, at: int, end: int) -> Flag:
    text = body[at:end]
    at += len(text) - len(text.lstrip(BLANKS))
    name, _, value = text.strip(BLANKS).partition("=")
    return Flag("," if text and not name else name, value.lstrip(BLANKS), at)  # httpd runs into the comma then


# --- texts ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Group:
    """``$1`` (``of_condition`` False: of the rule's pattern) or ``%1`` (of the last matched condition)."""

    of_condition: bool
    number: int
    at: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """``%{NAME}`` or ``%{FAMILY:argument}``, as written."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class MapCall:
    """``${map:key|default}``; ``default`` is empty when there is none."""

    map: str
    key: tuple[Part, ...]
    default: tuple[Part, ...]
    at: int = 0


Part = Text | Group | Name | MapCall


def parse_text(text: str) -> tuple[Part, ...]:
    """A test string, a substitution or a flag's value, in pieces. Nothing is refused: what is no reference is text."""
    found: list[Part] = []
    for part in _parts(text):
        if isinstance(part, Text) and found and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].text + part.text)
        else:
            found.append(part)
    return tuple(found)


def _parts(text: str) -> Iterator[Part]:
    at = 0
    while at < len(text):
        char, after = text[at], text[at + 1 : at + 2]
        if char == "\\" and after:
            yield Text(after)
            at += 2
        elif char in "$%" and after == "{":
            end = closing_bracket(text, at + 2)
            part = None if end is None else _in_brackets(char, text[at + 2 : end], at)
            yield part or Text(text[at : at + 2])
            at = at + 2 if part is None or end is None else end + 1
        elif char in "$%" and after.isascii() and after.isdigit():
            yield Group(char == "%", int(after), at)
            at += 2
        else:
            yield Text(char)
            at += 1


def _in_brackets(char: str, inner: str, at: int) -> Part | None:
    if char == "%":
        return Name(inner, at)
    colon = _find_outside(inner, ":")
    if colon is None:
        return None
    bar = _find_outside(inner, "|", colon + 1)
    key = inner[colon + 1 :] if bar is None else inner[colon + 1 : bar]
    default = "" if bar is None else inner[bar + 1 :]
    return MapCall(inner[:colon], parse_text(key), parse_text(default), at)


def closing_bracket(text: str, at: int) -> int | None:
    """The offset of the curly bracket that closes one opened before ``at``; escaped ones do not count."""
    depth = 1
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        elif text[at] in "{}":
            depth += 1 if text[at] == "{" else -1
            if depth == 0:
                return at
        at += 1
    return None


def _find_outside(text: str, char: str, at: int = 0) -> int | None:
    """The offset of ``char`` outside all brackets."""
    depth = 0
    while at < len(text):
        if text[at] == char and depth == 0:
            return at
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
        elif text[at] in "{}":
            depth += 1 if text[at] == "{" else -1
        at += 1
    return None
