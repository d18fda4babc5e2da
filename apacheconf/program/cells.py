"""Cells: URL space folded at load time (NGX-31, NGX-32).

Every path prefix that a matcher of the host names is a node; it gives a cell for the bare path and one for what
lies below it. Within a cell each prefix matcher is certainly true or certainly false, so layers can be folded
and steps simplified once. What depends on more than the path (regexes, If, files) stays in ``Cell.maybe`` or in
the steps' conditions.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    Always,
    AnyOf,
    Condition,
    Never,
    Not,
    Under,
    all_of,
    any_of,
    negated,
)
from apacheconf.program.fold import fold, steps_for, with_server
from apacheconf.program.handling import Told
from apacheconf.program.hosts import Cell, Flipped, Layer, LayerKind, Reach, Shape
from apacheconf.program.link import Interner
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import lies_under, prefixes_of
from apacheconf.program.steps import (
    AddForwarded,
    AnswerExpect,
    BeginRewriting,
    KeepHost,
    MapBack,
    MapBackCookie,
    MapToFile,
    MapToOrigin,
    MapToUrl,
    Move,
    SecureOrigin,
    Step,
)  # fmt: skip
from apacheconf.program.values import REQUEST_URI

_FILE_KINDS = frozenset({LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES})
_FOR_ORIGINS = (KeepHost, AddForwarded, AnswerExpect, MapBack, MapBackCookie, SecureOrigin)


def make_cells(server: tuple[Step, ...], layers: tuple[Layer, ...], flipped: Flipped | None = None) -> tuple[Cell, ...]:
    """The cells of a host, sorted by path, the bare one before what lies below it."""
    asking = (*server, *(() if flipped is None else flipped[1]))
    conditions = [*(step.when for step in asking), *(layer.matcher for layer in layers), *_section_mappings(layers)]
    nodes = {""} | {prefix.rstrip("/") for condition in conditions for prefix in prefixes(condition)}
    places = [(path, reach) for path in sorted(nodes) for reach in Reach if path or reach is Reach.BELOW]
    maker = _Maker(server, layers, flipped)
    return tuple(maker.cell(path, reach) for path, reach in places)


def find_cell(cells: tuple[Cell, ...], path: str) -> Cell:
    """The cell of a normalised path: the longest node it lies in."""
    fitting = [cell for cell in cells if lies_in(path, cell)]
    return max(fitting, key=lambda cell: (len(cell.path), cell.reach is Reach.BARE))


def steps_where(shape: Shape, cell: Cell, maybe: Iterable[int]) -> tuple[Step, ...]:
    """The steps of a cell for requests for which, of its ``maybe`` layers, just these hold."""
    return steps_met(shape, {*cell.layers, *maybe}, cell)


def steps_met(shape: Shape, layers: Iterable[int], cell: Cell) -> tuple[Step, ...]:
    """The steps that requests of a cell meet where just these layers hold."""
    return _Folded(steps_for(shape, tuple(sorted(layers)))).live(_sample(cell.path, cell.reach))


def matcher_in(cell: Cell, layer: Layer) -> Condition:
    """What is left to ask of a request of the cell to know whether the layer's own matcher holds."""
    return settle(layer.matcher, _sample(cell.path, cell.reach))


def _sample(path: str, reach: Reach) -> str:
    return path if reach is Reach.BARE else path + "/"


def lies_in(path: str, cell: Cell) -> bool:
    """Whether a path is the cell's own, or below its node."""
    return path == cell.path if cell.reach is Reach.BARE else path.startswith(cell.path + "/")


def prefixes(condition: Condition) -> Iterator[str]:
    """Every path prefix that a condition asks about."""
    match condition:
        case Under(prefix, value) if value == REQUEST_URI and prefix.startswith("/"):
            yield prefix
        case AllOf(conditions) | AnyOf(conditions):
            for each in conditions:
                yield from prefixes(each)
        case Not(inner):
            yield from prefixes(inner)


def settle(condition: Condition, sample: str) -> Condition:
    """The condition within a cell: what asks about the path only is decided by the cell's sample path."""
    match condition:
        case Under(prefix, value) if value == REQUEST_URI:
            return ALWAYS if lies_under(sample, prefix) else NEVER
        case Not(inner):
            return negated(settle(inner, sample))
        case AllOf(conditions):
            return all_of(settle(each, sample) for each in conditions)
        case AnyOf(conditions):
            return any_of(settle(each, sample) for each in conditions)
        case _:
            return condition


def _section_mappings(layers: Iterable[Layer]) -> Iterator[Condition]:
    return (step.when for layer in layers for step in with_server((), fold([layer])))


