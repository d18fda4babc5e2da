"""What a rule is made of: its name and level, and how it points at a word of a directive."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.source import Span
from apacheconf.syntax.words import split, split_with_offsets

#: The number of a directive's own name among its words.
NAME = -1


@dataclass(frozen=True, slots=True)
class Rule:
    """``name`` says the smell, so that "allow `name`" is English; ``level`` is how bad it usually is."""

    name: str
    level: Level

    def finding(
        self, at: Written, message: str, help: str, *, word: int = NAME, level: Level | None = None
    ) -> Diagnostic:
        """A finding at word number ``word`` (from 0, NAME for the directive's name) of ``at``."""
        return self.finding_in(at, word_span(at, word), message, help, level=level)

    def finding_in(self, at: Written, span: Span, message: str, help: str, *, level: Level | None = None) -> Diagnostic:
        """A finding at ``span``, which lies in ``at``."""
        return Diagnostic(self.level if level is None else level, self.name, message, at.place, span, help)


def parameter_word(node: Written, key: str) -> int:
    """The number of the word ``key=value`` of ``node``, the key compared without case; NAME without one."""
    words = split(node.args)
    return next((number for number, word in enumerate(words) if word.lower().startswith(f"{key}=")), NAME)


def whereabouts(node: Written, seen_from: Written) -> str:
    """Where ``node`` stands, for a message at ``seen_from``: the file is named only when it is another one."""
    place, here = node.place, seen_from.place
    if place.span.file is here.span.file:
        return f"line {place.span.line}"
    return f"{shown_name(place.span.file.name)}:{place.span.line}"


def shown_name(name: str) -> str:
    """A file's name as users know it: relative to the current directory if it lies below, and printable."""
    return os.fsencode(name.removeprefix(f"{Path.cwd()}/")).decode(errors="replace")


def word_span(node: Written, word: int) -> Span:
    """The stretch of the file that word number ``word`` of ``node`` was written in.

    The words are those of the physical text, so a continued line or one with ``${variables}`` is pointed at
    too; where the two can't be brought together the directive's first line is the answer.
    """
    whole = node.place.span
    found = written_words(node)
    if word == NAME and found:
        start, end = found[0]
    elif len(found) - 1 == len(split_with_offsets(node.args)) and word + 1 < len(found):
        start, end = found[word + 1]
    else:
        start, end = 0, len(whole.text.split("\n", 1)[0].rstrip())
    return Span(whole.file, whole.start + start, whole.start + end)


def written_words(node: Written) -> list[tuple[int, int]]:
    """Where each word of ``node``, its name first, stands in its physical text.

    A section's ``<`` and its last ``>`` belong to no word (LEX-51); a continuation is blank here (LEX-9).
    """
    text = logical_line(node.place.span.text)
    shift = text.startswith("<")
    if shift:
        text = text[: text.rfind(">")] if ">" in text else text
    return [(word.start + (shift and number == 0), word.end) for number, word in enumerate(split_with_offsets(text))]


def logical_line(text: str) -> str:
    """The first logical line of ``text``, as long as it stands there: continuations are blanked, not cut."""
    end = 0
    while True:
        end = text.find("\n", end)
        if end < 0:
            end = len(text)
            break
        if not text[:end].rstrip("\r").endswith("\\"):
            break
        end += 1
    return text[:end].replace("\\\r\n", "   ").replace("\\\n", "  ")
