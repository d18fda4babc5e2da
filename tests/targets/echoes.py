"""A small origin for these tests: it answers with its port, the path it was asked for and the headers that matter."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_TOLD = ("host", "authorization", "accept-encoding", "proxy-authorization", "upgrade", "via")


@contextmanager
def echo(port: int) -> Iterator[None]:
    """An origin on loopback.

    ``X-Location`` orders a redirect, ``X-Status`` another status line, ``X-Reply`` more headers, with ``|`` between
    them.
    """
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_accept, args=(listener, port), daemon=True).start()
    try:
        yield
    finally:
        listener.close()


def _accept(listener: socket.socket, port: int) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_converse, args=(client, port), daemon=True).start()


def _converse(client: socket.socket, port: int) -> None:
    with suppress(ConnectionError), client, client.makefile("rb") as lines:
        for line in lines:
            if b" HTTP/" not in line:  # a body
                return
            headers: dict[str, str] = {}
            for header in iter(lines.readline, b"\r\n"):
                if not header:
                    return
                name, _, value = header.decode("latin-1").partition(":")
                known = headers.get(name.lower())
                headers[name.lower()] = value.strip() if known is None else f"{known}, {value.strip()}"
            told = [f"{name}={headers[name]}" for name in sorted(headers) if name in _TOLD or name[:2] == "x-"]
            body = " ".join([str(port), line.split()[1].decode("latin-1"), *told]).encode("latin-1")
            status = f"302 Found\r\nLocation: {headers['x-location']}" if "x-location" in headers else "200 OK"
            status = headers.get("x-status", status)
            status += "".join(f"\r\n{line}" for line in headers.get("x-reply", "").split("|") if line)
            head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: text/plain\r\n\r\n"
            client.sendall(head.encode("latin-1") + body)


def ask(
    port: int, host: str, target: str, location: str = "", *, method: str = "GET", header: str = ""
) -> tuple[str, str, str]:
    """Status, Location and, of an origin's answer, the body; ``header`` is one more line of the request."""
    lines, body = exchange(port, host, target, location, method=method, header=header)
    found = [line.partition(":")[2].strip() for line in lines if line.lower().startswith("location:")]
    return lines[0].split()[1], "".join(found), body if body[:1].isdigit() else ""


def exchange(
    port: int, host: str, target: str, location: str = "", *, method: str = "GET", header: str = "", sent: str = ""
) -> tuple[list[str], str]:
    """The lines of the answer's head, and its body; ``sent`` is the body of the request."""
    order = f"X-Location: {location}\r\n" if location else ""
    order += f"{header}\r\n" if header else ""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(
            f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{order}Connection: close\r\n\r\n{sent}".encode("latin-1")
        )
        received = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = received.decode("latin-1").partition("\r\n\r\n")
    return head.split("\r\n"), body
