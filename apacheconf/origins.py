"""Origins that answer for the real ones: a stub to look at, and an echo whose answers a test can order.

The stub shows the request exactly as the origin would have received it, as a page or, when asked for, as
JSON. Bytes are read by a small parser of its own, which repairs nothing: what a front sent is what is shown.
A *controlled* origin obeys the header X-Ctl (DIF-2), a JSON object with the keys of ``Orders``.

``factory`` gives plain asyncio protocols: ``serve --stub-origins`` runs them in its own loop, prove in a thread
(``prove.threaded``).
"""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import re
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from typing import cast

Headers = tuple[tuple[str, str], ...]

CONTROL = "x-ctl"
#: In texts that X-Ctl orders it stands for the origin's own authority, as the configuration under test names it.
SELF = "%self%"
#: A request head or chunk line longer than this is cut off: an origin is not to be filled up.
HEAD_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived at ``origin``; text is latin-1, header names keep their spelling and order.

    ``framing`` is ``length``, ``chunked`` or empty for no body; ``broken`` says what was wrong with the bytes.
    ``connection`` counts the connections to this origin from 1; it is 0 at a controlled one, whose answers must
    not depend on how a front pools.
    """

    origin: str
    connection: int
    request_line: str
    headers: Headers
    framing: str = ""
    length: int = 0
    sha256: str = ""
    broken: str = ""

    def value(self, name: str) -> str | None:
        """The first value of header ``name``, None if absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Orders:
    """What X-Ctl can ask for. ``raw`` is sent in place of any other answer; ``cut`` closes after so many body bytes.

    ``framing`` is ``length``, ``chunked``, ``close`` (until the end of the connection) or ``none``. ``delay`` is
    in seconds. ``interim`` are 1xx answers that go before: ``[[103, [["Link", "</x>"]]]]``. ``early`` answers
    before the body was read, ``close`` closes without an answer, ``no_continue`` sends no 100. ``size`` adds so
    many bytes to the body, ``long`` a header of so many bytes. ``reset`` breaks the connection in place of closing it.
    """

    status: int = 200
    reason: str = "OK"
    headers: list[list[str]] = field(default_factory=list)
    body: str = ""
    size: int = 0
    long: int = 0
    framing: str = "length"
    delay: float = 0.0
    interim: list[tuple[int, list[list[str]]]] = field(default_factory=list)
    raw: str | None = None
    cut: int | None = None
    early: bool = False
    close: bool = False
    no_continue: bool = False
    reset: bool = False


def read_orders(text: str) -> Orders:
    """The orders in the value of X-Ctl. Raises ValueError when it is no JSON object of known keys."""
    asked = json.loads(text)
    known = {f.name for f in fields(Orders)}
    if not isinstance(asked, dict) or not asked.keys() <= known:
        raise ValueError(f"X-Ctl takes a JSON object with the keys {', '.join(sorted(known))}")
    return Orders(**asked)


# --- reading: bytes in, a head and then a request out --------------------------------------------------------


