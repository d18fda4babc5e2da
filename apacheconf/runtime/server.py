"""The rim: sockets, the event loop, signals. With ``connecting`` the only file of serve that knows asyncio.

It listens, hands sockets to ``ClientConnection``, ticks the clock, and drains when told to end. Everything that
decides is elsewhere.
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from apacheconf.diagnostics import UsageError
from apacheconf.program.by_handler import workers_of
from apacheconf.program.hosts import EVERYWHERE, Limits
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.runtime.accesslog import access_logger
from apacheconf.runtime.blocking import look_up
from apacheconf.runtime.client import ClientConnection
from apacheconf.runtime.connecting import Connecting
from apacheconf.runtime.errors import Said
from apacheconf.runtime.honesty import refuse_dishonoured
from apacheconf.runtime.listening import bind, name_of, places
from apacheconf.runtime.logfiles import LogFiles
from apacheconf.runtime.logs import loggers
from apacheconf.runtime.options import Address, Destination, Ready, ServeOptions, connect_authority
from apacheconf.runtime.origin import OriginConnection
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


class Server(Connecting):
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
            limits = [host.shape.limits for host in self.program.hosts]
            self.looked_up = await look_up(word for each in limits for word in (*each.blocked, *each.no_proxy))
            self._bind_all()
            self._open_logs()
            for address, sock in self._sockets:
                self._servers.append(await self._accept(address, sock))
            self._checker = self._start_checks()
            ticker = asyncio.ensure_future(self._tick())
            self._handle_signals()
            if self.options.on_ready is not None:
                self.options.on_ready(Ready(tuple((a, name_of(s)) for a, s in self._sockets)))
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
        found = [(listener, *place) for listener in self.program.listeners for place in places(listener, self.options)]
        hears_all = {target[1] for _, _, target in found if target[0] in ("", "::")}
        for listener, written, target in found:
            if target[0] == "0.0.0.0" and target[1] in hears_all:
                continue  # the socket for IPv6 hears those of IPv4, too (VH-5)
            if target not in bound or target[1] == 0:
                bound.add(target)
                self._sockets.append((written, bind(target, listener, self.program.backlog)))
        if not self._sockets:
            help = "the configuration says no Listen: add a line such as `Listen 80`"
            raise UsageError("no listening sockets available, shutting down", help)

    def _open_logs(self) -> None:
        """Every log of every host, so that what can't be written is said now. Raises UsageError."""
        for host in self.program.hosts:
            self.errors(host)
            loggers(host, self.logs.writer)

    async def _accept(self, written: Address, sock: socket.socket) -> asyncio.Server:
        moved = name_of(sock)[1] != written[1]

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
        for authority in {connect_authority(worker) for worker in workers_of(self.program)} - set(self._destinations):
            server = await self.loop.create_server(lambda name=authority: stub(name), "127.0.0.1", 0)  # type: ignore[misc]
            self._servers.append(server)
            self._stubbed.add(authority)
            self._destinations[authority] = ("127.0.0.1", server.sockets[0].getsockname()[1])

    # --- what ServerState asks for ---------------------------------------------------------------------------

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

        def dropped(said: Said) -> None:
            about = ClientConnection(server, door, client)
            server.log(said.level, said.module, said.text, host=door.main.host, client=about, system=said.system)

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


def _plain(address: str) -> str:
    """An IPv4 address that came through an IPv6 socket, as IPv4 (VH-30)."""
    return address.removeprefix("::ffff:") if address.startswith("::ffff:") and "." in address else address
