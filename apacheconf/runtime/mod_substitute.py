"""mod_substitute at work: search and replace, line by line (DF-4).

A line ends with a line feed, or with the body; one that is longer than SubstituteMaxLineLength ends the answer, as
httpd ends it. Never more than such a line is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

from apacheconf.program.handling import Substitution, SubstitutionRules
from apacheconf.program.regexes import DOLLAR_ENDONLY
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.filters import Answered, Filter
from apacheconf.runtime.log_texts import path_of

Replace = Callable[[bytes], bytes]


class LineTooLong(OriginBroke):
    """A line in which something is replaced, or one in pieces, is longer than SubstituteMaxLineLength: 500.

    Where an origin's answer is changed, httpd ends the connection.
    """

    unanswered: ClassVar[bool] = True

    def __init__(self, about: Answered) -> None:
        said = f"AH01328: Line too long, URI {path_of(about.exchange)}"
        about.exchange.client.server.log("error", "substitute", said, exchange=about.exchange)
        super().__init__(500, "a line is longer than SubstituteMaxLineLength")


class Endless(Exception):
    """A pattern matches nothing at all where it stands: httpd replaces that until the line is too long."""


class Substitute:
    """The substitutions of one answer."""

    streams: ClassVar[bool] = True
    longest: ClassVar[int] = 1 << 30  # a body of one line without an end

    __slots__ = ("_about", "_kept", "_longest", "_replaces")

    def __init__(self, about: Answered, rules: SubstitutionRules) -> None:
        self._about = about
        self._replaces = [_replacer(each) for each in rules.substitutions]
        self._longest = rules.longest
        self._kept = b""

    def feed(self, data: bytes) -> bytes:
        lines = (self._kept + data).split(b"\n")
        self._kept = lines.pop()
        if len(self._kept) > self._longest:
            raise LineTooLong(self._about)
        return b"".join([self._line(line + b"\n") for line in lines])

    def end(self) -> bytes:
        kept, self._kept = self._kept, b""
        return self._line(kept) if kept else b""

    def _line(self, line: bytes) -> bytes:
        made = line
        try:
            for replace in self._replaces:
                made = replace(made)
        except Endless:
            raise LineTooLong(self._about) from None
        if made != line and len(made) > self._longest:
            raise LineTooLong(self._about)
        return made


def substitute(about: Answered) -> Filter:
    """The filter of an answer; without a line of Substitute it takes lines apart all the same (DF-4)."""
    return Substitute(about, about.filtering.rules(SubstitutionRules))


@lru_cache(maxsize=1024)
def _replacer(each: Substitution) -> Replace:
    if not each.regex and not each.ignore_case:
        plain, by = each.pattern.encode("latin-1"), each.replacement.encode("latin-1")
        return lambda line: line.replace(plain, by)
    import pcre2

    flags = DOLLAR_ENDONLY | (pcre2.IGNORECASE if each.ignore_case else 0)
    pattern = each.pattern if each.regex else re.escape(each.pattern)
    compiled = pcre2.compile(pattern.encode("latin-1"), flags)
    parts = [part.encode("latin-1") if isinstance(part, str) else part for part in _parts(each)]

    def replace(line: bytes) -> bytes:
        out, rest = [], line
        while (found := compiled.search(rest)) is not None:  # what is left is a line of its own to httpd: ^ matches it
            start, end = found.span()
            if not end:
                raise Endless
            out.append(rest[:start])
            out += [part if isinstance(part, bytes) else (_group(found, part)) for part in parts]
            rest = rest[end:]
        return b"".join((*out, rest)) if out else line

    return replace


def _group(found: re.Match[bytes], number: int) -> bytes:
    try:
        return found.group(number) or b""
    except IndexError:
        return b""


def _parts(each: Substitution) -> list[str | int]:
    """The replacement as texts and numbers of groups (``$1``, ``&`` is none here)."""
    if not each.regex:
        return [each.replacement]
    parts: list[str | int] = []
    for text in re.split(r"(?s)(\\.|\$\d)", each.replacement):
        if re.fullmatch(r"\$\d", text):
            parts.append(int(text[1]))
        elif re.fullmatch(r"\\.", text, re.DOTALL):
            parts.append(text[1])
        elif text:
            parts.append(text)
    return parts
