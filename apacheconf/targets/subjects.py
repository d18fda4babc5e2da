"""Which answers can say anything of a question: those that share one of its subjects, a value or how it begins.

Without this, each of five hundred rules would be compared with the answers about all those before it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import lru_cache

from apacheconf.program.conditions import AllOf, AnyOf, Compare, Condition, Matches, Not, Under
from apacheconf.targets.patterns import literal_start


def told_of(question: Condition, held: bool) -> Iterator[Hashable]:
    """The subjects of an answer.

    That a value does not match a pattern says something only of patterns that match no more than values which begin in
    the same way (``answers``), that it is no text only of this very question; whatever else is known of a value
    concerns each question about it.
    """
    match question:
        case Not(inner):
            yield from told_of(inner, not held)
        case Matches(value, regex) if not held and (start := literal_start(regex)) is not None:
            yield value, start
        case Compare() if not held:
            yield question
        case _:
            yield from map(_subject, _leaves(question))


@lru_cache(maxsize=8192)
def asked_of(question: Condition) -> frozenset[Hashable]:
    """The subjects whose answers may say something of a question."""
    return frozenset(_asked_of(question))


def _asked_of(question: Condition) -> Iterator[Hashable]:
    for leaf in _leaves(question):
        yield _subject(leaf)
        yield leaf
        start = literal_start(leaf.regex) if isinstance(leaf, Matches) else None
        if isinstance(leaf, Matches) and start is not None:
            yield from ((leaf.value, start[:end]) for end in range(len(start) + 1))


def _subject(leaf: Condition) -> Hashable:
    match leaf:
        case Matches(value) | Under(_, value):
            return value
        case Compare(left):
            return left
        case _:
            return leaf


def _leaves(condition: Condition) -> Iterator[Condition]:
    match condition:
        case Not(inner):
            yield from _leaves(inner)
        case AllOf(parts) | AnyOf(parts):
            for each in parts:
                yield from _leaves(each)
        case _:
            yield condition
