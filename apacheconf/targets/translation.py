"""A translation: the files, what became of each directive, and what differs however the directives are written.

``translate`` picks the target and settles the ledger; the lowering itself is in the target's folder.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module

from apacheconf.diagnostics import UsageError
from apacheconf.ledger import Ledger, Outcome, Row
from apacheconf.program.program import Program
from apacheconf.program.steps import Step
from apacheconf.targets.fates import fallback_for
from apacheconf.targets.hostnames import settle_dead_hosts
from apacheconf.targets.restrictions import KEY, is_access
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.unasked import settle_unasked

#: Each target's versions, oldest first; the first one is what is written unless another is asked for.
TARGETS = {"nginx": ("1.22", "1.31"), "haproxy": ("2.6", "2.8")}


@dataclass(frozen=True, slots=True)
class Difference:
    """A class of requests that the target answers differently whatever the configuration says.

    ``key`` is its stable name, which ``--accept`` takes; ``example`` a request that shows it.
    """

    key: str
    outcome: Outcome
    what: str
    example: str


#: What is left of the difference about TRACE under TraceEnable Off.
NO_TRACE = Difference("trace", Outcome.EQUIVALENT, "the 405 for TRACE has no Allow header", "TRACE / HTTP/1.1")


@dataclass(frozen=True)
class Translation:
    """What ``translate`` gives.

    ``files`` maps file names to text, the main file first. ``rows`` account for every directive as written.
    ``lines`` says where something went: a directive (by ``id``) or a step (by its host's number and ``id``)
    to its ``file:line`` places. ``differences`` are announced ones, ``notes`` lines for stderr.
    """

    target: str
    version: str
    files: dict[str, str]
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    lines: dict[int, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def text(self) -> str:
        """The main file."""
        return next(iter(self.files.values()))

    def lines_of(self, program: Program, host: int, step: Step) -> tuple[str, ...]:
        """Where the directives of one step of a host went."""
        directives = program.hosts[host].said_by(step)
        return tuple(dict.fromkeys(at for each in directives for at in self.lines.get(id(each), ())))

    def worst(self) -> Outcome:
        """The worst outcome among the rows and the differences."""
        found = [row.outcome for row in self.rows] + [each.outcome for each in self.differences]
        return max(found, default=Outcome.EXACT)


@dataclass(frozen=True)
class Emission:
    """What a target's ``emit`` gives before the ledger is closed."""

    files: dict[str, str]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


def parse_version(text: str) -> tuple[int, ...]:
    """``1.22.1`` as numbers. Raises UsageError."""
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError:
        raise UsageError(f"{text!r} is no version", "write it as numbers, such as 1.22") from None


def translate(program: Program, target: str, version: str | None = None, folder: bool = False) -> Translation:
    """Lower ``program`` to ``target`` (``nginx`` or ``haproxy``): one file where that is possible, or a ``folder``.

    Raises UsageError for a target we don't know.
    """
    if target not in TARGETS:
        raise UsageError(f"no target is called {target!r}", f"one of: {', '.join(TARGETS)}")
    wanted = version or TARGETS[target][0]
    if parse_version(wanted) < parse_version(TARGETS[target][0]):
        raise UsageError(f"{target} {wanted} is too old", f"{TARGETS[target][0]} is the oldest that is written for")
    ledger = Ledger((*program.directives, *program.absent))
    emit: Callable[[Program, tuple[int, ...], Ledger, bool], Emission] = import_module(
        f"apacheconf.targets.{target}.emit"
    ).emit
    emission = emit(program, parse_version(wanted), ledger, folder)
    settle_unasked(program, ledger)
    settle_dead_hosts(program, Scopes(program.directives), ledger)
    _settle_left_out(program, ledger)
    rows = ledger.rows(fallback_for(program, target))
    return Translation(target, wanted, emission.files, rows, emission.differences, emission.notes, ledger_lines(ledger))


def _settle_left_out(program: Program, ledger: Ledger) -> None:
    """What the program does not hold was not carried, whatever a step made of it: a rule that denies, for one."""
    told = {id(each) for each, _ in ledger.answers()}
    for directive, why in program.left_out:
        if id(directive) in told:
            closed = "closed" if directive.name.lower().startswith("proxypass") else "not-yet"
            ledger.drop([directive], why, key=KEY if is_access(directive) else closed)


def ledger_lines(ledger: Ledger) -> dict[int, tuple[str, ...]]:
    """Each directive (by ``id``) to the places it went."""
    return {id(each): tuple(dict.fromkeys(a.at for a in answers if a.at)) for each, answers in ledger.answers()}
