"""Peers that contests need beside controlled origins: one that switches protocols, and a Unix socket."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self


def has_ipv6() -> bool:
    """Whether this machine has ::1; a kernel that knows IPv6 isn't enough."""
    try:
        with socket.socket(socket.AF_INET6) as one:
            one.bind(("::1", 0))
    except OSError:
        return False
    return socket.has_dualstack_ipv6()


class Listening:
    """Serves each connection of a listening socket in a thread, within a ``with`` block."""

    def __init__(self, listener: socket.socket, serve: Callable[[socket.socket], None]) -> None:
        self._listener, self._serve = listener, serve
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._listener.listen(20)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with connection, contextlib.suppress(OSError):
            self._serve(connection)


class Switching(Listening):
    """An origin that switches protocols: it answers 101 with the token that the path names, then echoes.

    ``/echo/TOKEN`` says so many bytes came when the other side has ended, ``/plain`` answers 200. What it was sent as
    a head stands in ``heads``.
    """

    def __init__(self) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.heads: list[str] = []
        super().__init__(listener, self._switch)

    def _switch(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return
            data += more
        head, _, rest = data.partition(b"\r\n\r\n")
        self.heads.append(head.decode("latin-1"))
        found = re.search(rb"/echo/(\S*) ", head)
        if found is None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: o\r\nConnection: close\r\n\r\nplain")
            return
        lines = b"Server: o\r\nUpgrade: %b\r\nConnection: Upgrade\r\nX-More: yes\r\n" % found[1]
        connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\n" + lines + b"\r\nhello ")
        count = 0
        while rest or (rest := connection.recv(65536)):
            count += len(rest)
            connection.sendall(rest)
            rest = b""
        connection.sendall(b" %d bytes came" % count)


class Bridge(Listening):
    """A Unix socket at ``path`` whose connections go on to a TCP port of 127.0.0.1."""

    def __init__(self, path: Path, port: int) -> None:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        path.chmod(0o777)
        self._port = port
        super().__init__(listener, self._relay)

    def _relay(self, connection: socket.socket) -> None:
        relay(connection, self._port)


def relay(connection: socket.socket, port: int) -> None:
    """Pass bytes on, both ways, between a connection and a port of 127.0.0.1."""
    with socket.create_connection(("127.0.0.1", port), 10) as onward:
        back = threading.Thread(target=_pump, args=(onward, connection), daemon=True)
        back.start()
        _pump(connection, onward)
        back.join(10)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def talk(port: int, first: bytes, then: tuple[bytes, ...]) -> bytes:
    """Everything that comes back when each of ``then`` is sent after a silence, and then the end."""
    out = b""
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(first)
        for data in then:
            out += _until_silent(connection)
            with contextlib.suppress(OSError):
                connection.sendall(data)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        connection.settimeout(3)
        with contextlib.suppress(OSError):
            while data := connection.recv(65536):
                out += data
    return out


def _until_silent(connection: socket.socket) -> bytes:
    out = b""
    connection.settimeout(0.25)
    with contextlib.suppress(TimeoutError):
        while data := connection.recv(65536):
            out += data
    return out
