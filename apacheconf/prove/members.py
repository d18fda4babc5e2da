"""Texts that a regex matches, and near misses: bounded, and made from the parsed pattern (DIF-7).

Python's own parser reads the pattern; what only PCRE knows gives no texts. Every member that is given has been tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from re import _constants as sre
from re import _parser
from typing import Any

from apacheconf.program.conditions import Regex

#: More texts than these are not made of one pattern.
MOST = 6
#: Characters that are tried, in this order, where a set leaves a choice.
_CHOICE = "x1-_.aZ/ ~%"
_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    sre.CATEGORY_DIGIT: str.isdigit,
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_WORD: lambda char: char.isalnum() or char == "_",
}
_NEGATED = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
}
_REPEATS = frozenset({sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT})


def members(regex: Regex) -> tuple[str, ...]:
    """Texts in which ``regex`` is found, as short as they may be; at most MOST, none for a pattern that isn't read."""
    flags = re.IGNORECASE if regex.ignore_case else 0
    try:
        pattern = _for_python(regex.pattern)
        compiled, parsed = re.compile(pattern, flags), _parser.parse(pattern, flags)
    except (re.error, RecursionError, OverflowError):
        return ()
    return tuple(text for text in dict.fromkeys(_sequence(parsed)) if compiled.search(text))[:MOST]


def matching(regex: Regex, texts: Iterable[str]) -> list[str]:
    """Those of ``texts`` in which ``regex`` is found; all where the pattern isn't read."""
    try:
        compiled = re.compile(_for_python(regex.pattern), re.IGNORECASE if regex.ignore_case else 0)
    except re.error:
        return list(texts)
    return [text for text in texts if compiled.search(text)]


def near_misses(regex: Regex) -> tuple[str, ...]:
    """Members with a character more or another one, or the last one gone, in which ``regex`` is not found.

    A dot that is escaped is no other character (TRAP-4), and letters may have a case.
    """
    found = members(regex)[:2]
    tried = [each for text in found
             for each in (f"{text}x", text[:-1], f"x{text}", text.replace(".", "-", 1), text.swapcase())]  # fmt: skip
    compiled = re.compile(_for_python(regex.pattern), re.IGNORECASE if regex.ignore_case else 0) if found else None
    return tuple(dict.fromkeys(text for text in tried if compiled and not compiled.search(text)))


def _for_python(pattern: str) -> str:
    """Named groups as Python writes them; everything else that is asked here is the same in both."""
    return re.sub(r"\(\?<(?![=!])", "(?P<", pattern)


def _sequence(items: Iterable[Any]) -> list[str]:
    """The first choice of every part, then with each other choice of one part."""
    parts = [_choices(item) for item in items]
    first = [part[0] if part else "" for part in parts]
    found = ["".join(first)]
    for at, part in enumerate(parts):
        found += ["".join([*first[:at], other, *first[at + 1 :]]) for other in part[1:]]
    return found[: 4 * MOST]


def _choices(item: tuple[Any, Any]) -> list[str]:
    kind, value = item
    if kind is sre.LITERAL:
        return [chr(value)]
    if kind in (sre.ANY, sre.NOT_LITERAL, sre.IN):
        return _characters(kind, value)
    if kind in _REPEATS:
        least, most, inner = value
        texts = _sequence(inner)
        counts = dict.fromkeys((max(least, min(most, 1)), least, min(least + 2, most)))
        return [text * count for count in counts for text in (texts if count else [""])]
    if kind is sre.SUBPATTERN:
        return _sequence(value[3])
    if kind is sre.ATOMIC_GROUP:
        return _sequence(value)
    if kind is sre.BRANCH:
        return [text for branch in value[1] for text in _sequence(branch)]
    return [""]  # an anchor, or something that looks ahead: the text is tried afterwards


def _characters(kind: Any, value: Any) -> list[str]:
    """Some character that is fitting here."""
    if kind is sre.IN:
        return [next((char for char in _candidates(value) if _is_in(value, char)), "")]
    return [next(char for char in _CHOICE if kind is sre.ANY or ord(char) != value)]


def _candidates(items: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    if items[0][0] is not sre.NEGATE:
        yield from (chr(value if kind is sre.LITERAL else value[0]) for kind, value in items
                    if kind in (sre.LITERAL, sre.RANGE))  # fmt: skip
    yield from _CHOICE


def _is_in(items: Sequence[tuple[Any, Any]], char: str) -> bool:
    negated = items[0][0] is sre.NEGATE
    return negated != any(_is_one(kind, value, char) for kind, value in items)


def _is_one(kind: Any, value: Any, char: str) -> bool:
    if kind is sre.LITERAL:
        return bool(ord(char) == value)
    if kind is sre.RANGE:
        return bool(value[0] <= ord(char) <= value[1])
    if kind is sre.CATEGORY:
        meant = _NEGATED.get(value, value)
        return bool(_CATEGORIES[meant](char)) != (value in _NEGATED)
    return False
