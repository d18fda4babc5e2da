"""A story as data: chapters of sentences, each with the directives that it rests on.

Nothing here knows how a story comes about. ``lines`` gives text in styled pieces, ``as_json`` the same for machines.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from apacheconf.ledger import Written
from apacheconf.source import ENCODING, Place

#: Version of the JSON: the first number changes when a reader must change.
JSON_VERSION = "1.0"

Piece = tuple[str, str]


class Tone(Enum):
    """What a sentence is to the story."""

    SAYS = "says"  # it happens so
    LOSES = "loses"  # it might have happened, and why not
    LINE = "line"  # a line of a message, as it is sent
    REFUSES = "refuses"  # the request ends in an error


_STYLES = {Tone.SAYS: "", Tone.LOSES: "dim", Tone.LINE: "green", Tone.REFUSES: "bold red"}
_MARKS = {Tone.SAYS: "  ", Tone.LOSES: "  - ", Tone.LINE: "    ", Tone.REFUSES: "  "}


@dataclass(frozen=True, slots=True)
class Source:
    """A directive as written, and where. Line and column count from 1."""

    text: str
    file: str
    line: int
    column: int

    @classmethod
    def of(cls, directive: Written) -> Source:
        text = f"{directive.name} {directive.args}".strip()
        if getattr(directive, "children", None) is not None:
            text = f"<{text.removesuffix('>').strip()}>"
        return cls._located(text, directive.place)

    @classmethod
    def at(cls, place: Place) -> Source:
        """The first line of what stands at ``place``."""
        return cls._located(place.span.text.strip().split("\n", 1)[0].strip(), place)

    @classmethod
    def _located(cls, text: str, place: Place) -> Source:
        """A place begins at its line's start; what stands there begins after the blanks."""
        span = place.span
        start = span.start + len(span.text) - len(span.text.lstrip())
        name = os.fsencode(span.file.name).decode(errors="replace")
        return cls(_readable(text), name, span.file.line_at(start), span.file.column_at(start))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that happens, and the directives that say so (none for httpd's own rules)."""

    text: str
    sources: tuple[Source, ...] = ()
    tone: Tone = Tone.SAYS


@dataclass(frozen=True, slots=True)
class Chapter:
    """``name`` is stable (``host``, ``mapping``...), ``title`` what is printed above."""

    name: str
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What one request meets.

    ``outcome`` is the end in one word (``proxied``, ``file``, ``answered``, ``nobody-listens``) and ``summary`` in
    one sentence; ``facts`` hold what a program would ask for: status, host, origin, member, uri.
    """

    request: str
    outcome: str
    summary: str
    facts: dict[str, Any]
    chapters: tuple[Chapter, ...]

    def lines(self) -> Iterator[list[Piece]]:
        """The story as lines of (style, text) pieces; the texts alone are the plain story."""
        yield [("bold", self.request)]
        for chapter in self.chapters:
            yield []
            yield [("bold cyan", chapter.title)]
            for sentence in chapter.sentences:
                yield [("", _MARKS[sentence.tone]), (_STYLES[sentence.tone], sentence.text), *_places(sentence)]
        yield []
        yield [("bold", self.summary)]

    def as_text(self) -> str:
        """The plain story."""
        return "".join("".join(text for _, text in line) + "\n" for line in self.lines())

    def to_json(self) -> dict[str, Any]:
        """The story for machines: ``{version, request, outcome, summary, facts, chapters}``."""
        return {
            "version": JSON_VERSION,
            "request": self.request,
            "outcome": self.outcome,
            "summary": self.summary,
            "facts": self.facts,
            "chapters": [
                {"name": c.name, "title": c.title, "sentences": [_sentence(s) for s in c.sentences]}
                for c in self.chapters
            ],
        }

    def as_json(self) -> str:
        return json.dumps(self.to_json(), indent=2)


def _places(sentence: Sentence) -> list[Piece]:
    places = list(dict.fromkeys(map(str, sentence.sources)))
    return [("dim", f"  [{', '.join(places)}]")] if places else []


def _sentence(sentence: Sentence) -> dict[str, Any]:
    directives = [{"text": s.text, "file": s.file, "line": s.line, "column": s.column} for s in sentence.sources]
    return {"text": sentence.text, "tone": sentence.tone.value, "directives": directives}


def says(text: str, rests_on: Iterable[Written | Place] = (), tone: Tone = Tone.SAYS) -> Sentence:
    """A sentence that rests on directives, or on what stands at a place."""
    sources = (Source.at(each) if isinstance(each, Place) else Source.of(each) for each in rests_on)
    return Sentence(_readable(text), tuple(sources), tone)


def loses(text: str, rests_on: Iterable[Written | Place] = ()) -> Sentence:
    return says(text, rests_on, Tone.LOSES)


def _readable(text: str) -> str:
    """Text of a file is latin-1 inside this program; it is shown as UTF-8 where it is that."""
    with suppress(UnicodeError):
        text = text.encode(ENCODING).decode()
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
