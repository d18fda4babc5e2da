"""Which answers can say anything of a question: those that share a subject, such as a value or how it begins.

Without this, each of five hundred rules would be compared with the answers about all those before it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import replace
from enum import Enum
from functools import lru_cache

from apacheconf.program.conditions import AllOf, AnyOf, Compare, Condition, Matches, Not, Regex, Under, atoms
from apacheconf.program.prefixes import prefixes_of
from apacheconf.program.values import REQUEST_URI
from apacheconf.targets.last_names import name_in, path_in
from apacheconf.targets.patterns import literal_start

#: Subjects of an answer: what it says anything of has every one of them, so that it is found by any.
Subjects = frozenset[Hashable]


class _Of(Enum):
    """What else a question may be about than a value."""

    FOLDER = "a prefix of a path"
    NAME = "one path, or one name in which paths end"


def told_of(question: Condition, held: bool) -> Iterator[Subjects]:
    """The subjects of an answer: it says something only of questions that have all those of one of these sets.

    That a value does not match a pattern says something only of patterns that match no more than values which begin in
    the same way, or that stand for one path (``answers``); that it is no text only of this very question, and that a
    path lies in no folder only of what lies in there. Whatever else is known of a value concerns each question about
    it. That several conditions do not all hold says nothing of each.
    """
    match question:
        case Not(inner):
            yield from told_of(inner, not held)
        case AllOf(parts) | AnyOf(parts) if held is isinstance(question, AllOf):
            for each in parts:
                yield from told_of(each, held)
        case AllOf() | AnyOf():
            yield frozenset(map(_plain, atoms(question)))
        case Matches(value, regex) if not held:
            yield from map(_one, _unmatched(question, value == REQUEST_URI, regex))
        case Under(prefix, value) if not held:
            yield _one((value, _Of.FOLDER, prefix))
        case Compare() if not held:
            yield _one(question)
        case _:
            yield _one(_subject(question))


def _one(subject: Hashable) -> Subjects:
    return frozenset((subject,))


def _unmatched(question: Matches, is_path: bool, regex: Regex) -> Iterator[Hashable]:
    """The subjects of a pattern that a value does not match."""
    start = literal_start(regex)
    if start is not None:
        yield question.value, start
        return
    yield _plain(question)
    if is_path:
        yield _Of.NAME, None if regex.ignore_case else name_in(regex)


@lru_cache(maxsize=8192)
def asked_of(question: Condition) -> frozenset[Hashable]:
    """The subjects whose answers may say something of a question."""
    return frozenset(_asked_of(question))


def _asked_of(question: Condition) -> Iterator[Hashable]:
    for leaf in atoms(question):
        yield _subject(leaf)
        yield _plain(leaf)
        match leaf:
            case Matches(value, regex):
                yield from _matched(value == REQUEST_URI, leaf)
                start = literal_start(regex)
                yield from () if start is None else ((value, start[:end]) for end in range(len(start) + 1))
            case Under(prefix, value):
                yield from ((value, _Of.FOLDER, each) for each in prefixes_of(prefix))


def _matched(is_path: bool, question: Matches) -> Iterator[Hashable]:
    """What a pattern that stands for one path, or for paths that end in one name, can be asked by."""
    path = path_in(question.regex) if is_path and not question.regex.ignore_case else None
    name = name_in(question.regex) if is_path and not question.regex.ignore_case else None
    ends_in = path.rpartition("/")[2] if path is not None else name
    if ends_in is not None:
        yield _Of.NAME, None
        yield _Of.NAME, ends_in


def _plain(leaf: Condition) -> Condition:
    return replace(leaf, captures="") if isinstance(leaf, Matches) and leaf.captures else leaf


def _subject(leaf: Condition) -> Hashable:
    match leaf:
        case Matches(value) | Under(_, value):
            return value
        case Compare(left):
            return left
        case _:
            return leaf
