"""What asks for a path that no request of a cell can have: hundreds of rules are about other cells than this one."""

from __future__ import annotations

from apacheconf.program.conditions import AllOf, Condition, Matches
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.steps import Move, Step
from apacheconf.program.values import REQUEST_URI, Variable
from apacheconf.targets.patterns import literal_start

#: The path as rules see it: that of the request, until one of them has changed it.
_PATHS = (REQUEST_URI, Variable("REWRITTEN"))


def is_elsewhere(condition: Condition, cell: Cell) -> bool:
    """Whether a condition asks for a path that begins in another way than all those of the cell.

    Of a bare cell nothing is said where more than the path is asked: it comes to the same as what lies around it as
    long as it asks the same.
    """
    place = cell.path if cell.reach is Reach.BARE else f"{cell.path}/"
    starts = (literal_start(each.regex) for each in _matches(condition, cell.reach) if each.value in _PATHS)
    return any(start is not None and not _may_begin(place, start, cell.reach) for start in starts)


def elsewhere(steps: tuple[Step, ...], cell: Cell) -> frozenset[int]:
    """The numbers of the steps that no request of the cell meets as long as its path is the one that was asked for."""
    asking = (at for at, step in enumerate(steps) if step.otherwise.move is Move.NEXT)
    return frozenset(at for at in asking if is_elsewhere(steps[at].when, cell))


def _may_begin(place: str, start: str, reach: Reach) -> bool:
    return place.startswith(start) or (reach is Reach.BELOW and start.startswith(place))


def _matches(condition: Condition, reach: Reach) -> tuple[Matches, ...]:
    parts = condition.conditions if isinstance(condition, AllOf) and reach is Reach.BELOW else (condition,)
    return tuple(each for each in parts if isinstance(each, Matches))
