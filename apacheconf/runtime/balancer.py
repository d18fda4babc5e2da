"""Who gets the next request: the choice among a balancer's members (LB-1 to LB-5, FO-2, FO-8 to FO-10). Pure.

The order of events per attempt is LB-11's: force recovery, the session's route (ST-6 to ST-9), then the scheduler
over the usable members of the lowest set that has any; spares stand in for the unusable, standbys come when
nobody else is left.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from apacheconf.program.workers import Balancer as BalancerData
from apacheconf.program.workers import Member, Worker
from apacheconf.runtime.cells import Cells
from apacheconf.runtime.lbmethods import METHODS, FindBest, heartbeat
from apacheconf.runtime.lbmethods.heartbeat import Beats

#: httpd gives a standalone worker flag I: it never enters the error state (WP-31).
STANDALONE = Member(status=frozenset("I"))


class Balancer:
    """A balancer at work: its members' cells, in the order of their definition; those ``shared`` are another's."""

    def __init__(self, data: BalancerData, shared: Sequence[Cells] = ()) -> None:
        self.name = data.name
        self.attempts = data.attempts
        self.force_recovery = data.force_recovery
        self.fail_on_status = frozenset(data.fail_on_status)
        self.fail_on_timeout = data.fail_on_timeout
        own = (Cells(number, worker.member or Member()) for number, worker in enumerate(data.members))
        self.cells = list(shared or own)
        self.routes = [(worker.member or Member()).route for worker in data.members]
        self._redirects = [(worker.member or Member()).redirect for worker in data.members]
        self._retry = [worker.retry for worker in data.members]
        self._find_best: FindBest = METHODS.get(data.lbmethod, METHODS["byrequests"])
        self._sets = sorted({cells.lbset for cells in self.cells})
        self._plain = len(self._sets) == 1 and not any(cells.status & _SPECIAL for cells in self.cells)
        self._beats = Beats(data.beats) if data.lbmethod == "heartbeat" else None
        self._hosts = [worker.host for worker in data.members]

    def choose(self, now: float) -> Cells | None:
        """The member for the next request, None when nobody is usable (FA-13)."""
        if self._beats is not None:
            return self._choose_by_beats(self._beats, now)
        if self._plain:
            for cells in self.cells:
                if not cells.usable:
                    break
            else:
                if not self.cells:
                    return None
                best = self._find_best(self.cells)
                best.elected += 1
                return best
        if self.force_recovery:
            self._recover_all()
        for number in self._sets:
            candidates = self._candidates([cells for cells in self.cells if cells.lbset == number], now)
            if candidates:
                return self._elect(candidates)
        return None

    def _choose_by_beats(self, beats: Beats, now: float) -> Cells | None:
        """Whoever has told of free places; flags count only where they put a member out (LB-21)."""
        if self.force_recovery:
            self._recover_all()
        usable = [cells for cells in self.cells if cells.usable or self._retried(cells, now)]
        heard = [(cells, beat) for cells in usable if (beat := beats.of(self._hosts[cells.number])) is not None]
        best = heartbeat.find_best(heard, random.randint)
        if best is not None:
            best.elected += 1
        return best

    def choose_by_route(self, route: str, now: float) -> Cells | None:
        """The member that a session's route names, or the one it redirects to; its turn counts as any (LB-18)."""
        if self.force_recovery:
            self._recover_all()
        chosen = self._routed(route, now, 1) if route else None
        if chosen is None:
            return None
        usable = [cells for cells in self.cells if cells.usable]
        for cells in usable:
            cells.lbstatus += cells.lbfactor
        chosen.lbstatus -= sum(cells.lbfactor for cells in usable)
        chosen.elected += 1
        return chosen

    def _routed(self, route: str, now: float, depth: int) -> Cells | None:
        """Ordinary members first, then standbys (ST-7); redirects are followed a bounded way (ST-8)."""
        carrying = [cells for cells in self.cells if self.routes[cells.number] == route]
        for cells in sorted(carrying, key=lambda cells: "H" in cells.status):
            if cells.usable or self._retried(cells, now):
                return cells
            redirect = self._redirects[cells.number]
            found = self._routed(redirect, now, depth + 1) if redirect and depth < len(self.cells) else None
            if found is not None:
                return found
        return None

    def _elect(self, candidates: Sequence[Cells]) -> Cells:
        best = self._find_best(candidates)
        best.elected += 1
        return best

    def _recover_all(self) -> None:
        """When every member is in error, all are cleared at once (FO-10)."""
        if self.cells and all("E" in cells.status for cells in self.cells):
            for cells in self.cells:
                cells.recover()

    def _candidates(self, members: Sequence[Cells], now: float) -> list[Cells]:
        """The competitors of one set, in order, spares behind the ordinary ones (LB-2 to LB-5)."""
        ordinary = [cells for cells in members if not cells.status & {"R", "H"}]
        spares = list(self._usable((cells for cells in members if "R" in cells.status), now))
        standbys = (cells for cells in members if "H" in cells.status)
        found = list(self._usable(ordinary, now))
        found += spares[: len(ordinary) - len(found)]
        return found or list(self._usable(standbys, now))

    def _usable(self, members: Sequence[Cells] | Iterator[Cells], now: float) -> Iterator[Cells]:
        for cells in members:
            if "N" not in cells.status and (cells.usable or self._retried(cells, now)):
                yield cells

    def _retried(self, cells: Cells, now: float) -> bool:
        """Clear the error of a member whose time is over: the next request is its probe (FO-2)."""
        if "E" not in cells.status or "S" in cells.status or not _is_over(cells, self._retry[cells.number], now):
            return False
        cells.recover()
        cells.retries += 1
        return cells.usable


_SPECIAL = frozenset("RHNDSC")


def _is_over(cells: Cells, retry: float, now: float) -> bool:
    """Whether an error's time is over. Nought is too soon only for the request that has met it (FO-9)."""
    return now > cells.error_time + retry


def standalone(worker: Worker) -> Cells:
    """The cells of a worker outside every balancer; ``-I`` takes its flag I away (WP-31, WP-32)."""
    return Cells(0, Member(status=worker.status if "-I" in worker.status else worker.status | STANDALONE.status))


class LoneWorker:
    """The choice of a worker outside every balancer: itself, unless its own flags forbid it (WP-31)."""

    def __init__(self, worker: Worker) -> None:
        self.cells = standalone(worker)
        self._retry = worker.retry

    def choose(self, now: float) -> Cells | None:
        cells = self.cells
        if "E" in cells.status and _is_over(cells, self._retry, now):
            cells.recover()
            cells.retries += 1
        return cells if cells.usable else None
