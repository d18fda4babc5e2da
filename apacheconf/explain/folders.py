"""A folder is answered by its index, which may be an origin's: what mod_dir would ask for, and who answers that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.explain.trail import Trail, with_handler
from apacheconf.ledger import Written
from apacheconf.program.decide import decide_sub_request
from apacheconf.program.handling import FolderRules
from apacheconf.program.request import Decision
from apacheconf.program.workers import Origin


@dataclass(frozen=True, slots=True)
class Index:
    """``path`` is asked of ``origin`` unless one of the ``files`` that come before it is there (DR-3).

    A ``script`` has to be there itself: it is a file that a handler gives to the origin.
    """

    path: str
    origin: Origin
    files: tuple[str, ...]
    script: bool
    said_by: tuple[Written, ...]

    @property
    def condition(self) -> str:
        """When it is asked, as the end of a sentence."""
        there = ", if it is there" if self.script else ""
        return f"{there}, unless {' or '.join(self.files)} is there" if self.files else there


def index_of(trail: Trail) -> Index | None:
    """The first index of a folder that an origin answers, which is there whatever it answers; None without one."""
    decision = trail.decision
    if not _is_folder(decision) or "dir_module" not in trail.program.modules:
        return None
    files: list[str] = []
    for name, found in _asked(trail):
        if found.origin is not None:
            return Index(found.path, found.origin, tuple(files), bool(found.file), _lines(trail))
        files.append(name)
    return None


def _is_folder(decision: Decision) -> bool:
    """Whether it ends at a folder, which no handler answers for."""
    goes_on = decision.origin is None and decision.status is None and not decision.handler
    return goes_on and bool(decision.file) and decision.path.endswith("/")


def _asked(trail: Trail) -> Iterator[tuple[str, Decision]]:
    """What a sub-request for each name of DirectoryIndex comes to."""
    decision = trail.decision
    assert decision.state is not None
    query = "" if decision.query is None else f"?{decision.query}"
    for name in decision.rules(FolderRules).index:
        found = decide_sub_request(trail.program, decision.state, name + query)
        yield name, with_handler(trail.program, found)


def _lines(trail: Trail) -> tuple[Written, ...]:
    written = (each for step in trail.done(FolderRules) for each in trail.said_by(step))
    return tuple(each for each in written if each.name.lower() == "directoryindex")
