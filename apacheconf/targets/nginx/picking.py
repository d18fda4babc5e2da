"""Which named location answers, as maps (NGX-39): questions about one value in a row are one map of it, whose patterns
are tried in their order; others are a map of their flags.

Rules that stand behind each other become a map as a person would write it, and not one of a thousand flags.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from apacheconf.program.conditions import Condition
from apacheconf.program.own_words import named_in
from apacheconf.targets.choices import Ask, Tree
from apacheconf.targets.nginx.conditions import flag_of
from apacheconf.targets.nginx.maps import Map, Maps
from apacheconf.targets.nginx.tree import glued
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.questions import as_match, matches_all, matches_empty

#: More maps than these do not stand behind each other: nginx follows a hundred variables that ask one another.
_MOST_MAPS = 8
#: Flags in front of one that holds which are written out.
_FEW = 4


@dataclass(frozen=True)
class _Entry:
    """Where this is the first condition that holds, the ``word`` is the location's name or the variable that knows it.

    ``source`` is the value that is tried, ``asked`` the pattern of an entry for it; without a source it is a flag.
    """

    condition: Condition
    word: str
    source: str
    asked: str
    if_empty: bool = False


@dataclass
class Picker:
    """Makes the maps of one place; ``names`` are those of the ends of its tree, in the order of ``leaves``.

    The last one made is called as is wished: it is the one to ask.
    """

    maps: Maps
    names: Iterator[str]
    wish: str

    def word_of(self, tree: Tree, inner: bool = False) -> str:
        """The word for the location that answers: its name, or the variable that holds it. Raises CannotAsk."""
        row: list[tuple[Condition, str]] = []
        while isinstance(tree, Ask):
            row.append((tree.condition, self.word_of(tree.yes, inner=True)))
            tree = tree.no
        entries, word = self._entries(row, next(self.names))
        parts = [(source, list(some)) for source, some in groupby(entries, key=lambda each: each.source)]
        if len(parts) > _MOST_MAPS:
            flags = [replace(each, source="", asked=flag_of(self.maps, each.condition)) for each in entries]
            parts = [("", flags)]
        for at, (source, some) in reversed(list(enumerate(parts))):
            while some and some[-1].word == word:
                some.pop()
            made = _of_value(source, some, word) if source else _of_flags(some, word)
            word = self.maps.make(f"{self.wish}_inner" if at or inner else self.wish, made) if some else word
        return word

    def _entries(self, row: list[tuple[Condition, str]], default: str) -> tuple[list[_Entry], str]:
        """The questions of a row, up to one that always holds, and the word where none holds."""
        found: list[_Entry] = []
        for condition, word in row:
            entry = self._entry(condition, word)
            if (entry.source, entry.asked) == ("", "1"):
                return found, word
            found += [entry] if (entry.source, entry.asked) != ("", "0") else []
        return found, default

    def _entry(self, condition: Condition, word: str) -> _Entry:
        match = as_match(condition)
        text = "" if match is None or matches_all(match[1]) else text_of(self.maps, match[0])
        own = match is not None and self.maps.of_many and (named_in(match[1]) or named_in(text))
        if match is None or "$" not in text or own:  # hosts that are alike share maps of flags
            return _Entry(condition, word, "", flag_of(self.maps, condition))
        _, pattern, ignore_case = match
        return _Entry(condition, word, text, f"~{'*' if ignore_case else ''}{pattern}", matches_empty(pattern))


def _of_value(source: str, entries: list[_Entry], default: str) -> Map:
    """nginx tries no regex on an empty value."""
    empty = [("", each.word) for each in entries if each.if_empty][:1]
    return Map(source, (*empty, *((each.asked, each.word) for each in entries), ("default", default)), "")


def _of_flags(entries: list[_Entry], default: str) -> Map:
    """The first flag that is 1 says which one."""
    zeros = ("0" * at if at < _FEW else f"0{{{at}}}" for at in range(len(entries)))
    asked = ["1"] if len(entries) == 1 else [f"~^{before}1" for before in zeros]
    words = (each.word for each in entries)
    return Map(glued(each.asked for each in entries), (*zip(asked, words, strict=True), ("default", default)), "")
