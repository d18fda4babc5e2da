"""Steps that no request can reach, and why: shadowed mappings, exclusions that come too late (DES-3, TR-3)."""

from __future__ import annotations

from apacheconf.program.cells import settle
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.phases import Phase
from apacheconf.program.steps import KeepLocal, MapToFile, MapToOrigin, MapToUrl, Move, Redirect, Respond, Step

_SHADOWED = "an earlier mapping always matches first"
_LATE = "it comes after a mapping that always matches first"
_EXCEEDED = "a ProxyPass always takes its requests first: outside sections mod_proxy is asked before mod_alias"


def unreachable(
    server: tuple[Step, ...], everywhere: tuple[Step, ...], cells: tuple[Cell, ...]
) -> tuple[tuple[Step, str], ...]:
    """The mappings of ``server``, and the redirects and aliases that hold ``everywhere``, that run in no cell."""
    live = {(step.action, step.said_by) for cell in cells for step in cell.steps}
    dead = [(step, _why(step)) for step in (*server, *everywhere) if (step.action, step.said_by) not in live]
    return tuple((step, why) for step, why in dead if why)


def _why(step: Step) -> str:
    """Why a step that runs nowhere doesn't, if it maps."""
    match step.action:
        case KeepLocal():
            return _LATE
        case MapToOrigin() | MapToUrl():
            return _SHADOWED
        case MapToFile(prefix="", value=None) if step.said_by:  # DocumentRoot, which takes what is left
            return _SHADOWED
        case Redirect() | Respond() | MapToFile() if step.phase is Phase.TRANSLATE and step.said_by:
            return _EXCEEDED  # PP-20
    return ""


def shadowing(step: Step, server: tuple[Step, ...], cells: tuple[Cell, ...]) -> Step | None:
    """The earlier step that takes all that the dead ``step`` would match; None when there is no single one."""
    earlier = server[: server.index(step)] if step in server else server
    samples = [cell.path if cell.reach is Reach.BARE else cell.path + "/" for cell in cells]
    wanted = [sample for sample in samples if settle(step.when, sample) == ALWAYS]
    for other in earlier:
        ends = other.then.move in (Move.STOP, Move.SKIP) and other.phase is step.phase
        if ends and wanted and all(settle(other.when, sample) == ALWAYS for sample in wanted):
            return other
    return None
