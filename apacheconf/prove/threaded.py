"""Origins in a thread of their own, on loopback: what they receive is written down, and they can be taken down."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from apacheconf.engines import free_ports
from apacheconf.origins import OriginProtocol, Received, factory

#: Seconds that an origin waits for a front to agree that a connection over TLS has ended.
CLOSING = 0.02


@dataclass(frozen=True, slots=True)
class Listening:
    """A Unix socket, and what the origin there is ``called`` in URLs: the host of the worker's own."""

    path: Path
    called: str


class Origins:
    """Controlled origins on loopback, in a thread of their own, within a ``with`` block.

    ``ports`` maps each authority to its port of 127.0.0.1, which it has from the start; ``sockets`` are those that
    listen at a Unix socket instead. ``up`` says which ones accept connections; at the ports of the others connections
    are refused. Those that are ``secure`` speak TLS, as ``strange`` says where they are that. Raises OSError when a
    port can't be had.
    """

    def __init__(
        self,
        authorities: Iterable[str],
        secure: Mapping[str, ssl.SSLContext] | None = None,
        sockets: Mapping[str, Listening] | None = None,
        strange: Mapping[str, ssl.SSLContext] | None = None,
    ) -> None:
        names = tuple(authorities)
        self._secure, self._strange, self._sockets = secure or {}, strange or {}, sockets or {}
        # Ports that no outgoing connection takes while an origin is down and its port is free for a moment.
        ports = free_ports(len(names), but=named_ports(names))
        self._held = {name: _bound(port) for name, port in zip(names, ports, strict=True)}
        self.ports = {authority: held.getsockname()[1] for authority, held in self._held.items()}
        self._received: list[Received] = []
        self._servers: list[asyncio.Server] = []
        self._protocols: list[OriginProtocol] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="origins", daemon=True)

    def __enter__(self) -> Origins:
        self._thread.start()
        return self

    def freeze(self, seconds: float) -> None:
        """From now on nothing is accepted, read or answered for so long."""
        self._loop.call_soon_threadsafe(time.sleep, seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        for held in self._held.values():
            held.close()

    def up(self, authorities: Iterable[str], strange: bool = False) -> None:
        """From now on exactly these accept connections; what was received before is forgotten.

        Where they are ``strange`` those that are secure show the certificate of a stranger.
        """
        self._run(self._restart(frozenset(authorities), self._strange if strange else self._secure))
        self.take()

    def take(self) -> tuple[Received, ...]:
        """The requests that have arrived since the last call, in the order in which they were complete.

        Connections that an answer was to end have ended then, so that no front takes one for alive.
        """
        self._run(self._settle())
        taken = tuple(self._received)
        del self._received[: len(taken)]
        return taken

    def _run(self, work: object) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)  # type: ignore[arg-type]

    async def _restart(self, authorities: frozenset[str], secure: Mapping[str, ssl.SSLContext]) -> None:
        await self._close()
        for authority, at in self._sockets.items():
            if authority in authorities:
                await self._listen(authority, at)
        for authority, port in self.ports.items():
            self._held[authority].close()
            self._held[authority] = held = _bound(port)
            if authority in authorities:
                make = self._remembering(factory(authority, self._received.append, called=f"127.0.0.1:{port}"))
                tls = secure.get(authority)
                patience = CLOSING if tls else None
                self._servers.append(
                    await self._loop.create_server(make, sock=held, backlog=200, ssl=tls, ssl_shutdown_timeout=patience)
                )

    async def _listen(self, authority: str, at: Listening) -> None:
        make = self._remembering(factory(authority, self._received.append, called=at.called))
        self._servers.append(await self._loop.create_unix_server(make, at.path))
        at.path.chmod(0o777)  # a front started as root has workers of another account

    def _remembering(self, make: Callable[[], OriginProtocol]) -> Callable[[], OriginProtocol]:
        def made() -> OriginProtocol:
            self._protocols.append(protocol := make())
            return protocol

        return made

    async def _settle(self) -> None:
        """Let the callbacks that are due run: closing a transport takes two rounds of the loop, and over TLS longer."""
        for _ in range(3):
            await asyncio.sleep(0)
        for _ in range(10):
            if any(protocol.is_closing for protocol in self._protocols):
                await asyncio.sleep(CLOSING / 5)

    async def _close(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()
        for at in self._sockets.values():
            at.path.unlink(missing_ok=True)
        for protocol in self._protocols:
            protocol.abort()
        self._protocols.clear()


class StubOrigins:
    """Stubs that show what they receive, each on a loopback port, in a thread of their own within a ``with`` block.

    ``at`` gives the address of the stub for ``host:port``, and starts it when it is asked for first; with a
    ``certificate`` (a file with key and certificate) it speaks TLS.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int]] = {}
        self._servers: list[asyncio.Server] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stub origins", daemon=True)

    def __enter__(self) -> StubOrigins:
        self._thread.start()
        return self

    def at(self, authority: str, certificate: Path | None = None) -> tuple[str, int]:
        if authority not in self._found:
            started = asyncio.run_coroutine_threadsafe(self._start(authority, certificate), self._loop)
            self._found[authority] = started.result(20)
        return self._found[authority]

    async def _start(self, authority: str, certificate: Path | None) -> tuple[str, int]:
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
        port = free_ports(1)[0]
        self._servers.append(await self._loop.create_server(factory(authority), "127.0.0.1", port, ssl=context))
        return "127.0.0.1", port

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self._servers:
            self._loop.call_soon_threadsafe(server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)


def named_ports(authorities: Iterable[str]) -> frozenset[int]:
    """The ports that ``host:port`` names say."""
    return frozenset(int(port) for _, _, port in (each.rpartition(":") for each in authorities) if port.isdigit())


def _bound(port: int) -> socket.socket:
    """A socket bound to a loopback port: until it listens, connections there are refused."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", port))
    return held
