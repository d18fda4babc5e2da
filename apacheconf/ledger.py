"""What became of each directive: one row per directive as written, and the worst outcome counts.

A reader of the program (serve, a target) says through ``carry`` and ``drop`` what it made of the directives
that a step was built from. Directives that nobody mentioned get the answer of ``fallback`` (the table of
fates), and if that has none either they are reported as forgotten: silence never means success. A written
directive without a row is an internal error.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain
from typing import NamedTuple, Protocol

from apacheconf.diagnostics import InternalError
from apacheconf.source import Place


class Outcome(IntEnum):
    """What became of a directive, from best to worst; of a row's instances the worst is the row's.

    The first five only say that nothing had to be done; DES-5 defines exact to unsupported.
    """

    NOT_READ = 0
    DEAD_IN_SOURCE = 1
    NO_EFFECT = 2
    ABSORBED = 3
    DEFAULT_MADE_EXPLICIT = 4
    EXACT = 5
    EQUIVALENT = 6
    APPROXIMATED = 7
    UNSUPPORTED = 8

    @property
    def words(self) -> str:
        """The outcome as reports print it."""
        return _WORDS[self]


_WORDS = {
    Outcome.NOT_READ: "not read",
    Outcome.DEAD_IN_SOURCE: "dead in source",
    Outcome.NO_EFFECT: "no effect in target",
    Outcome.ABSORBED: "absorbed",
    Outcome.DEFAULT_MADE_EXPLICIT: "default made explicit",
    Outcome.EXACT: "exact",
    Outcome.EQUIVALENT: "equivalent",
    Outcome.APPROXIMATED: "approximated",
    Outcome.UNSUPPORTED: "unsupported",
}


class Written(Protocol):
    """What the ledger needs of a directive: an expanded node, or an absent one. Compared by identity."""

    @property
    def name(self) -> str: ...
    @property
    def args(self) -> str: ...
    @property
    def place(self) -> Place: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one instance: ``caveat`` says what differs or why, ``at`` where it went (``file:line``).

    ``key`` is a stable name for the caveat (``stock-error-pages``) that ``--accept`` can take.
    """

    outcome: Outcome
    caveat: str = ""
    at: str = ""
    key: str = ""


class Row(NamedTuple):
    """One directive as written and what became of all its instances."""

    name: str
    args: str
    place: Place
    outcome: Outcome
    answers: tuple[Answer, ...]
    instances: int

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the answers of the row's outcome say, without repetition."""
        return tuple(dict.fromkeys(a.caveat for a in self.answers if a.outcome == self.outcome and a.caveat))


def _worst(answers: tuple[Answer, ...]) -> Outcome:
    return answers[0].outcome if len(answers) == 1 else max([answer.outcome for answer in answers])


@dataclass(frozen=True, slots=True)
class Alike:
    """Rows of which the same is said. ``members`` are their numbers among all rows."""

    name: str
    caveats: tuple[str, ...]
    outcome: Outcome
    _groups: Sequence[list[Written]]
    _row: Callable[[list[Written]], Row]
    members: list[int] = field(default_factory=list)

    def row(self, number: int) -> Row:
        """A member, as ``Ledger.rows`` has it."""
        return self._row(self._groups[number])

    def directive(self, number: int) -> Written:
        """A member as written, by its first instance."""
        return self._groups[number][0]

    def in_one_file(self) -> bool:
        """Whether all of them stand in one file."""
        members = self.members
        if isinstance(self._groups, _Alone):  # then no file stands in the middle of another
            members = [members[0], members[-1]]
        return len({self._groups[number][0].place.span.file for number in members}) == 1


class _Alone(Sequence[list[Written]]):
    """Directives of which each is a group of its own, which is made when it is asked for."""

    def __init__(self, directives: Sequence[Written]) -> None:
        self._directives = directives

    def __len__(self) -> int:
        return len(self._directives)

    def __getitem__(self, number: int) -> list[Written]:  # type: ignore[override]
        return [self._directives[number]]


def _by_own(lines: list[int], answered: Mapping[int, list[Answer]]) -> dict[tuple[tuple[Outcome, str], ...], list[int]]:
    """Lines by what was said of each itself, wherever it went."""
    found: dict[tuple[tuple[Outcome, str], ...], list[int]] = {}
    for line in lines:
        own = answered.get(line)
        found.setdefault(tuple([(each.outcome, each.caveat) for each in own]) if own else (), []).append(line)
    return found


