"""Origins at work: a worker with its idle connections, and what a mapping's target chooses among.

The pool is last in, first out (WK-7): the connection most likely to be alive is taken first and the others may
go cold. Nothing here does I/O; connections are opened by the rim.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING

from apacheconf.program.workers import Balancer as BalancerData
from apacheconf.program.workers import Origin, Worker
from apacheconf.runtime.balancer import Balancer, standalone
from apacheconf.runtime.cells import Cells

if TYPE_CHECKING:
    from apacheconf.runtime.origin import OriginConnection

#: A connection that was idle for longer (seconds) is looked at before it is used again (WK-8). One that was not
#: would have told the event loop by now; the look costs a system call.
LOOK_AFTER = 0.5
#: What serve can speak to origins; other schemes are answered with 500 (FA-3, FA-16).
SCHEMES = frozenset({"http", "ws"})


class Pool:
    """One worker: its data, its cells and its idle connections."""

    __slots__ = ("authority", "cells", "connection_line", "idle", "path", "place", "reusable", "worker")

    def __init__(self, worker: Worker, cells: Cells) -> None:
        self.worker = worker
        self.cells = cells
        self.idle: list[OriginConnection] = []
        self.reusable = worker.reusable
        #: A member's own path comes before the mapping's (BP-16); of other workers the mapping has all of it.
        self.path = worker.path.encode("latin-1") if worker.member is not None else b""
        self.authority = worker.authority.encode("latin-1")
        self.connection_line = b"Connection: Keep-Alive\r\n\r\n" if worker.reusable else b"Connection: close\r\n\r\n"
        self.place: tuple[str, int] | None = None

    def take(self, now: float) -> OriginConnection | None:
        """An idle connection that is alive, None when a new one is needed."""
        while self.idle:
            connection = self.idle.pop()
            if now - connection.idle_since < LOOK_AFTER or _is_quiet(connection.fileno()):
                return connection
            connection.close()
        return None


def _is_quiet(fileno: int) -> bool:
    """Whether the socket holds neither bytes nor an end of file: either means it is spent."""
    if fileno < 0:
        return True
    poll = select.poll()
    poll.register(fileno, select.POLLIN)
    return not poll.poll(0)


class Service:
    """What a mapping leads to: one worker, or a balancer's members."""

    __slots__ = ("attempts", "balancer", "fail_on_status", "fail_on_timeout", "name", "pools")

    def __init__(self, origin: Origin) -> None:
        self.name = origin.name
        if isinstance(origin, BalancerData):
            self.balancer: Balancer | None = Balancer(origin)
            self.attempts = origin.attempts
            self.pools = [Pool(*pair) for pair in zip(origin.members, self.balancer.cells, strict=True)]
            self.fail_on_status, self.fail_on_timeout = frozenset(origin.fail_on_status), origin.fail_on_timeout
        else:
            self.balancer, self.attempts = None, 1
            self.pools = [Pool(origin, standalone(origin))]
            self.fail_on_status, self.fail_on_timeout = frozenset(), False

    def choose(self, now: float) -> Pool | None:
        """The worker for the next request; None when nobody is usable (FA-13)."""
        if self.balancer is None:
            return self.pools[0] if self.pools[0].cells.usable else None
        cells = self.balancer.choose(now)
        return None if cells is None else self.pools[cells.number]
