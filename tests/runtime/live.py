"""A real server of ours on loopback, in a thread, for the live tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from types import TracebackType

from apacheconf.program.program import Program
from apacheconf.runtime.options import Address, Ready, ServeOptions
from apacheconf.runtime.server import Server, loop_factory


class Serving:
    """Serves ``program`` on an ephemeral port of 127.0.0.1 within a ``with`` block. ``lines`` is the access log."""

    def __init__(self, program: Program, origins: dict[str, int], grace: float = 10.0) -> None:
        self.lines: list[str] = []
        self.notes: list[str] = []
        self.address: Address = ("", 0)
        self._ready = threading.Event()
        options = ServeOptions(
            listen={80: ("127.0.0.1", 0)},
            origins={name: ("127.0.0.1", port) for name, port in origins.items()},
            access_log=self.lines.append,
            error_log=self.notes.append,
            on_ready=self._on_ready,
            grace=grace,
        )
        self.server = Server(program, options)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self.server.run())

    def _on_ready(self, ready: Ready) -> None:
        self.address = ready.listeners[0][1]
        self._ready.set()

    def __enter__(self) -> Serving:
        self.thread.start()
        assert self._ready.wait(20)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.thread.is_alive():
            self.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def stop(self) -> None:
        """What a signal does."""
        with contextlib.suppress(RuntimeError):  # it has ended already
            self.server.loop.call_soon_threadsafe(self.server.stop)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=20)

    def ask(self, raw: bytes) -> bytes:
        """Everything that comes back until the server closes."""
        with self.connect() as client:
            client.sendall(raw)
            return read_all(client)


def read_all(client: socket.socket) -> bytes:
    out = b""
    while data := client.recv(65536):
        out += data
    return out


def read_until(client: socket.socket, end: bytes) -> bytes:
    """What comes up to and with ``end``."""
    out = b""
    while not out.endswith(end):
        data = client.recv(65536)
        assert data, out
        out += data
    return out