#: Makes of an answer about a directive the one about another that is like it, or none.
Move = Callable[[Answer], Answer | None]
FORGOTTEN = Answer(Outcome.UNSUPPORTED, "not supported yet: nothing answered for this directive", key="unanswered")


@dataclass(frozen=True, slots=True, eq=False)
class _Likeness:
    """What was ``said`` of lines that follow each other, which holds for as many lines from each of ``starts`` on, with
    a move for each of these or for none."""

    said: tuple[tuple[Answer, ...], ...]
    starts: list[int]
    moves: Sequence[Move]


@dataclass
class Ledger:
    """Collects answers for a fixed set of directives, then gives the rows."""

    directives: Iterable[Written]
    #: The files (by ``id``) whose lines stand in several hosts without an Include or a macro.
    repeated: frozenset[int] = frozenset()
    #: Whether each directive is known to stand there once.
    once: bool = False
    _answers: dict[int, list[Answer]] = field(default_factory=dict, init=False)
    #: The number of each directive, by its ``id``.
    _numbers: dict[int, int] = field(default_factory=dict, init=False)
    _likenesses: list[_Likeness] = field(default_factory=list, init=False)
    #: The likeness of lines that begin at a number, and the how manieth of it they are.
    _stretches: dict[int, tuple[_Likeness, int]] = field(default_factory=dict, init=False)
    _starts: list[int] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.directives = tuple(self.directives)
        self._numbers = dict(zip(map(id, self.directives), range(len(self.directives)), strict=True))

    def carry(
        self, said_by: Iterable[Written], outcome: Outcome, caveat: str = "", at: str = "", key: str = ""
    ) -> None:
        """The reader took these directives to ``at``, with this outcome. Raises InternalError for strangers."""
        self.give(said_by, Answer(outcome, caveat, at, key))

    def give(self, said_by: Iterable[Written], answer: Answer) -> None:
        """The same with an answer that was made before. Raises InternalError for strangers."""
        for directive in said_by:
            if id(directive) not in self._numbers:
                raise InternalError(f"ledger: {directive.name} at {directive.place} is not of this configuration")
            self._answers.setdefault(id(directive), []).append(answer)

    def drop(
        self, said_by: Iterable[Written], reason: str, outcome: Outcome = Outcome.UNSUPPORTED, key: str = ""
    ) -> None:
        """The reader does nothing for these directives, and says why."""
        self.carry(said_by, outcome, reason, key=key)

    def liken(self, first: Sequence[Written], others: Sequence[Sequence[Written]], moves: Sequence[Move] = ()) -> None:
        """What was said so far of the directives of ``first`` holds for those at the same positions of ``others``, each
        of which are directives that follow each other.

        Each of these has a way in which it ``moves`` an answer to a line of its own, or leaves it out.
        """
        said = tuple(self._of(id(each)) for each in first)
        starts = [self._numbers[id(lines[0])] for lines in others]
        if [self._numbers[id(lines[-1])] for lines in others] != [start + len(said) - 1 for start in starts]:
            raise InternalError("ledger: lines that are alike don't follow each other")
        likeness = _Likeness(said, starts, moves)
        self._likenesses.append(likeness)
        self._stretches.update(zip(starts, ((likeness, number) for number in range(len(starts))), strict=True))
        self._starts = sorted(self._stretches)

    def answers(self) -> Iterator[tuple[Written, tuple[Answer, ...]]]:
        """The directives that were answered for so far, each with its answers."""
        found = ((each, self._of(id(each))) for each in self.directives)
        return ((each, answers) for each, answers in found if answers)

    def answers_of(self, directive: Written) -> tuple[Answer, ...]:
        """What was said of a directive so far."""
        return self._of(id(directive))

    def unanswered(self) -> Iterator[Written]:
        """The directives nobody has answered for so far."""
        return (each for each in self.directives if not self._of(id(each)))

    def _of(self, directive: int) -> tuple[Answer, ...]:
        """What was said of the directive that it is like, then what was said of itself; by its ``id``."""
        own, shared = self._answers.get(directive), self._shared(directive)
        if own and len(own) == 1 and not shared:
            return (own[0],)
        return tuple(dict.fromkeys(chain(shared, own))) if own else shared

    def _shared(self, directive: int) -> tuple[Answer, ...]:
        """What was said of the directive that this one is like, moved to it."""
        number = self._numbers.get(directive, -1)
        at = bisect_right(self._starts, number) - 1
        if at < 0:
            return ()
        start = self._starts[at]
        likeness, which = self._stretches[start]
        if number - start >= len(likeness.said):
            return ()
        shared = likeness.said[number - start]
        return tuple(filter(None, map(likeness.moves[which], shared))) if likeness.moves else shared

    def rows(self, fallback: Callable[[Written], Answer | None] = lambda _: None) -> tuple[Row, ...]:
        """One row per directive as written, in the order they were given. Raises InternalError on a gap."""
        rows = tuple(map(self._rower(fallback), self._groups()))
        if sum(row.instances for row in rows) != len(self._numbers):
            raise InternalError("ledger: a directive is left without a row")
        return rows

    def summary(self, fallback: Callable[[Written], Answer | None] = lambda _: None) -> list[Alike]:
        """The rows by what is said of them, in the order of the first of each; few are made of those that are alike."""
        row, groups = self._rower(fallback), self._groups()
        found: dict[Hashable, Alike] = {}

        def tell(members: list[int]) -> None:
            made = row(groups[members[0]])
            key = made.name, made.caveats, made.outcome
            found.setdefault(key, Alike(*key, groups, row)).members.extend(members)

        told = bytearray(len(groups))
        for members in self._alike(groups):
            tell(members)
            for number in members:
                told[number] = 1
        for number, is_told in enumerate(told):
            if not is_told:
                tell([number])
        for each in found.values():
            each.members.sort()
        return sorted(found.values(), key=lambda each: each.members[0])

    def _alike(self, groups: Sequence[list[Written]]) -> Iterator[list[int]]:
        """The numbers of those of which the same is said, by columns: what was said of the directive that they are
        like, and of themselves, wherever it went. Where that is nothing, those are alike that are spelt so, and have
        one fate.
        """
        answered = {self._numbers[each]: own for each, own in self._answers.items()}
        at = None
        if not isinstance(groups, _Alone):  # several lines may be one row
            at = {self._numbers[id(group[0])]: row for row, group in enumerate(groups) if len(group) == 1}
        for likeness in self._likenesses:
            for offset, said in enumerate(likeness.said):
                for own, lines in _by_own([start + offset for start in likeness.starts], answered).items():
                    if at is not None:
                        lines = [at[line] for line in lines if line in at]
                    if lines and (said or own or len({groups[each][0].args for each in lines}) == 1):
                        yield lines

    def _groups(self) -> Sequence[list[Written]]:
        """The instances of each directive as written: several where an Include or a macro led to it more than once."""
        if self.once or not (self.repeated or any(each.place.via for each in self.directives)):
            return _Alone(tuple(self.directives))
        groups: list[list[Written]] = []
        met: dict[tuple[int, int], list[Written]] = {}
        for directive in self.directives:
            place = directive.place
            if place.via is None and id(place.span.file) not in self.repeated:
                groups.append([directive])
                continue
            key = id(place.span.file), place.span.start
            if key in met:
                met[key].append(directive)
            else:
                groups.append(met.setdefault(key, [directive]))
        return groups

    def rows_from(
        self, least: Outcome, fallback: Callable[[Written], Answer | None] = lambda _: None
    ) -> tuple[Row, ...]:
        """Those of ``rows`` that came out as ``least`` or worse; the others, most of a large file, are not made."""
        bad = (group for group in self._groups() if any(self._is_from(least, each, fallback) for each in group))
        return tuple(map(self._rower(fallback), bad))

    def _is_from(self, least: Outcome, directive: Written, fallback: Callable[[Written], Answer | None]) -> bool:
        answers = self._of(id(directive)) or (fallback(directive) or FORGOTTEN,)
        return any(answer.outcome >= least for answer in answers)

    def _rower(self, fallback: Callable[[Written], Answer | None]) -> Callable[[list[Written]], Row]:
        """Makes rows."""

        def row(group: list[Written]) -> Row:
            first, answers = group[0], self._all(group, fallback)
            return Row(first.name, first.args, first.place, _worst(answers), answers, len(group))

        return row

    def _all(self, group: list[Written], fallback: Callable[[Written], Answer | None]) -> tuple[Answer, ...]:
        """What was said of all instances."""
        if len(group) == 1:
            return self._of(id(group[0])) or (fallback(group[0]) or FORGOTTEN,)
        found = (self._of(id(each)) or (fallback(each) or FORGOTTEN,) for each in group)
        return tuple(dict.fromkeys(answer for answers in found for answer in answers))
