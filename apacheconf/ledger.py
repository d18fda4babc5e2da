"""What became of each directive: one row per directive as written, and the worst outcome counts.

A reader of the program (serve, a target) says through ``carry`` and ``drop`` what it made of the directives
that a step was built from. Directives that nobody mentioned get the answer of ``fallback`` (the table of
fates), and if that has none either they are reported as forgotten: silence never means success. A written
directive without a row is an internal error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Row:
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


FORGOTTEN = Answer(Outcome.UNSUPPORTED, "not supported yet: nothing answered for this directive", key="unanswered")


@dataclass
class Ledger:
    """Collects answers for a fixed set of directives, then gives the rows."""

    directives: Iterable[Written]
    _answers: dict[int, list[Answer]] = field(default_factory=dict, init=False)
    _known: dict[int, Written] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._known = {id(d): d for d in self.directives}

    def carry(
        self, said_by: Iterable[Written], outcome: Outcome, caveat: str = "", at: str = "", key: str = ""
    ) -> None:
        """The reader took these directives to ``at``, with this outcome. Raises InternalError for strangers."""
        self.give(said_by, Answer(outcome, caveat, at, key))

    def give(self, said_by: Iterable[Written], answer: Answer) -> None:
        """The same with an answer that was made before. Raises InternalError for strangers."""
        for directive in said_by:
            if id(directive) not in self._known:
                raise InternalError(f"ledger: {directive.name} at {directive.place} is not of this configuration")
            answers = self._answers.setdefault(id(directive), [])
            if answer not in answers:
                answers.append(answer)

    def drop(
        self, said_by: Iterable[Written], reason: str, outcome: Outcome = Outcome.UNSUPPORTED, key: str = ""
    ) -> None:
        """The reader does nothing for these directives, and says why."""
        self.carry(said_by, outcome, reason, key=key)

    def answers(self) -> Iterator[tuple[Written, tuple[Answer, ...]]]:
        """The directives that were answered for so far, each with its answers."""
        return ((self._known[i], tuple(answers)) for i, answers in self._answers.items())

    def unanswered(self) -> Iterator[Written]:
        """The directives nobody has answered for so far."""
        return (d for i, d in self._known.items() if i not in self._answers)

    def rows(self, fallback: Callable[[Written], Answer | None] = lambda _: None) -> tuple[Row, ...]:
        """One row per directive as written, in the order they were given. Raises InternalError on a gap."""
        groups: dict[tuple[int, int], list[Written]] = {}
        for directive in self._known.values():
            span = directive.place.span
            groups.setdefault((id(span.file), span.start), []).append(directive)
        rows = tuple(self._row(group, fallback) for group in groups.values())
        if sum(row.instances for row in rows) != len(self._known):
            raise InternalError("ledger: a directive is left without a row")
        return rows

    def rows_from(
        self, least: Outcome, fallback: Callable[[Written], Answer | None] = lambda _: None
    ) -> tuple[Row, ...]:
        """Those of ``rows`` that came out as ``least`` or worse; the others, most of a large file, are not made."""
        groups: dict[tuple[int, int], list[Written]] = {}
        bad: dict[tuple[int, int], None] = {}
        for directive in self._known.values():
            span = directive.place.span
            key = id(span.file), span.start
            groups.setdefault(key, []).append(directive)
            answers = self._answers.get(id(directive)) or (fallback(directive) or FORGOTTEN,)
            if any(answer.outcome >= least for answer in answers):
                bad[key] = None
        return tuple(self._row(groups[key], fallback) for key in groups if key in bad)

    def _row(self, group: list[Written], fallback: Callable[[Written], Answer | None]) -> Row:
        answers: list[Answer] = []
        for directive in group:
            answers += self._answers.get(id(directive)) or [fallback(directive) or FORGOTTEN]
        first = group[0]
        return Row(
            first.name,
            first.args,
            first.place,
            max(answer.outcome for answer in answers),
            tuple(dict.fromkeys(answers)),
            len(group),
        )