class RequestReader:
    """Reads requests off the bytes of one connection. ``poll`` gives a head first, then the same request whole."""

    def __init__(self, origin: str, connection: int) -> None:
        self._origin, self._connection = origin, connection
        self._buffer = bytearray()
        self._head: tuple[str, Headers] | None = None
        self._framing, self._left, self._broken = "", 0, ""
        self._length, self._hash = 0, hashlib.sha256()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def poll(self) -> tuple[Received, bool] | None:
        """The next event, a request and whether it is complete; None when more bytes are needed."""
        if self._head is None:
            return self._read_head()
        done = self._read_chunks() if self._framing == "chunked" else self._read_length()
        if not done:
            return None
        whole = self._received()
        self._head = None
        return whole, True

    def _received(self) -> Received:
        assert self._head is not None
        line, headers = self._head
        digest = self._hash.hexdigest()[:16] if self._length else ""
        return Received(
            self._origin, self._connection, line, headers, self._framing, self._length, digest, self._broken
        )

    def _read_head(self) -> tuple[Received, bool] | None:
        end = re.search(rb"\r?\n\r?\n", self._buffer)
        if end is None and len(self._buffer) < HEAD_LIMIT:
            return None
        text = bytes(self._buffer[: end.start()] if end else self._buffer).decode("latin-1")
        del self._buffer[: end.end() if end else len(self._buffer)]
        line, *rest = re.split(r"\r?\n", text)
        self._head = line, tuple(_split_header(header) for header in rest)
        self._length, self._hash, self._left = 0, hashlib.sha256(), 0
        self._broken = "" if re.fullmatch(r"\S+ \S.* HTTP/1\.[01]", line) and end else "no request line"
        self._framing = self._find_framing()
        return self._received(), False

    def _find_framing(self) -> str:
        values = {name.lower(): value for name, value in self._head[1]} if self._head else {}
        if "transfer-encoding" in values:
            return "chunked"
        if "content-length" in values:
            if values["content-length"].isdecimal():
                self._left = int(values["content-length"])
            else:
                self._broken = "no number in Content-Length"
            return "length"
        return ""

    def _take(self, size: int) -> None:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        self._length += len(data)
        self._left -= len(data)
        self._hash.update(data)

    def _read_length(self) -> bool:
        self._take(self._left)
        return self._left == 0 or bool(self._broken)

    def _read_chunks(self) -> bool:
        """Chunk by chunk; ``_left`` is what the current one lacks. Trailers are read and dropped."""
        while not self._broken:
            if self._left > 0:
                self._take(self._left)
                if self._left:
                    return False
            found = re.match(rb"(?:\r\n)?([0-9a-fA-F]{1,15})[^\n]*\n", self._buffer)
            if found is None:
                if re.fullmatch(rb"(?:\r|\r\n)?[0-9a-fA-F]*(?:[;\r][^\n]*)?", self._buffer):
                    return False
                self._broken = "no chunk size"
            elif int(found[1], 16) == 0:
                last = re.match(rb"(?:\r\n)?0+[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n", self._buffer)
                if last is None:
                    return False
                del self._buffer[: last.end()]
                return True
            else:
                self._left = int(found[1], 16)
                del self._buffer[: found.end()]
        return True


def _split_header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    return (name, value.strip(" \t")) if colon else (line, "")


# --- answering -----------------------------------------------------------------------------------------------


