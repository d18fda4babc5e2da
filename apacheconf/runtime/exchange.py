"""One request's life at the origin's side: choose a member, send, relay the answer, fail over (sections 3 and 4).

Pure logic: it writes to transports it is given and asks its server to connect. Rules of this file:

- Until the answer's head was sent to the client (``started``) a failure is a page; after it, a closed connection,
  so that a truncated answer never looks whole (RS-27).
- A request moves to another member only while nothing of it was written to one (FO-4, FO-7).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apacheconf.program.names import parse_host
from apacheconf.runtime.answer import ReplyHead, interim, standard_reason, switching, unexpected_upgrade
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.forward import Lines
from apacheconf.runtime.framing import CHUNKED, LAST_CHUNK, UNTIL_CLOSE, chunk
from apacheconf.runtime.ranges import make_partial, wanted_range
from apacheconf.runtime.reply import client_head
from apacheconf.runtime.site import KnownReply, Plan, Site
from apacheconf.runtime.strict import Fields
from apacheconf.runtime.tunnel import Tunnel

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.origin import OriginConnection
    from apacheconf.runtime.pool import Pool, Service
    from apacheconf.runtime.sessions import Session, Sticky

#: Bytes of a request body that are read before the origin is asked (RB-1).
PREFETCH = 16384
MAX_INTERIMS = 10
#: How often one looks for a usable member within the balancer's ``timeout=`` (BP-7).
LOOKS = 100
_CHUNKED_LINE = b"Transfer-Encoding: chunked\r\n"
READ_FAILED = "Error reading from remote server"


class Exchange:
    """One request and its answer. ``plain`` when the client speaks HTTP/1.1, stays, and the method isn't HEAD."""

    __slots__ = (
        "_patience",
        "_pieces",
        "announce",
        "begun",
        "body_done",
        "body_length",
        "body_size",
        "client",
        "connection",
        "cut",
        "expects",
        "fields",
        "first_status",
        "head",
        "head_only",
        "host",
        "interims",
        "lines",
        "overridden",
        "path",
        "plain",
        "plan",
        "pool",
        "ranged",
        "reply",
        "request_line",
        "route_changed",
        "sent",
        "session",
        "site",
        "started",
        "status",
        "stay",
        "tries",
        "upgrade",
        "version",
        "written",
    )  # fmt: skip

    def __init__(
        self,
        client: ClientConnection,
        site: Site,
        plan: Plan,
        lines: Lines,
        host: bytes | None,
        fields: Fields,
        request_line: bytes,
    ) -> None:
        self.client: ClientConnection = client
        self.site: Site = site
        self.plan: Plan = plan
        self.lines = lines
        self.host: bytes | None = host
        self.fields: Fields = fields
        self.request_line: bytes = request_line
        self.plain = True
        self.stay: bool = True
        self.announce = False
        self.head_only = False
        self.version = (1, 1)
        self.expects = False
        self.body_length = 0
        self.body_done = True
        self.body_size = 0
        self._pieces: list[bytes] = []
        self.pool: Pool | None = None
        self.session: Session | None = None
        self.route_changed = False
        self._patience = 0
        self.connection: OriginConnection | None = None
        self.reply: ReplyHead | None = None
        self.sent = False
        self.started = False
        self.interims = 0
        self.tries = 0
        self.written = 0
        self.status = 0
        self.ranged = False
        self.upgrade = b""
        self.first_status = 0
        self.overridden: ReplyHead | None = None
        self.path = ""
        self.cut = False
        self.head: bytes | KnownReply = b""
        self.begun = time.time() if site.logs else 0.0

    def begin_again(self, plan: Plan, status: int, path: str) -> None:
        """An internal redirect after ``status``: the same client and another plan; the body isn't sent again."""
        self.plan, self.first_status, self.path = plan, status, path
        self.pool, self.connection, self.reply, self.overridden = None, None, None, None
        self.sent = self.expects = self.ranged = self.plain = False
        self.upgrade, self.session = b"", None
        self.tries = self.interims = self.body_length = self.body_size = 0
        self.body_done = True

    # --- towards the origin ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Choose a member and ask it, on an idle connection or a new one."""
        service = self.plan.service
        assert service is not None
        now = self.client.server.now
        if service.sticky is None:
            pool = service.choose(now)
        else:
            try:
                pool = self._choose_for_session(service, service.sticky, now)
            except OriginBroke as error:
                self.fail(error)
                return
        if pool is not None:
            self._ask(pool)
        elif service.wait:
            self._patience = LOOKS
            self._wait_for_member()
        else:
            self._nobody()

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
        elif self._patience:
            self._patience -= 1
            self.client.server.call_later(service.wait / LOOKS, self._wait_for_member)
        else:
            self._nobody()

    def _nobody(self) -> None:
        self.fail(OriginBroke(503, f"{self.plan.service.name if self.plan.service else ''}: no usable member"))

    def _ask(self, pool: Pool) -> None:
        """Ask this member, on an idle connection, a new one, or the next to be free (WP-2)."""
        server = self.client.server
        self.pool = pool
        self.tries += 1
        pool.cells.busy += 1
        connection = pool.take_named(server.now, self.tls_name()) if pool.secure else pool.take(server.now)
        if connection is not None:
            connection.reused = True
            self.connected(connection)
        elif pool.limit and pool.open >= pool.limit:
            pool.waiting.append(self)
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
        self.client.server.connect(self.pool, self)

    def _waited_too_long(self) -> None:
        """No connection became free within ``acquire=``, which counts as an error of the member (FA-12)."""
        pool = self.pool
        if pool is not None and self in pool.waiting:
            pool.waiting.remove(self)
            self._not_connected(OriginBroke(503, "all connections are in use"))

    def environment(self) -> dict[str, str]:
        """The request's variables with those of the member that was chosen (ST-11)."""
        decision = self.plan.decision
        env = dict(decision.env) if decision is not None else {}
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

    def connected(self, connection: OriginConnection) -> None:
        """A connection is there: send what is known of the request in one write."""
        self.connection = connection
        connection.exchange = self
        pool = self.pool
        assert pool is not None
        plan = self.plan
        if not self.body_length:
            data = b"".join(
                (
                    plan.request_start if not pool.path else self._start_below(pool.path),
                    self._host(pool.authority),
                    b"\r\n",
                    self.lines.with_peer(self.client.peer),
                    pool.connection_line if not self.upgrade else self._connection_line(pool),
                )
            )
        else:
            data = self._message_with_body(pool)
        self.sent = True
        pool.cells.transferred += len(data)
        connection.send(data)
        if self.body_length and not self.expects:
            self.client.release_body()

    def _start_below(self, path: bytes) -> bytes:
        return b"%b %b%b HTTP/1.1\r\nHost: " % (self.plan.method, path, self.plan.uri)

    def _host(self, authority: bytes) -> bytes:
        plan = self.plan
        if plan.host_header is not None:
            return plan.host_header
        if not plan.forwarding.keep_host:
            return authority
        return self.host or plan.forwarding.server_name

    def _message_with_body(self, pool: Pool) -> bytes:
        framing = self._framing()
        pieces: list[bytes] = []
        if not self.expects:
            pieces = self._pieces
            if framing is _CHUNKED_LINE:
                pieces = [chunk(pieces), LAST_CHUNK if self.body_done else b""]
        start = self._start_below(pool.path)
        lines = self.lines.with_peer(self.client.peer)
        return b"".join(
            (start, self._host(pool.authority), b"\r\n", lines, framing, self._connection_line(pool), *pieces)
        )

    def _connection_line(self, pool: Pool) -> bytes:
        """Connection, and Upgrade where the worker may be asked for it (WS-1)."""
        if not self.upgrade or not pool.upgrades_to(self.upgrade.decode("latin-1")):
            self.upgrade = b""
            return pool.connection_line
        return b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % self.upgrade

    def _framing(self) -> bytes:
        """The body's framing line (RB-1 to RB-3); with Expect the body is still with the client."""
        if self.body_length == CHUNKED and (not self.body_done or self.body_size > PREFETCH):
            return _CHUNKED_LINE
        if self.body_done:
            return b"Content-Length: %d\r\n" % self.body_size if self.body_length else b""
        return b"Content-Length: %d\r\n" % self.body_length

    def body(self, pieces: list[bytes], done: bool) -> None:
        """A part of the client's body; ``done`` with the last one. Starts the request when enough is here (RB-1)."""
        if self.first_status:  # an error document answers: nobody wants the body any more
            return
        self.body_size += sum(map(len, pieces))
        self.body_done = done
        if self.sent and not self.expects:
            self._relay_body(pieces, done)
            return
        self._pieces += pieces
        if self.pool is None and (done or self.body_size > PREFETCH):
            self.client.hold_body(done)
            self.start()
        elif self.body_size > PREFETCH:
            self.client.hold_body(done)

    def start_expecting(self) -> None:
        """Ask the origin at once: it is the origin that says whether the body is wanted (RQ-20)."""
        self.expects = True
        self.client.hold_body(False)
        self.start()

    def _may_send_body(self) -> None:
        """The origin wants the body, or has answered without saying (RQ-24)."""
        if self.expects:
            self.expects = False
            pieces, self._pieces = self._pieces, []
            if pieces or self.body_done:
                self._relay_body(pieces, self.body_done)
            self.client.release_body()

    def _relay_body(self, pieces: list[bytes], done: bool) -> None:
        connection = self.connection
        if connection is None:
            return
        if self.body_length == CHUNKED:
            connection.send(chunk(pieces) + (LAST_CHUNK if done else b""))
        elif pieces:
            connection.send(b"".join(pieces))

    # --- from the origin -------------------------------------------------------------------------------------

    def interim(self, head: ReplyHead) -> None:
        """A 1xx answer (RS-19, RQ-20). Raises OriginBroke."""
        data = interim(head, self.interims)
        self.interims += 1
        wanted = head.status != 100 or self.expects
        if head.status == 100:
            self._may_send_body()
        if wanted and self.version >= (1, 1):
            self.client.write(data)
        if self.interims >= MAX_INTERIMS:
            raise proxy_error(502, f"Too many ({self.interims}) interim responses from origin server")

    def switch(self, reply: ReplyHead, rest: bytes) -> None:
        """101: if it is what the client asked for, bytes go both ways from now on (WS-2, WS-5). Raises OriginBroke."""
        if not self.upgrade or reply.upgrade.lower() != self.upgrade.lower():
            raise unexpected_upgrade(reply.upgrade, self.upgrade)
        connection, client, pool = self.connection, self.client, self.pool
        assert connection is not None and pool is not None
        self.status = 101
        timeout = max(self.site.limits.timeout, client.server.origin_timeout(pool, self.site))
        transport, data, ended = client.hand_over()

        def over(_: Tunnel) -> None:
            pool.cells.busy -= 1
            pool.left()
            client.log(self)

        tunnel = Tunnel(client.server, transport, connection.hand_over(), timeout, over)
        tunnel.client.send(switching(reply) + rest)
        tunnel.origin.send(data)
        if ended:
            tunnel.client.eof_received()

    def answered(self, reply: ReplyHead, pieces: list[bytes], done: bool) -> None:
        """The final head, with the body that came with it."""
        self.reply = reply
        service, pool = self.plan.service, self.pool
        if service is not None and pool is not None and reply.status in service.fail_on_status:
            pool.cells.fail(self.client.server.now)
        override = self.plan.forwarding.override
        if override is not None and reply.status >= 400 and (not override or reply.status in override):
            self.overridden = reply  # its body is read to the end, and dropped (RS-23)
            return
        if self.first_status and override is not None:  # RS-25
            reply.status, reply.reason = self.first_status, standard_reason(self.first_status)
        if self.expects:  # it answered without asking for the body (RQ-24)
            self.stay = False
            if reply.reusable:
                self._may_send_body()
        elif not self.body_done:
            self.stay = False
        if done and self.ranged and reply.status == 200 and pieces:
            pieces = self._apply_range(reply, b"".join(pieces))
        self._tell_member()
        head = client_head(self, reply, complete=done and not pieces)
        self.started = True
        self.head = head
        self.client.write(head + self._body(pieces, done))

    def _tell_member(self) -> None:
        """Header and what else asks for variables may ask which member it was (ST-11)."""
        decision = self.plan.decision
        if decision is not None and decision.state is not None:
            decision.state.env.update(self.environment())

    def _apply_range(self, reply: ReplyHead, body: bytes) -> list[bytes]:
        """The origin ignored Range, so it is applied here as httpd does when the whole body is at hand (RQ-8)."""
        part = wanted_range(self.field(b"range"), self.field(b"if-range"), len(body), reply.fields)
        if part is None:
            return [body]
        make_partial(reply, part, len(body))
        return [body[part.start : part.stop]]

    def more(self, pieces: list[bytes], done: bool) -> None:
        """More of the answer's body."""
        data = self._body(pieces, done)
        if data:
            self.client.write(data)

    def _body(self, pieces: list[bytes], done: bool) -> bytes:
        reply = self.reply
        assert reply is not None
        if self.overridden is not None:
            return b""
        if self.head_only or reply.status in (204, 304):
            return b""
        size = sum(map(len, pieces))
        self.written += size
        if self.pool is not None:
            self.pool.cells.read += size
        if reply.length not in (CHUNKED, UNTIL_CLOSE) or self.version < (1, 1):
            return b"".join(pieces)
        if done and not self.written:
            return b""
        return chunk(pieces) + (LAST_CHUNK if done else b"")

    def finish(self) -> None:
        """The answer is complete and the connection is free again."""
        if self.pool is not None:
            self.pool.cells.busy -= 1
        self.connection = None
        if self.overridden is not None:
            self._override(self.overridden)
        else:
            self.client.finished(self)

    def _override(self, reply: ReplyHead) -> None:
        """Our own page or document in place of the origin's error, with its code and reason (RS-23)."""
        self.overridden = None
        self.stay = self.stay and self.body_done
        kept = [pair for pair in reply.fields if reply.status == 401 and pair[0].lower() == b"www-authenticate"]
        self.client.refuse(self, reply.status, reply.reason.decode("latin-1"), kept=kept)

    def head_sent(self) -> bytes:
        """The head of the answer as the client got it."""
        return self.head if isinstance(self.head, bytes) else self.head.first + self.head.rest

    def field(self, name: bytes) -> bytes:
        """The first value of a request field by its lower-case name, empty if absent."""
        return next((value for key, value in self.fields if key.lower() == name), b"")

    # --- failures --------------------------------------------------------------------------------------------

    def connect_failed(self, error: OriginBroke) -> None:
        """No connection came about (FA-1)."""
        assert self.pool is not None
        self.pool.open -= 1
        self._not_connected(error)

    def _not_connected(self, error: OriginBroke) -> None:
        """The member is in error, another may be tried (FO-4, FO-8)."""
        pool, service = self.pool, self.plan.service
        assert pool is not None and service is not None
        pool.cells.busy -= 1
        pool.cells.fail(self.client.server.now)
        self.client.server.note(f"{pool.title}: {error}")
        if error.status == 503 and not pool.cells.usable and self.tries < service.attempts:
            self.start()
            return
        self.fail(error)

    def broken(self, error: OriginBroke, before_status_line: bool = False) -> None:
        """The origin's connection failed or spoke nonsense after the request was sent (FA-6 to FA-10, RS-27)."""
        pool, connection = self.pool, self.connection
        assert pool is not None
        pool.cells.busy -= 1
        self.connection = None
        self.client.server.note(f"{pool.title}: {error}")
        if self.overridden is not None:
            self._override(self.overridden)
            return
        if before_status_line and self.client.requests > 1:
            if connection is not None and not connection.reused:
                pool.cells.fail(self.client.server.now)
            self.client.hang_up(self)  # FA-7: as if the client had reached the origin itself
            return
        self.fail(error)

    def fail_undecodable(self) -> None:
        """The body can't be decoded, which httpd finds out with a member chosen, and blames it (RB-8c, FO-1)."""
        service = self.plan.service
        pool = service.choose(self.client.server.now) if service is not None else None
        if pool is not None:
            pool.cells.fail(self.client.server.now)
        self.fail(OriginBroke(500, "a transfer coding other than chunked"))

    def timed_out(self) -> None:
        """The origin was silent for too long (FA-8, FA-9)."""
        service, pool = self.plan.service, self.pool
        if service is not None and pool is not None and service.fail_on_timeout:
            pool.cells.fail(self.client.server.now)
        self.broken(proxy_error(502, READ_FAILED))

    def fail(self, error: OriginBroke) -> None:
        """Answer with an error page, or cut the connection if the answer has begun."""
        self.connection = None
        if self.started:
            self.client.hang_up(self)
        else:
            self.client.refuse(self, error.status, error.reason, error.note, uncached=error.in_body)

    def abandon(self) -> None:
        """The client is gone: so is the origin's connection."""
        connection, self.connection = self.connection, None
        pool = self.pool
        if pool is not None and self in pool.waiting:
            pool.waiting.remove(self)
            pool.cells.busy -= 1
        elif pool is not None and connection is not None:
            pool.cells.busy -= 1
            connection.exchange = None
            connection.close()
