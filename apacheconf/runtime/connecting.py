"""How connections to origins come about: names looked up, sockets connected, TLS spoken (FA-1 to FA-4, WP-12).

The second file of serve that knows asyncio: the part of ``Server`` that reaches out.
"""

from __future__ import annotations

import asyncio
import socket
from pathlib import PurePosixPath
from typing import Any

from apacheconf.program.workers import Worker
from apacheconf.runtime import faults
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.options import Address, Destination, connect_authority
from apacheconf.runtime.origin import OriginConnection
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.protocols import protocol_of
from apacheconf.runtime.state import ServerState
from apacheconf.runtime.ways import LONGEST_ANSWER, connect_request, no_tunnel, refusal


class Connecting(ServerState):
    """A server's way to its origins. ``_destinations`` are authorities that are moved, ``_stubbed`` those of stubs."""

    loop: asyncio.AbstractEventLoop
    _destinations: dict[str, Destination]
    _stubbed: set[str]
    _connecting: set[asyncio.Task[None]]

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
                    sock = await self.reach(place, worker)
                elif isinstance(place, str):
                    await self.loop.create_unix_connection(factory, place)
                elif worker.tcp_keepalive or worker.receive_buffer:
                    await self.loop.create_connection(factory, sock=await self.reach(place, worker))
                else:
                    await self.loop.create_connection(factory, *place)
        except (OSError, TimeoutError) as error:
            said = faults.not_reached(worker, place, faults.why(error), name=f"{pool.host}:{pool.port}")
            raise OriginBroke(503, "connecting has failed", said=said, unreached=True) from error
        if secure:
            if pool.remote is not None:
                await self._tunnel(sock, pool, timeout)
            await self._secure(sock, connection, exchange)

    def is_stood_in(self, pool: Pool) -> bool:
        return connect_authority(pool.worker) in self._destinations or connect_authority(pool.worker) in self._stubbed

    async def _tunnel(self, sock: socket.socket, pool: Pool, timeout: float) -> None:
        """Ask a proxy for a connection to the worker (CONNECT). Raises OriginBroke."""
        worker, remote = pool.worker, pool.remote
        assert remote is not None
        try:
            async with asyncio.timeout(timeout):
                await self.loop.sock_sendall(sock, connect_request(worker, remote, self.server_line))
                head = b""
                while b"\r\n\r\n" not in head and len(head) < LONGEST_ANSWER:
                    piece = await self.loop.sock_recv(sock, 1)
                    if not piece:
                        break
                    head += piece
        except (OSError, TimeoutError) as error:
            sock.close()
            raise no_tunnel(worker, remote, faults.why(error)) from error
        if refused := refusal(worker, remote, head):
            sock.close()
            raise refused

    async def reach(self, place: Destination, worker: Worker | None = None) -> socket.socket:
        """A socket connected to ``place``, with the options of ``worker`` (WP-11, WP-16). Raises OSError."""
        family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setblocking(False)
        if worker is not None and worker.tcp_keepalive:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if worker is not None and worker.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, worker.receive_buffer)
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

    async def place_of(self, pool: Pool) -> Destination:
        """Where to connect for a worker. Raises OriginBroke(500)."""
        worker = pool.worker
        moved = self._destinations.get(connect_authority(pool))
        if moved or not worker.socket or pool.remote is not None:
            return moved or await self._resolve(pool)
        return str(PurePosixPath(self.program.runtime_directory, worker.socket))  # UN-3

    async def _resolve(self, pool: Pool) -> Address:
        """The worker's address, looked up once, or anew after its ``addressttl`` (WP-12). Raises OriginBroke(500)."""
        if pool.place is None or self.loop.time() >= pool.place_until:
            worker = pool.worker
            try:
                found = await self.loop.getaddrinfo(pool.host, pool.port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                why = faults.why_unknown(error)
                raise proxy_error(500, f"DNS lookup failure for: {pool.host}", system=why) from error
            pool.place = (str(found[0][4][0]), pool.port)
            if worker.address_ttl >= 0:
                pool.place_until = self.loop.time() + worker.address_ttl
        return pool.place
