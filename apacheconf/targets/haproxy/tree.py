"""HAProxy's language as a tree, and the printer that owns its quoting (HAP-5, DES-13).

A file is sections, a section is lines of words. Nobody glues strings: a word is quoted here and only here.
In double quotes HAProxy expands ``$``, so words go into single quotes, where nothing is special.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from apacheconf.targets.claims import Claim
from apacheconf.targets.sources import comment_lines

_BARE = re.compile(r"[^\s\\'\"#$\x00-\x1f]+")

_NOT_IN_QUOTES = re.compile(r"['\r\n]")
_WRITTEN = {"'": r"\'", "\r": r"\r", "\n": r"\n"}


@dataclass(slots=True)
class Line:
    """One line of a section. Without words it is a blank line or only its comment, which stands above."""

    words: tuple[str, ...] = ()
    comment: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(slots=True)
class Section:
    """``kind name`` and its lines: global, defaults, frontend, backend."""

    kind: str
    name: str = ""
    comment: str = ""
    lines: list[Line] = field(default_factory=list)
    claims: tuple[Claim, ...] = ()
    #: The defaults that it starts from, where these have a name.
    base: str = ""
    #: The host whose requests it takes to an origin.
    host: str = ""

    def add(self, *words: str, comment: str = "", claims: tuple[Claim, ...] = ()) -> Line:
        """Append a line of these words; a word may hold spaces."""
        line = Line(words, comment, claims)
        self.lines.append(line)
        return line

    def rule(self, text: str, *odd: str, comment: str = "", claims: tuple[Claim, ...] = ()) -> Line:
        """Append a line whose words are those of ``text``; each ``?`` among them stands for the next of ``odd``."""
        given = iter(odd)
        words = (next(given) if word == "?" else word for word in text.split())
        return self.add(*words, comment=comment, claims=claims)

    def say(self, comment: str) -> None:
        """Append a comment of its own."""
        self.lines.append(Line(comment=comment))

    def space(self) -> None:
        """Append a blank line, unless the section is empty or ends with one."""
        if self.lines and (self.lines[-1].words or self.lines[-1].comment):
            self.lines.append(Line())


def plain(text: str) -> str:
    """``text`` where HAProxy reads a log format, in which ``%`` starts a variable."""
    return text.replace("%", "%%")


@lru_cache(maxsize=65536)
def quote(word: str) -> str:
    """``word`` as HAProxy reads it back: bare, or in single quotes, outside of which stand single quotes themselves
    and what ends a line.
    """
    if _BARE.fullmatch(word):
        return word
    return "'" + _NOT_IN_QUOTES.sub(lambda found: f"'{_WRITTEN[found[0]]}'", word) + "'"


def print_tree(sections: list[Section], head: list[str], after: int = 0) -> tuple[str, list[tuple[int, Claim]]]:
    """The text, ``head`` first as comments, and each claim with its line (from 1); ``after`` so many lines."""
    lines = [f"# {text}".rstrip() for text in head]
    claims: list[tuple[int, Claim]] = []
    for section in sections:
        lines.append("")
        _print_section(section, lines, claims)
    return "".join(f"{line}\n" for line in lines), [(after + line, claim) for line, claim in claims]


def _print_section(section: Section, lines: list[str], claims: list[tuple[int, Claim]]) -> None:
    if section.comment:
        lines += comment_lines(section.comment)
    claims += [(len(lines) + 1, claim) for claim in section.claims]
    lines.append(f"{section.kind} {section.name}{f' from {section.base}' if section.base else ''}".rstrip())
    for line in section.lines:
        if line.comment:
            lines += [f"    {text}" for text in comment_lines(line.comment)]
        if line.words:
            claims += [(len(lines) + 1, claim) for claim in line.claims]
            lines.append("    " + " ".join(map(quote, line.words)))
        elif not line.comment:
            lines.append("")
