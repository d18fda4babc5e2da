"""A FastCGI responder that tells what it was sent, or says what the request's ``X-Ctl`` wants it to say.

Without ``X-Ctl`` the answer lists the parameters in order of their names, then how much came on standard input.
``X-Ctl`` is the answer itself, percent-encoded; ``X-Err`` goes to standard error; ``X-End`` is ``half`` (hang up
without an end), ``nonsense`` (bytes that are no record), ``silent`` (say no more) or ``cut`` (a record per byte).
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote_to_bytes

from tests.runtime.peers import Listening

_BEGIN, _END, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_HEADER = struct.Struct(">BBHHBx")
#: Parameters that differ from run to run, or name the server.
_OF_THE_RUN = ("PATH", "REMOTE_PORT", "SERVER_SOFTWARE", "SERVER_SIGNATURE", "UNIQUE_ID", "LD_LIBRARY_PATH")
_VARY = frozenset((*_OF_THE_RUN, *(f"REDIRECT_{name}" for name in _OF_THE_RUN)))


class Responder(Listening):
    """Answers at a port of loopback, or at a Unix socket. ``connections`` counts those that came."""

    def __init__(self, path: Path | None = None) -> None:
        listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        listener.bind(str(path) if path else ("127.0.0.1", 0))
        if path:
            path.chmod(0o777)
        self.port: int = 0 if path else listener.getsockname()[1]
        self.connections = 0
        super().__init__(listener, self._respond)

    def _respond(self, connection: socket.socket) -> None:
        self.connections += 1
        stream = connection.makefile("rb")
        with stream:
            while _one(connection, stream):
                pass


def _one(connection: socket.socket, stream: object) -> bool:
    """One request; whether the connection stays."""
    said: dict[int, bytes] = {_PARAMS: b"", _STDIN: b""}
    flags, request = 0, 0
    while True:
        head = stream.read(8)  # type: ignore[attr-defined]
        if len(head) < 8:
            return False
        _, kind, request, size, padding = _HEADER.unpack(head)
        data = stream.read(size + padding)[:size]  # type: ignore[attr-defined]
        if kind == _BEGIN:
            flags = data[2]
        elif kind in said and data:
            said[kind] += data
        elif kind == _STDIN:
            break
    return _answer(connection, request, dict(pairs(said[_PARAMS])), said[_STDIN], flags)


def _answer(connection: socket.socket, request: int, params: dict[str, str], body: bytes, flags: int) -> bool:
    out = _told(params, body, flags) if "HTTP_X_CTL" not in params else unquote_to_bytes(params["HTTP_X_CTL"])
    end = params.get("HTTP_X_END", "")
    pieces = [out[at : at + 1] for at in range(len(out))] if end == "cut" else [out] if out else []
    data = b""
    if "HTTP_X_ERR" in params:
        data += _record(_STDERR, request, unquote_to_bytes(params["HTTP_X_ERR"]))
    data += b"".join(_record(_STDOUT, request, piece) for piece in pieces)
    if end == "nonsense":
        data += b"\x47 this is no record at all, and more of it\r\n\r\n"
    if end in ("half", "nonsense"):
        connection.sendall(data)
        return False
    if end == "silent":
        connection.sendall(data)
        with contextlib.suppress(OSError):
            connection.recv(1)
        return False
    connection.sendall(data + _record(_STDOUT, request, b"") + _record(_END, request, bytes(8)))
    return bool(flags & 1)


def _told(params: dict[str, str], body: bytes, flags: int) -> bytes:
    lines = [f"{name}={'*' if name in _VARY else value}" for name, value in sorted(params.items())]
    lines.append(f"[flags {flags}, {len(body)} bytes came: {body[:40].decode('latin-1')}]")
    return ("Content-Type: text/plain\n\n" + "\n".join(lines) + "\n").encode("latin-1")


def _record(kind: int, request: int, data: bytes) -> bytes:
    """Records for ``data``, padded as some responders do."""
    out = b""
    for at in range(0, len(data) or 1, 65535):
        piece = data[at : at + 65535]
        padding = -len(piece) % 8
        out += _HEADER.pack(1, kind, request, len(piece), padding) + piece + bytes(padding)
    return out


def pairs(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values of a stream of parameters."""
    at = 0
    while at < len(data):
        sizes = []
        for _ in range(2):
            size, at = (data[at], at + 1) if data[at] < 128 else (
                int.from_bytes(data[at : at + 4], "big") & 0x7FFFFFFF, at + 4
            )  # fmt: skip
            sizes.append(size)
        name, value = data[at : at + sizes[0]], data[at + sizes[0] : at + sum(sizes)]
        at += sum(sizes)
        yield name.decode("latin-1"), value.decode("latin-1")


@contextlib.contextmanager
def responding(folder: Path, wanted: str) -> Iterator[dict[str, str]]:
    """Responders for what ``wanted`` names: ``{fcgi}`` host and port, ``{fcgi.sock}`` a path."""
    with contextlib.ExitStack() as stack:
        names: dict[str, str] = {}
        if "{fcgi}" in wanted:
            names["{fcgi}"] = f"127.0.0.1:{stack.enter_context(Responder()).port}"
        if "{fcgi.sock}" in wanted:
            path = folder / "fcgi.sock"
            stack.enter_context(Responder(path))
            names["{fcgi.sock}"] = os.fspath(path)
        yield names
