"""The rim: sockets, the event loop, signals. The only file of serve that knows asyncio.

It listens, hands sockets to ``ClientConnection``, opens connections to origins, ticks the clock, and drains
when told to end. Everything that decides is elsewhere.
"""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apacheconf.diagnostics import UsageError
from apacheconf.program.hosts import EVERYWHERE, Limits, Listener
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.runtime import faults
from apacheconf.runtime.accesslog import access_logger
from apacheconf.runtime.blocking import look_up
from apacheconf.runtime.client import ClientConnection
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.honesty import refuse_dishonoured
from apacheconf.runtime.logfiles import LogFiles
from apacheconf.runtime.logs import loggers
from apacheconf.runtime.options import Address, Destination, Ready, ServeOptions, connect_authority
from apacheconf.runtime.origin import OriginConnection
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.protocols import protocol_of
from apacheconf.runtime.proxy_protocol import Preamble, expects_preamble
from apacheconf.runtime.state import Door, ServerState

if TYPE_CHECKING:
    from ssl import SSLContext

    from apacheconf.runtime.checking import Checker
    from apacheconf.runtime.front_tls import Contexts
    from apacheconf.runtime.secured import Secured

#: Seconds between two looks at the deadlines.
TICK = 0.1


def serve(program: Program, options: ServeOptions | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then drain.

    Raises ConfigError when a directive that restricts isn't honoured, UsageError when a port can't be bound.
    """
    options = options or ServeOptions()
    refuse_dishonoured(program, options.accepted)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(Server(program, options).run())


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's where it is installed."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


class Server(ServerState):
    """A program being served by one event loop."""

    def __init__(self, program: Program, options: ServeOptions) -> None:
        super().__init__(program, options.error_log)
        self.options = options
        self.loop: asyncio.AbstractEventLoop = None  # type: ignore[assignment]  # known from run() on
        self.preambles = any(host.preamble is not None for host in program.hosts)
        self.access_log = access_logger(options.access_log) if options.access_log else None
        self.logs = LogFiles(options.logs)
        self._destinations: dict[str, Destination] = dict(options.origins)
        self._stubbed: set[str] = set()
        self._checker: Checker | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._sockets: list[tuple[Address, socket.socket]] = []
        self._contexts = _contexts(program, stand_in=options.stub is not None)
        self._servers: list[asyncio.Server] = []
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Listen, serve and drain. Raises UsageError."""
        self.loop = asyncio.get_running_loop()
        self.now = self.loop.time()
        self.loop.set_exception_handler(self._on_fault)
        ticker = None
        try:
            await self._start_stubs()
            self.blocked = await look_up(word for host in self.program.hosts for word in host.shape.limits.blocked)
            self._bind_all()
            self._open_logs()
            for address, sock in self._sockets:
                self._servers.append(await self._accept(address, sock))
            self._checker = self._start_checks()
            ticker = asyncio.ensure_future(self._tick())
            self._handle_signals()
            if self.options.on_ready is not None:
                self.options.on_ready(Ready(tuple((a, _name_of(s)) for a, s in self._sockets)))
            await self._ended.wait()
            await self._drain()
        finally:
            if ticker is not None:
                ticker.cancel()
            if self._checker is not None:
                self._checker.stop()
            for _, sock in self._sockets:
                sock.close()
            self.logs.close()

    def _on_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """What a callback raised and nobody caught: a line in the error log instead of a traceback."""
        fault = context.get("exception")
        if fault is not None:
            self.report(fault)

    def stop(self) -> None:
        """End: drain at the first call, at once at the second."""
        if self._ended.is_set():
            self._abort_all()
        self._ended.set()

    # --- listening -------------------------------------------------------------------------------------------

    def _bind_all(self) -> None:
        bound: set[Address] = set()
        places = [
            (listener, *place) for listener in self.program.listeners for place in _places(listener, self.options)
        ]
        hears_all = {target[1] for _, _, target in places if target[0] in ("", "::")}
        for listener, written, target in places:
            if target[0] == "0.0.0.0" and target[1] in hears_all:
                continue  # the socket for IPv6 hears those of IPv4, too (VH-5)
            if target not in bound or target[1] == 0:
                bound.add(target)
                self._sockets.append((written, _bind(target, listener, self.program.backlog)))

    def _open_logs(self) -> None:
        """Every log of every host, so that what can't be written is said now. Raises UsageError."""
        for host in self.program.hosts:
            self.errors(host)
            loggers(host, self.logs.writer)

    async def _accept(self, written: Address, sock: socket.socket) -> asyncio.Server:
        moved = _name_of(sock)[1] != written[1]

        def accepted() -> asyncio.BaseProtocol:
            return _Arrival(self, written, moved)  # type: ignore[return-value]

        return await self.loop.create_server(accepted, sock=sock, backlog=self.program.backlog)

    def context_of(self, door: Door, is_13: bool) -> SSLContext:
        assert self._contexts is not None and door.front_tls is not None
        return self._contexts.of(door.front_tls, is_13)

    @property
    def secured(self) -> type[Secured]:
        """What a socket becomes where TLS is spoken; loaded only there."""
        from apacheconf.runtime.secured import Secured

        return Secured

    async def _start_stubs(self) -> None:
        """A stand-in for every origin, on a port of its own (``--stub-origins``)."""
        stub = self.options.stub
        if stub is None:
            return
        for authority in {connect_authority(worker) for worker in self.program.workers()} - set(self._destinations):
            server = await self.loop.create_server(lambda name=authority: stub(name), "127.0.0.1", 0)  # type: ignore[misc]
            self._servers.append(server)
            self._stubbed.add(authority)
            self._destinations[authority] = ("127.0.0.1", server.sockets[0].getsockname()[1])

    # --- origins ---------------------------------------------------------------------------------------------

    def connect(self, pool: Pool, exchange: Exchange) -> None:
        task = self.loop.create_task(self._connect(pool, exchange))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connect(self, pool: Pool, exchange: Exchange) -> None:
        try:
            await self._open(pool, exchange)
        except OriginBroke as error:
            if exchange.client.exchange is exchange:
                exchange.connect_failed(error)
            else:
                pool.cells.busy -= 1
                pool.open -= 1

    async def _open(self, pool: Pool, exchange: Exchange) -> None:
        """Open a connection; it tells the exchange itself. Raises OriginBroke (FA-1, FA-2)."""
        worker = pool.worker
        connection = protocol_of(worker, self.program.modules)(self, pool, exchange)

        def factory() -> asyncio.BaseProtocol:
            return connection  # type: ignore[return-value]

        timeout = worker.connect_timeout or self.origin_timeout(pool, exchange.site)
        place = await self.place_of(pool)
        if refused := self.refuse_blocked(pool, exchange.site):
            raise refused
        secure = pool.secure and connect_authority(worker) not in self._stubbed
        try:
            async with asyncio.timeout(timeout):
                if secure:
                    sock = await self.reach(place)
                elif isinstance(place, str):
                    await self.loop.create_unix_connection(factory, place)
                else:
                    await self.loop.create_connection(factory, *place)
        except (OSError, TimeoutError) as error:
            said = faults.not_reached(worker, place, faults.why(error))
            raise OriginBroke(503, "connecting has failed", said=said, unreached=True) from error
        if secure:
            await self._secure(sock, connection, exchange)

    async def reach(self, place: Destination) -> socket.socket:
        """A socket connected to ``place``. Raises OSError."""
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        try:
            await self.loop.sock_connect(sock, place)
        except BaseException:
            sock.close()
            raise
        return sock

    async def _secure(self, sock: socket.socket, connection: OriginConnection, exchange: Exchange) -> None:
        """Speak TLS on a connected socket, then give it to ``connection``. Raises OriginBroke (FA-3, FA-4)."""
        from apacheconf.runtime.tls import Handshake, context_for, handshake_failed, without_engine

        settings, name = exchange.plan.forwarding.tls, connection.tls_name
        if not settings.engine:
            sock.close()
            raise without_engine(connection.pool.worker.name)
        handshake = Handshake(connection, settings, name)
        create: Any = self.loop.create_unix_connection if sock.family == socket.AF_UNIX else self.loop.create_connection
        try:
            async with asyncio.timeout(connection.timeout):
                # A name that is an address is not sent as SNI, and nor is this one.
                context, sent = context_for(settings), name or "0.0.0.0"
                await create(lambda: handshake, sock=sock, ssl=context, server_hostname=sent)
        except (OSError, ValueError, TimeoutError) as error:
            sock.close()
            self.log("info", "ssl", f"AH02003: SSL Proxy connect failed: {error}", exchange=exchange)
            raise handshake_failed() from error
        if handshake.refused is not None:
            raise handshake.refused

    @property
    def main_limits(self) -> Limits:
        return self.program.hosts[self.program.index.main].shape.limits

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        self.loop.call_later(seconds, callback)

    def beside(self, work: Callable[[], None], then: Callable[[BaseException | None], None]) -> None:
        future = self.loop.run_in_executor(None, work)
        future.add_done_callback(lambda done: None if done.cancelled() else then(done.exception()))

    def clock(self) -> float:
        self.now = self.loop.time()
        return self.now

    async def place_of(self, pool: Pool) -> Destination:
        """Where to connect for a worker. Raises OriginBroke(500)."""
        worker = pool.worker
        return self._destinations.get(connect_authority(worker)) or worker.socket or await self._resolve(pool)

    async def _resolve(self, pool: Pool) -> Address:
        """The worker's address, looked up once, or anew after its ``addressttl`` (WP-12). Raises OriginBroke(500)."""
        if pool.place is None or self.loop.time() >= pool.place_until:
            worker = pool.worker
            try:
                found = await self.loop.getaddrinfo(worker.host, worker.port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise proxy_error(500, f"DNS lookup failure for: {worker.host}", system=_why_unknown(error)) from error
            pool.place = (str(found[0][4][0]), worker.port)
            if worker.address_ttl >= 0:
                pool.place_until = self.loop.time() + worker.address_ttl
        return pool.place

    # --- time and end ----------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self.tick(now := self.loop.time())
            if self._checker is not None:
                self._checker.tick(now)

    def _start_checks(self) -> Checker | None:
        """Health checks, where any member asks for them and isn't a stub."""
        origins = [origin for origin in self.program.origins if isinstance(origin, Balancer)]
        if not any(worker.check for origin in origins for worker in origin.members):
            return None
        from apacheconf.runtime.checking import Checker
        from apacheconf.runtime.health import Health

        pools = [pool for origin in origins for pool in self.service(origin).pools]
        asked = [pool for pool in pools if connect_authority(pool.worker) not in self._stubbed]
        return Checker(self, Health(asked, self.program.checks_at_once, self.now))

    def _handle_signals(self) -> None:
        handlers = {signal.SIGINT: self.stop, signal.SIGTERM: self.stop, signal.SIGUSR1: self.logs.reopen}
        for number, handler in handlers.items():
            try:
                self.loop.add_signal_handler(number, handler)
            except (ValueError, RuntimeError, NotImplementedError):
                return  # not the main thread: whoever started us calls stop()

    async def _drain(self) -> None:
        """Accept no more, let requests in flight end, close the rest."""
        self.draining = True
        for server in self._servers:
            server.close()
        for client in list(self.clients):
            client.drain()
        for handshake in list(self.handshakes):
            handshake.overdue()
        until = self.loop.time() + self.options.grace
        while (self.clients or self.tunnels) and self.loop.time() < until:
            await asyncio.sleep(0.02)
        self._abort_all()
        await asyncio.sleep(0)

    def _abort_all(self) -> None:
        connections: list[ClientConnection | OriginConnection | Secured] = [
            *self.clients, *self.origin_connections, *self.handshakes
        ]  # fmt: skip
        for connection in connections:
            if connection.transport is not None:
                connection.transport.abort()
        for tunnel in list(self.tunnels):
            tunnel.abort()


class _Arrival:
    """An accepted socket until its addresses are known; then it is a ClientConnection, or begins with TLS."""

    def __init__(self, server: Server, written: Address, moved: bool) -> None:
        self._server, self._written, self._moved = server, written, moved

    def connection_made(self, transport: Any) -> None:
        local = transport.get_extra_info("sockname") or self._written
        peer = transport.get_extra_info("peername") or ("0.0.0.0", 0)
        named = self._written[0] not in EVERYWHERE
        address = (self._written[0] if named else _plain(local[0]), self._written[1])
        door = self._server.door(address)
        plain = door.main.host.front_tls is None
        arrived = ServerState.arrive if plain else self._server.secured
        client = (_plain(peer[0]), peer[1])
        if self._server.preambles and expects_preamble(self._server.program, address, client[0]):
            self._begin_preamble(transport, client, door, arrived)
            return
        protocol = arrived(self._server, door, client)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    def _begin_preamble(self, transport: Any, client: tuple[str, int], door: Door, arrived: Callable[..., Any]) -> None:
        """The PROXY protocol comes first; what doesn't begin with it is dropped."""
        server = self._server

        def dropped(why: str) -> None:
            said = f"RemoteIPProxyProtocol: {why} from {client[0]}:{client[1]}"
            server.log("error", "remoteip", said, host=door.main.host)

        preamble = Preamble(transport, client, lambda peer: arrived(server, door, peer), dropped)
        preamble.wait_in(server.handshakes, server.now + door.main.limits.timeout)
        transport.set_protocol(preamble)

    def connection_lost(self, _: BaseException | None) -> None:
        """Gone before it arrived."""

    def data_received(self, data: bytes) -> None:
        """Never called: the protocol is replaced first."""

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...


def _contexts(program: Program, stand_in: bool) -> Contexts | None:
    """The TLS of the hosts that speak it; None without any. Raises ConfigError."""
    if all(host.front_tls is None for host in program.hosts):
        return None
    from apacheconf.runtime.front_tls import Contexts

    return Contexts(program.hosts, stand_in)


def _places(listener: Listener, options: ServeOptions) -> list[tuple[Address, Address]]:
    """Where a listener's sockets go: pairs of the address that the configuration sees and the real one.

    A listener for all addresses may be moved address by address, for hosts that are named by address. One on
    loopback stays there when only its port is moved.
    """
    written = (listener.address, listener.port)
    target = options.listen.get(written) or options.listen.get(listener.port)
    if target is not None and not target[0] and (listener.address.startswith("127.") or listener.address == "::1"):
        target = (listener.address, target[1])
    if target is None and not _is_literal(listener.address):
        found = [(address, listener.port) for address in _look_up(listener)]
        return list(zip(found, found, strict=True))
    moved = [(key, to) for key, to in options.listen.items() if isinstance(key, tuple) and key[1] == listener.port]
    singly = [pair for pair in moved if pair[0][0]] if not listener.address else []
    return [*singly, (written, target or written)] if target or not singly else singly


def _is_literal(address: str) -> bool:
    """Whether an address of a Listen is a number, or empty for all addresses, and no name."""
    return not address or ":" in address or address.replace(".", "").isdigit()


def _look_up(listener: Listener) -> list[str]:
    """Every address that the name of a Listen has, once (VH-2). Raises UsageError for a name that has none."""
    place = next((f"{directive.place}: " for directive in listener.said_by), "")
    try:
        found = socket.getaddrinfo(listener.address, listener.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        text = f"AH00077: alloc_listener: failed to set up sockaddr for {listener.address}"
        raise UsageError(f"{place}{_why_unknown(error)}: {text}", _bind_help(listener)) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _plain(address: str) -> str:
    """An IPv4 address that came through an IPv6 socket, as IPv4 (VH-30)."""
    return address.removeprefix("::ffff:") if address.startswith("::ffff:") and "." in address else address


def _why_unknown(error: OSError | UnicodeError) -> str:
    """A failed look-up in the error log's words."""
    if isinstance(error, socket.gaierror) and error.errno is not None:
        return f"(EAI {abs(error.errno)}){error.strerror}"
    return "(EAI 2)Name or service not known"


def _name_of(sock: socket.socket) -> Address:
    name = sock.getsockname()
    return name[0], name[1]


def _bind(target: Address, listener: Listener, backlog: int) -> socket.socket:
    """A bound socket. Raises UsageError with what to do."""
    host, port = target
    family = socket.AF_INET6 if ":" in host or (not host and socket.has_dualstack_ipv6()) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6 and host in ("", "::"):
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.bind((host, port))
        sock.listen(backlog)  # only now does a wildcard's address count as taken (VH-5)
    except OSError as error:
        sock.close()
        if family == socket.AF_INET6 and not host and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            return _bind(("0.0.0.0", port), listener, backlog)
        raise UsageError(_bind_message(target, listener, error), _bind_help(listener)) from None
    sock.setblocking(False)
    return sock


def _bind_message(target: Address, listener: Listener, error: OSError) -> str:
    place = next((f"{directive.place}: " for directive in listener.said_by), "")
    where = f"{target[0] or '[::]'}:{target[1]}"
    return f"{place}({error.errno}){error.strerror}: AH00072: make_sock: could not bind to address {where}"


def _bind_help(listener: Listener) -> str:
    free = listener.port + 8000 if listener.port < 1024 else listener.port + 1
    return f"listen elsewhere with --listen {listener.port}=127.0.0.1:{free}"
