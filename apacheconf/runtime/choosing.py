"""The first half of an exchange: choose a member, get a connection to it, move on when there is none (FO, ST, WP-2).

Pure logic over a ``Service`` and its pools; it asks the server to connect. A request moves to another member only
while nothing of it was written to one (FO-4, FO-7).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from apacheconf.program.names import parse_host
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.switches import wants_fresh
from apacheconf.runtime.telling import tell_nobody, tell_not_connected
from apacheconf.runtime.ways import ways_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.forwarding import Plan
    from apacheconf.runtime.origin import OriginConnection
    from apacheconf.runtime.pool import Pool, Service
    from apacheconf.runtime.sessions import Session, Sticky
    from apacheconf.runtime.site import Site
    from apacheconf.runtime.strict import Fields

#: How often one looks for a usable member within the balancer's ``timeout=`` (BP-7).
LOOKS = 100
#: Seconds by which a request comes after an error that another one has met, as our clock ticks coarsely (FO-9).
MOMENT = 1e-6


class Choosing:
    """The part of ``Exchange`` that ends with ``connected``, or with ``fail``. ``Exchange`` sets its attributes.

    ``straight`` when the first member was asked on an idle connection, whoever it is, and nothing has happened since.
    """

    __slots__ = (
        "client",
        "fields",
        "host",
        "looks",
        "plan",
        "pool",
        "route_changed",
        "script",
        "session",
        "straight",
        "tries",
        "ways",
    )

    client: ClientConnection
    fields: Fields
    host: bytes | None
    looks: int
    plan: Plan
    pool: Pool | None
    route_changed: bool
    script: dict[str, str] | None
    session: Session | None
    site: Site
    straight: bool
    tries: int
    ways: Sequence[Pool]

    def connected(self, connection: OriginConnection) -> None:
        """A connection is there: use it."""
        raise NotImplementedError

    def fail(self, error: OriginBroke) -> None:
        """No member answers: say so."""
        raise NotImplementedError

    def start(self) -> None:
        """Choose a member and ask it, on an idle connection or a new one."""
        service = self.plan.service
        assert service is not None
        now = self.client.server.now
        if not self.tries:
            now += MOMENT
        if service.sticky is None:
            pool = service.choose(now)
        else:
            try:
                pool = self._choose_for_session(service, service.sticky, now)
            except OriginBroke as error:
                tell_nobody(self, self.session.route if self.session is not None else "")
                self.fail(error)
                return
        if pool is not None:
            self._ask(pool)
        elif service.wait:
            self.looks = LOOKS
            self._wait_for_member()
        else:
            self._nobody()

    def waste_turn(self) -> Pool | None:
        """The client's body is broken, which httpd finds out when a member was chosen: its turn is over (LB-27)."""
        service = self.plan.service
        if service is None or self.pool is not None:
            return self.pool
        if service.sticky is None:
            return service.choose(self.client.server.now + MOMENT)
        with suppress(OriginBroke):
            return self._choose_for_session(service, service.sticky, self.client.server.now + MOMENT)
        return None

    def _choose_for_session(self, service: Service, sticky: Sticky, now: float) -> Pool | None:
        """The member by the session that the URL or a cookie names (ST-1, ST-12). Raises OriginBroke."""
        cookies = b", ".join(value for name, value in self.fields if name.lower() == b"cookie")
        url = service.name + self.plan.uri.decode("latin-1")
        self.session = sticky.find(url, cookies.decode("latin-1"))
        pool, self.route_changed = service.choose_for(self.session, now)
        return pool

    def _wait_for_member(self) -> None:
        """Nobody is usable: look again, so many times in the balancer's ``timeout=`` (FO-11)."""
        service = self.plan.service
        assert service is not None
        if self.client.exchange is not self:
            return
        pool = service.choose(self.client.server.clock())
        if pool is not None:
            self.route_changed = service.sticky is not None
            self._ask(pool)
        elif self.looks:
            self.looks -= 1
            self.client.server.call_later(service.wait / LOOKS, self._wait_for_member)
        else:
            self._nobody()

    def _nobody(self) -> None:
        tell_nobody(self)
        self.fail(OriginBroke(503, f"{self.plan.service.name if self.plan.service else ''}: no usable member"))

    def _ask(self, pool: Pool) -> None:
        """Ask this member, by way of another proxy if one is to be asked for it (FW-7)."""
        self.tries += 1
        if self.site.limits.remotes:
            self.pool = pool
            pool, *self.ways = ways_to(pool, self)
        self.use(pool)

    def use(self, pool: Pool) -> None:
        """Ask on an idle connection, a new one, or the next to be free (WP-2)."""
        server = self.client.server
        self.pool = pool
        pool.cells.busy += 1
        if self.site.limits.blocked and pool.place is not None and (refused := server.refuse_blocked(pool, self.site)):
            self._not_connected(refused)
            return
        connection = pool.take_named(self.tls_name()) if pool.secure else pool.take()
        if connection is not None and self.plan.switches and wants_fresh(self):
            connection.close()
            connection = None
        if connection is not None:
            connection.reused = True
            self.straight = self.tries == 1
            self.connected(connection)
        elif pool.limit and pool.open >= pool.limit:
            pool.waiting.append(self)  # type: ignore[arg-type]  # it is an Exchange
            if pool.worker.acquire:
                server.call_later(pool.worker.acquire, self._waited_too_long)
        else:
            self.open_connection()

    def tls_name(self) -> str:
        """The name that the TLS handshake is about: the origin's, or the client's Host; empty for none (TB-3)."""
        plan, pool = self.plan, self.pool
        assert pool is not None
        if not (plan.forwarding.keep_host or (plan.decision is not None and plan.decision.keep_host)):
            return pool.worker.host
        return parse_host(self.host.decode("latin-1")).name if self.host else ""

    def open_connection(self) -> None:
        """Have a connection opened to the member."""
        assert self.pool is not None
        self.pool.open += 1
        self.client.server.connect(self.pool, self)  # type: ignore[arg-type]  # it is an Exchange

    def connect_failed(self, error: OriginBroke) -> None:
        """No connection came about (FA-1)."""
        assert self.pool is not None
        self.pool.open -= 1
        self._not_connected(error)

    def _waited_too_long(self) -> None:
        """No connection became free within ``acquire=``, which counts as an error of the member (FA-12)."""
        pool = self.pool
        if pool is not None and self in pool.waiting:
            pool.waiting.remove(self)  # type: ignore[arg-type]  # it is an Exchange
            self._not_connected(OriginBroke(503, "all connections are in use"))

    def _not_connected(self, error: OriginBroke) -> None:
        """The member is in error, another may be tried (FO-4, FO-8)."""
        pool, service = self.pool, self.plan.service
        assert pool is not None and service is not None
        pool.cells.busy -= 1
        usable = pool.cells.usable
        if error.blames:
            pool.cells.fail(self.client.server.now)
        tell_not_connected(self, pool, error, disabled=usable and not pool.cells.usable)
        if error.status == 503 and not pool.cells.usable and self.tries < service.attempts:
            self.start()
            return
        self.fail(error)

    def origin_url(self) -> str:
        """What is asked of the origin, as a URL: of the member, once one was chosen (LG-2g)."""
        service, pool = self.plan.service, self.pool
        assert service is not None
        name = service.name if pool is None else pool.worker.name
        if pool is None or pool.worker.member is None:
            scheme, _, rest = name.partition("://")
            name = f"{scheme}://{rest.partition('/')[0]}"
        uri = self.plan.uri.decode("latin-1")
        return name + (uri.partition("?")[0] if name.startswith("fcgi:") else uri)

    def environment(self) -> dict[str, str]:
        """The request's variables with those of the member that was chosen (ST-11), or all that a script was told."""
        decision = self.plan.decision
        env = dict(self.script or (decision.env if decision is not None else {}))
        service, pool = self.plan.service, self.pool
        if service is None or pool is None or pool.worker.member is None:
            return env
        env |= {
            "BALANCER_NAME": service.name,
            "BALANCER_WORKER_NAME": pool.worker.name,
            "BALANCER_WORKER_ROUTE": pool.worker.member.route,
        }
        if self.session is not None:
            env |= {"BALANCER_SESSION_STICKY": self.session.name, "BALANCER_SESSION_ROUTE": self.session.route}
        if self.route_changed:
            env["BALANCER_ROUTE_CHANGED"] = "1"
        return env
