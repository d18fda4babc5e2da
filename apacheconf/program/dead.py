"""Steps that no request can reach, and why: shadowed mappings, exclusions that come too late (DES-3, TR-3)."""

from __future__ import annotations

from apacheconf.program.cells import settle
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.steps import KeepLocal, MapToOrigin, MapToUrl, Move, Step

_SHADOWED = "an earlier mapping always matches first"
_LATE = "it comes after a mapping that always matches first"


def unreachable(server: tuple[Step, ...], cells: tuple[Cell, ...]) -> tuple[tuple[Step, str], ...]:
    """The mapping steps of ``server`` that run in no cell."""
    live = {(step.action, step.said_by) for cell in cells for step in cell.steps}
    return tuple(
        (step, _LATE if isinstance(step.action, KeepLocal) else _SHADOWED)
        for step in server
        if isinstance(step.action, MapToOrigin | MapToUrl | KeepLocal) and (step.action, step.said_by) not in live
    )


def shadowing(step: Step, server: tuple[Step, ...], cells: tuple[Cell, ...]) -> Step | None:
    """The earlier step that takes all that the dead ``step`` would match; None when there is no single one."""
    earlier = server[: server.index(step)]
    samples = [cell.path if cell.reach is Reach.BARE else cell.path + "/" for cell in cells]
    wanted = [sample for sample in samples if settle(step.when, sample) == ALWAYS]
    for other in earlier:
        ends = other.then.move in (Move.STOP, Move.SKIP) and other.phase is step.phase
        if ends and wanted and all(settle(other.when, sample) == ALWAYS for sample in wanted):
            return other
    return None