@dataclass
class _Maker:
    """Makes the cells of a host; what the same layers come to is folded once for all cells in which they hold."""

    server: tuple[Step, ...]
    layers: tuple[Layer, ...]
    flipped: Flipped | None
    interner: Interner = field(default_factory=Interner)
    folded: dict[tuple[int, ...], _Folded] = field(default_factory=dict)

    def cell(self, path: str, reach: Reach) -> Cell:
        layers, sample = self.layers, _sample(path, reach)
        sure, maybe = _split_layers(layers, sample)
        steps = self._fold(sure).live(sample)
        mapped, certainly = _mapping_of(steps)
        maybe = tuple(n for n in maybe if not _out_of_question(layers[n].kind, mapped, certainly))
        if not mapped and not maybe:
            steps = tuple(step for step in steps if not isinstance(step.action, _FOR_ORIGINS))
        if certainly:
            steps = tuple(step for step in steps if not _is_of_files(step))
        return Cell(path, reach, sure, maybe, self.interner.keep(tuple(map(self.interner.keep, steps))))

    def _fold(self, numbers: tuple[int, ...]) -> _Folded:
        found = self.folded.get(numbers)
        if found is None:
            steps = with_server(self.server, fold(self.layers[number] for number in numbers), self.flipped)
            found = self.folded[numbers] = _Folded(steps)
        return found


class _Folded:
    """The steps that some layers come to, with those that ask for a prefix of the path found by it.

    A thousand redirects make two thousand cells, and each of them meets one or two.
    """

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        self._by_prefix: dict[str, list[int]] = {}
        self._others: list[int] = []
        for at, step in enumerate(steps):
            when = step.when
            if isinstance(when, Under) and when.value == REQUEST_URI and step.otherwise.move is Move.NEXT:
                self._by_prefix.setdefault(when.prefix, []).append(at)
            else:
                self._others.append(at)

    def live(self, sample: str) -> tuple[Step, ...]:
        """The steps that a request of the cell can meet, their conditions settled and their skips counted anew."""
        steps, conditions = self._steps, dict[int, Condition]()
        until, beyond = 0, list[int]()
        for at in self._candidates(sample):
            if at < until:
                continue
            step, when = steps[at], settle(steps[at].when, sample)
            flow = step.otherwise if isinstance(when, Never) else step.then
            if not isinstance(when, Never):
                conditions[at] = when
            if isinstance(when, Always | Never) and flow.move in (Move.SKIP, Move.CHAIN):
                until = at + 1 + flow.count
            elif isinstance(when, Always) and flow.move in (Move.STOP, Move.END):
                until = next((n for n in range(at + 1, len(steps)) if steps[n].phase != step.phase), len(steps))
                until = min([until, *(place for place in beyond if place > at)])
            elif not isinstance(when, Always):  # whoever this skips for doesn't meet what ends the phase before
                skips = (each for each in (step.then, step.otherwise) if each.move in (Move.SKIP, Move.CHAIN))
                beyond += [at + 1 + each.count for each in skips]
        live = list(conditions)
        return tuple(_recounted(_asking(steps[at], when), at, live) for at, when in conditions.items())

    def _candidates(self, sample: str) -> list[int]:
        """The steps that may hold below the sample, in their order; where the others don't, the next one follows."""
        return sorted([*self._others, *(at for each in prefixes_of(sample) for at in self._by_prefix.get(each, ()))])


def _is_of_files(step: Step) -> bool:
    """Whether the step means nothing to a request that an origin answers."""
    return isinstance(step.action, MapToFile) or (isinstance(step.action, Told) and step.action.of_files)


def _split_layers(layers: tuple[Layer, ...], sample: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of the layers that apply for certain, and of those that have to be asked."""
    sure: list[int] = []
    maybe: list[int] = []
    for number, layer in enumerate(layers):
        matcher = settle(layer.matcher, sample)
        if matcher == NEVER or (layer.container is not None and layer.container not in {*sure, *maybe}):
            continue
        (sure if matcher == ALWAYS and layer.container not in maybe else maybe).append(number)
    return tuple(sure), tuple(maybe)


def _mapping_of(steps: tuple[Step, ...]) -> tuple[bool, bool]:
    """Whether a request of the cell may be mapped to an origin, and whether it is so for certain."""
    translate = [step for step in steps if step.phase in (Phase.READ, Phase.TRANSLATE)]
    mapped = any(isinstance(step.action, MapToOrigin | MapToUrl) for step in translate)
    first = next(iter(translate), None)
    if any(isinstance(step.action, BeginRewriting) for step in steps):  # rules may lead anywhere
        return True, False
    return mapped, first is not None and isinstance(first.action, MapToOrigin | MapToUrl) and first.when == ALWAYS


def _out_of_question(kind: LayerKind, mapped: bool, certainly: bool) -> bool:
    """File layers never apply to mapped requests, Proxy layers only to them (MRG-4, PS-2)."""
    return (kind in _FILE_KINDS and certainly) or (kind is LayerKind.PROXY and not mapped)


def _asking(step: Step, when: Condition) -> Step:
    """The step with this condition; itself where that is its own, for most of a cell's steps are those of all cells."""
    return step if when is step.when else replace(step, when=when)


def _recounted(step: Step, at: int, live: list[int]) -> Step:
    """The step with the counts of its skips reduced to the steps that are left."""

    def recount(flow_count: int) -> int:
        return bisect_right(live, at + flow_count) - bisect_right(live, at)

    then = replace(step.then, count=recount(step.then.count)) if step.then.move is Move.SKIP else step.then
    other = replace(step.otherwise, count=recount(step.otherwise.count)) if _skips(step) else step.otherwise
    return step if then == step.then and other == step.otherwise else replace(step, then=then, otherwise=other)


def _skips(step: Step) -> bool:
    return step.otherwise.move in (Move.SKIP, Move.CHAIN)
