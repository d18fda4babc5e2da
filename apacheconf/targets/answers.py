"""Answers to questions about a request, and what they leave of other questions."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

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
from apacheconf.targets.last_names import asks_last_name, matches_all_of, name_in, path_in
from apacheconf.targets.patterns import literal_start, literal_starts, starts_with
from apacheconf.targets.subjects import Subjects, asked_of, told_of

Answers = dict[Condition, bool]
#: From as many answers on they are put in order by what they are about.
_MOST_RECENT = 16


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


@dataclass(frozen=True, slots=True)
class _Told:
    """The answer with this number, from 1 on in the order in which they were given, and its subjects (``told_of``)."""

    number: int
    answer: Answers
    subjects: frozenset[Subjects]

    @staticmethod
    def of(number: int, question: Condition, held: bool) -> _Told:
        return _Told(number, {question: held}, frozenset(told_of(question, held)))

    def concerns(self, subjects: frozenset[Hashable]) -> bool:
        """Whether it may say something of a question with these subjects."""
        return any(not each.isdisjoint(subjects) for each in self.subjects)


class Given(Answers):
    """Answers that are given one after the other; what they leave of a condition is worked out once.

    Each answer is asked about what those before it have left, and only where it can say something of the question
    (``subjects``): behind a hundred answers, a question costs the same as behind one. Most of the answers before this
    one stand in an index that those after it share.
    """

    def __init__(self, answers: Answers, before: Given | None = None, last: _Told | None = None) -> None:
        super().__init__(answers)
        self._before, self._last = before, last
        self._index: dict[Hashable, tuple[_Told, ...]] = {} if before is None else before._index
        #: The last number in the index.
        self._indexed: int = 0 if before is None else before._indexed
        self._recent: tuple[_Told, ...] = () if before is None or last is None else (*before._recent, last)
        self._left: dict[Condition, Condition] = {}
        if before is None:
            self._recent = tuple(_Told.of(number, *each) for number, each in enumerate(answers.items(), 1))
        self._number: int = self._recent[-1].number if self._recent else self._indexed
        if len(self._recent) > _MOST_RECENT:
            self._put_in_order()

    def _put_in_order(self) -> None:
        self._index, self._indexed = dict(self._index), self._number
        for told in self._recent:
            for subjects in told.subjects:
                subject = min(subjects, key=lambda each: len(self._index.get(each, ())))
                self._index[subject] = (*self._index.get(subject, ()), told)
        self._recent = ()

    def told(self, question: Condition, held: bool) -> Given:
        """These answers and one more."""
        return Given({**self, question: held}, self, _Told.of(self._number + 1, question, held))

    def left_of(self, condition: Condition) -> Condition:
        """``residual``."""
        if condition not in self._left:
            known, left = self._known_before(condition)
            for answer in self._about(condition, known) if left not in (ALWAYS, NEVER) else ():
                left = _residual(left, answer)
                if left in (ALWAYS, NEVER):
                    break
            self._left[condition] = left
        return self._left[condition]

    def _known_before(self, condition: Condition) -> tuple[int, Condition]:
        """What the answers but the last one left of it, with their number; else what it is without any."""
        before = self._before
        if before is not None and condition in before._left:
            return before._number, before._left[condition]
        return 0, _residual(condition, {})

    def _about(self, condition: Condition, known: int) -> list[Answers]:
        """The answers behind the number ``known`` that may say something of a condition, in their order."""
        subjects = asked_of(condition)
        indexed = () if self._indexed <= known else (self._index.get(each, ()) for each in subjects)
        found = {told.number: told for each in indexed for told in each if told.number > known}
        found |= {told.number: told for told in self._recent if told.number > known and told.concerns(subjects)}
        return [found[number].answer for number in sorted(found)]

    def settles(self, condition: Condition) -> bool:
        """Whether the last answer says anything of a condition."""
        last = self if self._last is None else self._last.answer
        return _residual(condition, last) != condition


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
    if isinstance(left, Compare):
        return _of_texts(left, answers)
    return _concluded(left, answers) if isinstance(left, Matches) else left


def _of_texts(asked: Compare, answers: Answers) -> Condition:
    """A value that is one text is no other one."""
    if asked.operator is Operator.SAME and isinstance(asked.right, Literal):
        for known, held in facts(answers):
            match known:
                case Compare(value, Operator.SAME, Literal(text)) if held and value == asked.left:
                    return ALWAYS if text == asked.right.text else NEVER
    return asked


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
    may_go_on = path_in(other.regex) is None
    agree = (b.startswith(a) or (a.startswith(b) and may_go_on) for a in one for b in two)
    return bool(one and two) and not any(agree)


def _of_names(asked: Matches, answers: Answers) -> Condition:
    """A path that is known, or whose last name is, answers whatever else asks for that."""
    if asked.value != REQUEST_URI:
        return asked
    held = [regex for regex in _asked_of_path(answers, True) if not regex.ignore_case]
    for path in filter(None, map(path_in, held)):
        return ALWAYS if search(asked.regex, path) is not None else NEVER
    wanted = None if asked.regex.ignore_case else path_in(asked.regex)
    ends_in = wanted or (None if asked.regex.ignore_case else name_in(asked.regex))
    if ends_in is not None and any(matches_all_of(regex, wanted, ends_in) for regex in _asked_of_path(answers, False)):
        return NEVER
    for name in filter(None, map(name_in, held)):
        if wanted is not None and not wanted.endswith(f"/{name}"):
            return NEVER
        if asks_last_name(asked.regex):
            return ALWAYS if search(asked.regex, f"/{name}") is not None else NEVER
    return asked


def _asked_of_path(answers: Answers, held: bool) -> list[Regex]:
    """What the path is known to match, or not to match."""
    return [each.regex for each, answer in answers.items()
            if answer is held and isinstance(each, Matches) and each.value == REQUEST_URI]  # fmt: skip


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
