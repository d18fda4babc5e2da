"""Answers to questions about a request, and what they leave of other questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Matches,
    Not,
    Operator,
    Regex,
    Under,
    all_of,
    any_of,
    negated,
)
from apacheconf.program.prefixes import lies_under
from apacheconf.program.regexes import search
from apacheconf.program.values import REQUEST_URI, Literal
from apacheconf.targets.captures import cut_of
from apacheconf.targets.patterns import literal_start, literal_starts, starts_with

Answers = dict[Condition, bool]


def facts(answers: Mapping[Condition, bool]) -> Iterator[tuple[Condition, bool]]:
    """The answers, and what those about several conditions at once say of each."""
    for condition, held in answers.items():
        yield from _facts(condition, held)


def _facts(condition: Condition, held: bool) -> Iterator[tuple[Condition, bool]]:
    yield condition, held
    match condition:
        case Not(inner):
            yield from _facts(inner, not held)
        case AllOf(parts) if held:
            for each in parts:
                yield from _facts(each, True)
        case AnyOf(parts) if not held:
            for each in parts:
                yield from _facts(each, False)


class Given(Answers):
    """Answers that are given one after the other; what they leave of a condition is worked out once.

    Each answer is asked about what those before it have left, so that a question costs the same behind a hundred
    answers as behind one.
    """

    def __init__(self, answers: Answers, before: Given | None = None, last: Answers | None = None) -> None:
        super().__init__(answers)
        self._before, self._last = before, last or answers
        self._left: dict[Condition, Condition] = {}

    def told(self, question: Condition, held: bool) -> Given:
        """These answers and one more."""
        return Given({**self, question: held}, self, {question: held})

    def left_of(self, condition: Condition) -> Condition:
        """``residual``."""
        unasked: list[Given] = []
        at: Given | None = self
        while at is not None and condition not in at._left:
            unasked.append(at)
            at = at._before
        left = condition if at is None else at._left[condition]
        for each in reversed(unasked):
            left = each._left[condition] = _residual(left, each._last)
        return left

    def settles(self, condition: Condition) -> bool:
        """Whether the last answer says anything of a condition."""
        return _residual(condition, self._last) != condition


def residual(condition: Condition, answers: Answers) -> Condition:
    """What is left of a condition where the answers to others are known; captures make no difference to it."""
    return answers.left_of(condition) if isinstance(answers, Given) else _residual(condition, answers)


def _residual(condition: Condition, answers: Answers) -> Condition:
    if condition in answers:
        return ALWAYS if answers[condition] else NEVER
    left = _simplified(condition, answers)
    known = next((held for each, held in facts(answers) if each == left), None)
    if known is not None:
        return ALWAYS if known else NEVER
    if isinstance(left, Under):
        return _of_prefixes(left, answers)
    return _concluded(left, answers) if isinstance(left, Matches) else left


def _of_prefixes(asked: Under, answers: Answers) -> Condition:
    """What other prefixes of the same path say about one: that it lies below them, or that they exclude each other."""
    for known, answer in facts(answers):
        if not isinstance(known, Under) or known.value != asked.value:
            continue
        if answer and lies_under(known.prefix, asked.prefix):
            return ALWAYS
        if answer is not lies_under(asked.prefix, known.prefix):
            return NEVER
    return asked


def _concluded(asked: Matches, answers: Answers) -> Condition:
    """What other answers about the same value say of a match."""
    for each, held in facts(answers):
        match each:
            case Compare(value, Operator.SAME, Literal(text)) if held and value == asked.value:
                return ALWAYS if search(asked.regex, text) is not None else NEVER
            case Matches() if held and _implies(each, asked):
                return ALWAYS
            case Matches() if _excludes(each, asked) if held else _contains(each, asked):
                return NEVER
    return _of_names(asked, answers)


def _implies(held: Matches, other: Matches) -> bool:
    """Whether a value that one regex matches is matched by another, which asks no more than how it begins."""
    start = literal_start(held.regex)
    if held.value != other.value or start is None:
        return False
    cut = cut_of(other.regex)
    return starts_with(other.regex, start) or (cut is not None and start.startswith(cut))


def _contains(unheld: Matches, other: Matches) -> bool:
    """Whether all that one regex matches is matched by another, which is nothing but a beginning."""
    start = literal_start(other.regex)
    return unheld.value == other.value and start is not None and starts_with(unheld.regex, start)


def _excludes(held: Matches, other: Matches) -> bool:
    """Whether a value that one regex matches can't be matched by another, for both say how it begins."""
    if held.value != other.value:
        return False
    one, two = literal_starts(held.regex), literal_starts(other.regex)
    may_go_on = not _ONE_PATH.fullmatch(other.regex.pattern)
    agree = (b.startswith(a) or (a.startswith(b) and may_go_on) for a in one for b in two)
    return bool(one and two) and not any(agree)


#: A path that ends in one name, and patterns that look at no more than the last name of a path.
_ONE_NAME = re.compile(r"/((?:[\w-]|\\[^\w\s])+)\$")
_ONE_PATH = re.compile(r"\^(/(?:[\w/-]|\\[^\w\s])*)\$")
_OF_LAST_NAME = re.compile(rf"/\(\?=\[\^/\]\*\$\)|[^/^]+\$\Z|{_ONE_NAME.pattern}\Z")


def _of_names(asked: Matches, answers: Answers) -> Condition:
    """A path that is known, or whose last name is, answers whatever else asks for that."""
    if asked.value != REQUEST_URI:
        return asked
    held = [regex for regex in _asked_of_path(answers, True) if not regex.ignore_case]
    for path in filter(None, map(_path_in, held)):
        return ALWAYS if search(asked.regex, path) is not None else NEVER
    wanted = None if asked.regex.ignore_case else _path_in(asked.regex)
    ends_in = wanted or (None if asked.regex.ignore_case else _name_in(asked.regex))
    if ends_in is not None and any(_is_of(regex, wanted, ends_in) for regex in _asked_of_path(answers, False)):
        return NEVER
    for name in filter(None, map(_name_in, held)):
        if wanted is not None and not wanted.endswith(f"/{name}"):
            return NEVER
        if _OF_LAST_NAME.match(asked.regex.pattern):
            return ALWAYS if search(asked.regex, f"/{name}") is not None else NEVER
    return asked


def _asked_of_path(answers: Answers, held: bool) -> list[Regex]:
    """What the path is known to match, or not to match."""
    return [each.regex for each, answer in answers.items()
            if answer is held and isinstance(each, Matches) and each.value == REQUEST_URI]  # fmt: skip


def _is_of(regex: Regex, path: str | None, name: str) -> bool:
    """Whether a regex matches a path, or every one that ends in ``name`` as it looks at no more."""
    if path is not None:
        return search(regex, path) is not None
    return _OF_LAST_NAME.match(regex.pattern) is not None and search(regex, f"/{name}") is not None


def _path_in(regex: Regex) -> str | None:
    """The one path that a regex stands for."""
    found = _ONE_PATH.fullmatch(regex.pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def _name_in(regex: Regex) -> str | None:
    """The one name in which each path ends that a regex matches."""
    found = _ONE_NAME.fullmatch(regex.pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def _simplified(condition: Condition, answers: Answers) -> Condition:
    match condition:
        case Not(inner):
            return negated(_residual(inner, answers))
        case AllOf(parts):
            return all_of(_residual(each, answers) for each in parts)
        case AnyOf(parts):
            return any_of(_residual(each, answers) for each in parts)
        case Matches(captures=name) if name:
            return replace(condition, captures="")
        case _:
            return condition
