"""Origins at work: a worker with its idle connections, and what a mapping's target chooses among.

The pool is last in, first out (WK-7): the connection most likely to be alive is taken first and the others may
go cold. A worker with ``max=`` lets requests wait for one of its connections (WP-2, WP-5). Nothing here does I/O;
connections are opened by the rim.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from apacheconf.program.remote_proxies import Remote
from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Balancer as BalancerData
from apacheconf.program.workers import Origin, Worker
from apacheconf.runtime.balancer import Balancer, LoneWorker
from apacheconf.runtime.cells import Cells
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.sessions import Session, Sticky

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.origin import OriginConnection


class Pool:
    """One worker: its data, its cells, its idle connections, how many are open, and who waits for one.

    ``host`` and ``port`` are where to connect: the worker's own, or those of the proxy ``remote``. ``ways`` lead to
    the same worker by way of such proxies.
    """

    __slots__ = (
        "authority", "cells", "connection_line", "host", "idle", "limit", "open", "path", "place", "place_until",
        "port", "remote", "reusable", "secure", "ttl", "waiting", "ways", "worker",
    )  # fmt: skip

    def __init__(self, worker: Worker, cells: Cells) -> None:
        self.worker = worker
        self.cells = cells
        self.idle: list[OriginConnection] = []
        self.open = 0
        self.limit = worker.max_connections or 0
        self.waiting: deque[Exchange] = deque()
        self.reusable = worker.reusable
        self.secure = worker.scheme in SECURE
        #: A member's own path comes before the mapping's (BP-16); of other workers the mapping has all of it.
        self.path = worker.path.encode("latin-1") if worker.member is not None else b""
        self.authority = worker.authority.encode("latin-1")
        self.connection_line = b"Connection: Keep-Alive\r\n\r\n" if worker.reusable else b"Connection: close\r\n\r\n"
        self.host, self.port = worker.host, worker.port
        self.remote: Remote | None = None
        self.ways: dict[Remote, Pool] = {}
        self.place: tuple[str, int] | None = None
        self.place_until = float("inf")
        self.ttl = worker.idle

    def through(self, remote: Remote) -> Pool:
        """The same worker by way of another proxy, which is asked for a whole URL, or over TLS by CONNECT (FW-7)."""
        found = self.ways.get(remote)
        if found is None:
            found = self.ways[remote] = Pool(self.worker, self.cells)
            found.remote, found.host, found.port = remote, remote.host, remote.port
            if not self.secure:
                found.path = f"{self.worker.scheme}://{self.worker.authority}".encode("latin-1") + self.path
        return found

    def left(self) -> None:
        """One of its connections is gone, so whoever waits the longest may open one."""
        self.open -= 1
        if self.waiting:
            self.waiting.popleft().open_connection()

    def upgrades_to(self, protocol: str) -> bool:
        """Whether a client's Upgrade may be passed on: those of ``upgrade=``, or ws://'s own (WS-1, WS-3).

        httpd compares as many letters as the configured protocol has, so ``websocket`` holds for ``websocket, h2c``.
        """
        asked, named = protocol.lower(), tuple(each.lower() for each in self.worker.upgrade)
        if not named:
            return self.worker.scheme in ("ws", "wss") and asked == "websocket"
        return asked.startswith(named) or not {"any", "*"}.isdisjoint(named)

    def take(self) -> OriginConnection | None:
        """An idle connection that is alive, None when a new one is needed."""
        while self.idle:
            connection = self.idle.pop()
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    def take_named(self, name: str) -> OriginConnection | None:
        """The same over TLS: a connection that was made for another name is closed (TB-7)."""
        connection = self.take()
        if connection is None or connection.tls_name == name:
            return connection
        connection.close()
        return None


class Service:
    """What a mapping leads to: one worker, or a balancer's members. ``wait`` is BP-7's, in seconds.

    ``shared`` are the members of the main server's balancer, where a host says something of it (BP-18).
    """

    __slots__ = (
        "attempts", "balancer", "fail_on_status", "fail_on_timeout", "is_balancer", "name", "no_failover", "pools",
        "sticky", "wait",
    )  # fmt: skip

    def __init__(self, origin: Origin, shared: list[Pool] | None = None) -> None:
        shared = shared or []
        self.name = origin.name
        self.is_balancer = isinstance(origin, BalancerData)
        if isinstance(origin, BalancerData):
            self.balancer: Balancer | LoneWorker = (balancer := Balancer(origin, [pool.cells for pool in shared]))
            self.attempts, self.wait = origin.attempts, origin.wait
            self.sticky, self.no_failover = Sticky.of(origin), origin.no_failover
            self.pools: list[Pool] = shared or [
                Pool(*pair) for pair in zip(origin.members, balancer.cells, strict=True)
            ]
            self.fail_on_status, self.fail_on_timeout = frozenset(origin.fail_on_status), origin.fail_on_timeout
        else:
            self.balancer = lone = LoneWorker(origin)
            self.attempts, self.wait, self.sticky, self.no_failover = 1, 0.0, None, False
            self.pools = [Pool(origin, lone.cells)]
            self.fail_on_status, self.fail_on_timeout = frozenset(), False

    def choose(self, now: float) -> Pool | None:
        """The worker for the next request; None when nobody is usable (FA-13)."""
        cells = self.balancer.choose(now)
        return None if cells is None else self.pools[cells.number]

    def choose_for(self, session: Session | None, now: float) -> tuple[Pool | None, bool]:
        """The member for a request of a session, and whether it is another one than its route names (ST-9, ST-11).

        Raises OriginBroke(503) when the session's own member is out and nobody may stand in.
        """
        balancer = self.balancer
        assert isinstance(balancer, Balancer)
        if session is not None:
            cells = balancer.choose_by_route(session.route, now)
            if cells is not None:
                return self.pools[cells.number], balancer.routes[cells.number] != session.route
            if self.no_failover and session.route in balancer.routes and session.route:
                raise OriginBroke(503, f"{self.name}: the member of route {session.route} is not usable")
        pool = self.choose(now)
        return pool, pool is not None
