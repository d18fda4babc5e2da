"""Origins for whole sites: HTTP at ports and Unix sockets, with TLS or without, which tell what they received.

An answer shows the request as it came, so that whoever compares two answers compares two requests. ``X-Want: 404`` in
a request asks for that status; every answer has a cookie and, from 300 to 399, a Location of the origin's own.
An ``Upgrade`` is agreed to, and five bytes are sent back.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import ssl
from pathlib import Path

from apacheconf.origins import Received, RequestReader
from tests.runtime.peers import Listening

_COOKIES = ("Set-Cookie: sid=1; Path=/v2/x; Domain=127.0.0.1", "Set-Cookie: JSESSIONID=abc.node1; Path=/")


class Telling(Listening):
    """One origin; ``arrived`` are the requests it received. ``tls`` is its side of TLS, if it speaks that."""

    def __init__(self, path: Path | None = None, tls: ssl.SSLContext | None = None) -> None:
        listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        listener.bind(str(path) if path else ("127.0.0.1", 0))
        if path:
            path.chmod(0o777)
        self.port: int = 0 if path else listener.getsockname()[1]
        self.arrived: list[str] = []
        self._tls = tls
        super().__init__(listener, self._serve_one)

    def _serve_one(self, connection: socket.socket) -> None:
        if self._tls is not None:
            with contextlib.suppress(OSError), self._tls.wrap_socket(connection, server_side=True) as secure:
                self._talk(secure)
        else:
            self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        reader = RequestReader("", 0)
        while True:
            while not (event := reader.poll()):
                data = connection.recv(65536)
                if not data:
                    return
                reader.feed(data)
            request, whole = event
            if whole and not self._answered(connection, request):
                return

    def _answered(self, connection: socket.socket, request: Received) -> bool:
        """Answer; whether the connection stays."""
        shown = told(request)
        if request.value("x-ask") is not None:  # a check of a member's health comes when it likes
            self.arrived.append(shown)
        if request.value("upgrade") is not None:
            connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
            connection.sendall(b"".join(f"{line}\r\n".encode() for line in (*_COOKIES, "X-Powered-By: told", "")))
            connection.sendall(connection.recv(5))
            return False
        body = b"" if request.request_line.startswith("HEAD ") else shown.encode("latin-1")
        connection.sendall(self._head(request, len(shown)) + body)
        return (request.value("connection") or "").lower() != "close"

    def _head(self, request: Received, length: int) -> bytes:
        status = request.value("x-want") or "200"
        lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {length}", "Content-Type: text/html"]
        lines += _COOKIES
        if status.startswith("3"):
            lines.append(f"Location: http://127.0.0.1:{self.port}/v2/moved")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def told(request: Received) -> str:
    """What is compared of a request that arrived; ProxyVia Full tells httpd's patch level, which serve has none of."""
    lines = [request.request_line, *sorted(f"{name}: {value}" for name, value in request.headers)]
    lines = [re.sub(r"(?<=Apache/2\.4)\.\d+", "", line) for line in lines]
    digest = request.sha256 or hashlib.sha256().hexdigest()[:16]
    return "<title>Elastic</title>\n" + "\n".join(lines) + f"\n{request.framing} {request.length} {digest}\n"