def page(request: Received) -> str:
    """A small page that shows the request as this origin received it."""
    shown = "\n".join([request.request_line, *(f"{name}: {value}" for name, value in request.headers)])
    body = f"a body of {request.length} bytes, SHA-256 {request.sha256}…" if request.length else "no body"
    number = f"Connection {request.connection}; " if request.connection else ""
    return _PAGE.format(origin=html.escape(request.origin), shown=html.escape(shown), foot=number + body)


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{origin}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #223 }}
h1 {{ font-size: 1.6rem; margin: 0 }} p {{ color: #667; margin: .3rem 0 1.2rem }}
pre {{ background: #f3f5f8; border-radius: .5rem; padding: 1rem; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere }}
@media (prefers-color-scheme: dark) {{ body {{ background: #14161a; color: #dde }} p {{ color: #aab }}
  pre {{ background: #1f2329 }} }}
</style></head><body>
<h1>{origin}</h1>
<p>A stand-in for this origin, and the request as the origin would have received it.</p>
<pre>{shown}</pre>
<p>{foot}.</p>
</body></html>
"""


def _wants_json(request: Received) -> bool:
    accepted = (request.value("accept") or "").lower()
    return "json" in accepted and "html" not in accepted


def shown(request: Received) -> tuple[Headers, bytes]:
    """Headers and body of the answer that shows ``request``."""
    if _wants_json(request):
        return (("Content-Type", "application/json"),), (json.dumps(asdict(request), indent=1) + "\n").encode()
    return (("Content-Type", "text/html; charset=utf-8"),), page(request).encode("utf-8")


def _encode(status: int, reason: str, headers: Iterable[Iterable[str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _framed(framing: str, body: bytes) -> tuple[list[list[str]], bytes]:
    """The framing header and the body as it stands on the wire."""
    if framing == "length":
        return [["Content-Length", str(len(body))]], body
    if framing == "chunked":
        half = len(body) // 2
        chunks = [part for part in (body[:half], body[half:]) if part]
        wire = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
        return [["Transfer-Encoding", "chunked"]], wire + b"0\r\n\r\n"
    return [], body


class OriginProtocol(asyncio.Protocol):
    """One connection to the origin ``authority``; see ``factory``."""

    def __init__(
        self, authority: str, connection: int, record: Callable[[Received], None] | None, called: str | None
    ) -> None:
        self._record, self._called = record, called
        self._reader = RequestReader(authority, connection)
        self._transport: asyncio.Transport | None = None
        #: Whether it ends a connection that isn't gone yet: over TLS that takes both sides.
        self.is_closing = False
        self._waiting = False
        self._ended = False
        self._answered_early = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no asyncio class

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.is_closing = None, False

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        self._go_on()

    def eof_received(self) -> bool:
        """A delayed answer is still sent to who only ended its own side."""
        self._ended = True
        return self._waiting

    def _go_on(self) -> None:
        while self._transport is not None and not self._waiting and (event := self._reader.poll()):
            request, complete = event
            self._on_request(request) if complete else self._on_head(request)

    def _orders(self, request: Received) -> Orders | None:
        if self._called is None:
            return None
        text = request.value(CONTROL)
        if text is None:  # a page that shows the request would say once more what is recorded
            return Orders(body="without orders\n")
        try:
            return read_orders(text)
        except (ValueError, TypeError) as error:
            return Orders(status=400, reason="Bad X-Ctl", body=f"{error}\n")

    def _on_head(self, head: Received) -> None:
        orders = self._orders(head)
        if orders and orders.early:
            self._answered_early = True
            self._note(head)
            self._answer(head, orders)
        elif (head.value("expect") or "").lower() == "100-continue" and not (orders and orders.no_continue):
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _on_request(self, request: Received) -> None:
        if self._answered_early:
            self._answered_early = False
            return
        self._note(request)
        orders = self._orders(request)
        if request.broken and not orders:
            orders = Orders(status=400, reason="Bad Request", body=request.broken + "\n", framing="close")
        if orders and orders.delay:
            self._waiting = True
            asyncio.get_running_loop().call_later(orders.delay, self._answer_late, request, orders)
        else:
            self._answer(request, orders)

    def _note(self, request: Received) -> None:
        """Before it is answered: who has read the answer can rely on the record."""
        if self._record:
            self._record(request)

    def _answer_late(self, request: Received, orders: Orders) -> None:
        self._waiting = False
        self._answer(request, orders)
        self._go_on()
        if self._ended and not self._waiting:
            self._close()

    def _answer(self, request: Received, orders: Orders | None) -> None:
        if orders is None:
            headers, body = shown(request)
            orders = Orders(headers=[list(header) for header in headers])
        else:
            body = orders.body.encode("latin-1", "replace") + b"x" * orders.size
        if orders.close:
            self._close(orders.reset)
        elif orders.raw is not None:
            self._write(orders.raw.replace(SELF, self._called or "").encode("latin-1", "replace"))
            self._close(orders.reset)
        else:
            self._send(request, orders, body)

    def _send(self, request: Received, orders: Orders, body: bytes) -> None:
        for status, headers in orders.interim:
            self._write(_encode(status, "Interim", headers))
        framing, wire = _framed("none" if orders.status in (204, 304) else orders.framing, body)
        values = [[name, value.replace(SELF, self._called or "")] for name, value in [*orders.headers, *framing]]
        values += [["X-Long", "v" * orders.long]] if orders.long else []
        head = _encode(orders.status, orders.reason, values)
        without_body = request.request_line.startswith("HEAD ") or orders.status in (204, 304)
        self._write(head + (b"" if without_body else wire[: orders.cut]))
        if orders.cut is not None or orders.framing == "close" or not _keeps(request):
            self._close(orders.reset)

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def _close(self, reset: bool = False) -> None:
        if self._transport is None:
            return
        if reset:
            self._transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            self._transport.abort()
        else:
            self._transport.close()
        self._transport, self.is_closing = None, True

    def abort(self) -> None:
        """Break the connection."""
        if self._transport is not None:
            self._transport.abort()


def _keeps(request: Received) -> bool:
    """Whether the connection stays open after the answer."""
    words = (request.value("connection") or "").lower()
    return request.request_line.endswith("HTTP/1.1") and "close" not in words and not request.broken


def factory(
    authority: str, record: Callable[[Received], None] | None = None, called: str | None = None
) -> Callable[[], OriginProtocol]:
    """Makes a protocol for each connection to the origin ``authority`` (``10.0.0.1:8080``).

    ``record`` is called with every complete request; one that is answered ``early`` has no body yet. Only an
    origin that is told what it is ``called`` in the configuration obeys X-Ctl; it puts that name where the orders
    say SELF.
    """
    numbers = count(1)
    return lambda: OriginProtocol(authority, next(numbers) if called is None else 0, record, called)
