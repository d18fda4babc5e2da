"""Lines of sections that say nothing anywhere: another section overrides them wherever they hold (MRG-1, SEM-15).

``<Location /a/b>`` before ``<Location /a>`` loses to it, though it is the longer one (SEM-13).
"""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.fold import steps_for
from apacheconf.program.hosts import Host, Shape
from apacheconf.program.program import Program
from apacheconf.program.steps import Step

WHY = "another section overrides it wherever it holds"


def overridden(host: Host) -> frozenset[int]:
    """The lines of a host (their ``id``) that a section says, and that no request of the host meets."""
    said, met = _numbers(host.shape)
    return frozenset(map(id, host.written(said))) - frozenset(map(id, host.written(met)))


def overridden_everywhere(program: Program) -> frozenset[int]:
    """The same for all hosts: a line outside of them may hold in one only. Hosts that are alike are asked once."""
    said, met = set[int](), set[int]()
    numbers = {id(host.form): _numbers(host.form) for host in {id(each.form): each for each in program.hosts}.values()}
    for host in program.hosts:
        ours, kept = numbers[id(host.form)]
        said |= set(map(id, host.written(ours)))
        met |= set(map(id, host.written(kept)))
    return frozenset(said - met)


def _numbers(shape: Shape) -> tuple[frozenset[int], frozenset[int]]:
    """The lines that a layer would say if it were alone, and those that are said where it holds with the certain ones.

    What more layers override is not said by more of them either.
    """
    said, met = set[int](), set[int]()
    for layers, number in {(cell.layers, each) for cell in shape.cells for each in (*cell.layers, *cell.maybe)}:
        said |= _lines(steps_for(shape, (number,)))
        met |= _lines(steps_for(shape, tuple(sorted({*layers, number}))))
    return frozenset(said), frozenset(met)


def _lines(steps: Iterable[Step]) -> set[int]:
    return {number for step in steps for number in step.said_by}
