"""A translation: the files, what became of each directive, and what differs however the directives are written.

``translate`` picks the target and settles the ledger; the lowering itself is in the target's folder.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module

from apacheconf.diagnostics import UsageError
from apacheconf.ledger import Alike, Answer, Ledger, Outcome, Row, Written
from apacheconf.program.cells import steps_where
from apacheconf.program.hosts import LayerKind
from apacheconf.program.inlining import with_htaccess
from apacheconf.program.program import Program
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.tls import SECURE
from apacheconf.targets.fates import fallback_for
from apacheconf.targets.hostnames import settle_dead_hosts
from apacheconf.targets.lost_files import lines_in_files, settle_lost_files
from apacheconf.targets.restrictions import KEY, is_access
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources, comment_lines
from apacheconf.targets.unaskable import lines_closed
from apacheconf.targets.unasked import settle_unasked

#: Each target's versions, oldest first; the first one is what is written unless another is asked for.
TARGETS = {"nginx": ("1.22", "1.31"), "haproxy": ("2.6", "2.8")}
_DEPTH = 30_000
#: So many lines that are lost are named in the output.
_LOST = 50
#: Those that answer with files, so that what lies in folders counts.
SERVES_FILES = frozenset({"nginx"})


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
#: Where an origin speaks TLS.
UNBELIEVED = Difference(
    "origin-certificates", Outcome.EQUIVALENT, "an origin whose certificate is not believed counts as one that can't "
    "be reached: 503; httpd answers 500", "GET / HTTP/1.1 while the origin shows another certificate"
)  # fmt: skip
#: TRAP-49, where the table always adds anything.
LINE_ORDER = Difference(
    "line-order", Outcome.EQUIVALENT, "where an origin sends a field that Header always adds, its line comes first; "
    "httpd sends its own before it", "GET / HTTP/1.1 while the origin sends such a field, too"
)  # fmt: skip


def adds_always(program: Program) -> bool:
    """Whether a line of the table always may stand beside an origin's."""
    shapes = {id(host.form): host.form for host in program.hosts}.values()
    cells = ((shape, cell) for shape in shapes for cell in shape.cells)
    steps = (
        step
        for shape, cell in cells
        for step in (steps_where(shape, cell, {*cell.layers, *cell.maybe}) if cell.maybe else cell.steps)
    )
    edits = (step.action for step in steps if isinstance(step.action, EditHeader))
    return any(each.table is Table.ALWAYS and each.operation != "unset" for each in edits)


def asks_securely(program: Program) -> bool:
    """Whether any origin speaks TLS."""
    return any(worker.scheme in SECURE for worker in program.workers())


@dataclass(frozen=True)
class Translation:
    """What ``translate`` gives.

    ``files`` maps file names to text, the main file first. ``differences`` are announced ones, ``notes`` lines for
    stderr. ``ledger`` knows what became of each directive, with ``fallback`` for those of which nobody spoke.
    """

    target: str
    version: str
    files: dict[str, str]
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()
    ledger: Ledger = field(default_factory=lambda: Ledger(()), repr=False)
    fallback: Callable[[Written], Answer | None] = field(default=lambda _: None, repr=False)
    #: What ``summary`` gives, where that is known.
    told: list[Alike] | None = field(default=None, repr=False)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """One for every directive as written."""
        return self.ledger.rows(self.fallback)

    def summary(self) -> list[Alike]:
        """The same by what is said of them."""
        return self.ledger.summary(self.fallback) if self.told is None else self.told

    @property
    def text(self) -> str:
        """The main file."""
        return next(iter(self.files.values()))

    def lines_of(self, program: Program, host: int, step: Step) -> tuple[str, ...]:
        """Where the directives of one step of a host went."""
        directives = program.hosts[host].said_by(step)
        answers = (answer for each in directives for answer in self.ledger.answers_of(each))
        return tuple(dict.fromkeys(answer.at for answer in answers if answer.at))

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


@contextmanager
def _deep() -> Iterator[None]:
    """Room for trees of a thousand questions, one below the other: rules that stand behind each other."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEPTH))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def translate(program: Program, target: str, version: str | None = None, folder: bool = False) -> Translation:
    """Lower ``program`` to ``target`` (``nginx`` or ``haproxy``): one file where that is possible, or a ``folder``.

    Raises UsageError for a target we don't know.
    """
    if target not in TARGETS:
        raise UsageError(f"no target is called {target!r}", f"one of: {', '.join(TARGETS)}")
    wanted = version or TARGETS[target][0]
    if parse_version(wanted) < parse_version(TARGETS[target][0]):
        raise UsageError(f"{target} {wanted} is too old", f"{TARGETS[target][0]} is the oldest that is written for")
    with_files = with_htaccess(program)
    lost = () if target in SERVES_FILES else lines_in_files(program, with_files)
    program = with_files if target in SERVES_FILES else program
    scopes = Scopes(program)
    whole_files = {id(each) for each in scopes.everywhere(LayerKind.HTACCESS.value)}  # which nobody has written
    written = program.directives
    if whole_files:
        written = tuple(each for each in written if id(each) not in whole_files)
    repeated = frozenset(id(each.file) for each in program.inlined)
    ledger = Ledger((*written, *program.absent, *lost), repeated, program.one_reading and not repeated)
    emit: Callable[[Program, tuple[int, ...], Ledger, Scopes, bool], Emission] = import_module(
        f"apacheconf.targets.{target}.emit"
    ).emit
    with _deep():
        emission = emit(program, parse_version(wanted), ledger, scopes, folder)
    settle_unasked(program, ledger)
    if target not in SERVES_FILES:
        settle_lost_files(lost, with_files, scopes, ledger)
    settle_dead_hosts(program, scopes, ledger)
    _settle_left_out(program, ledger)
    fallback = fallback_for(program, scopes, target, lines_closed(program, scopes, ledger))
    told = ledger.summary(fallback)
    files = _with_lost(emission.files, program, ledger, told)
    return Translation(target, wanted, files, emission.differences, emission.notes, ledger, fallback, told)


def _with_lost(files: Mapping[str, str], program: Program, ledger: Ledger, told: Iterable[Alike]) -> dict[str, str]:
    """The files, with a comment at the end of the main one for the lines that nothing in it speaks for."""
    unsupported = [each for each in told if each.outcome is Outcome.UNSUPPORTED]
    rows = sorted((number, each.directive(number)) for each in unsupported for number in each.members)
    lost = [directive for _, directive in rows if not ledger.answers_of(directive)]
    if not lost:
        return dict(files)
    sources = Sources(program.directives, program.one_reading)
    lines = [line for each in lost[:_LOST] for line in comment_lines(sources.comment([each]))]
    more = [f"# and {len(lost) - _LOST} more, which the report names"] if len(lost) > _LOST else []
    main = next(iter(files))
    return {**files, main: "\n".join([files[main], "# not translated:", *lines, *more, ""])}


def _settle_left_out(program: Program, ledger: Ledger) -> None:
    """What the program does not hold was not carried, whatever a step made of it: a rule that denies, for one."""
    for directive, why in program.left_out:
        if ledger.answers_of(directive):
            closed = "closed" if directive.name.lower().startswith("proxypass") else "not-yet"
            ledger.drop([directive], why, key=KEY if is_access(directive) else closed)
