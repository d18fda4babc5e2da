"""One connection to an origin: it speaks what it is spoken to in, and answers as it was ordered, or shows the request.

FastCGI, uwsgi and SCGI are told from HTTP by their first byte.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import cast

from apacheconf.origins import fcgi, uwsgi
from apacheconf.origins.http import Http
from apacheconf.origins.page import shown
from apacheconf.origins.received import CONTROL, SELF, Orders, Received, read_orders

Speech = Http | fcgi.Fcgi | uwsgi.Told
#: Seconds that a connection is read from after its end, unless the other side ends it sooner.
LINGERING = 0.02


class OriginProtocol(asyncio.Protocol):
    """One connection to the origin ``authority``; see ``factory``."""

    def __init__(
        self, authority: str, connection: int, record: Callable[[Received], None] | None, called: str | None
    ) -> None:
        self._record, self._called = record, called
        self._named = authority, connection
        self._speech: Speech = Http(*self._named)
        self._begun = False
        self._transport: asyncio.Transport | None = None
        #: Whether it ends a connection that isn't gone yet: that takes both sides.
        self.is_closing = False
        self._waiting = False
        self._ended = False
        self._answered_early = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are of no asyncio class

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.is_closing = None, False

    def data_received(self, data: bytes) -> None:
        if self._transport is None:
            return
        if not self._begun:
            self._speech = self._spoken(data)
        self._begun = True
        self._speech.reader.feed(data)
        self._go_on()

    def _spoken(self, data: bytes) -> Speech:
        """How it is spoken to, by the first byte."""
        if data.startswith(fcgi.FIRST):
            return fcgi.Fcgi(*self._named)
        if data.startswith(uwsgi.FIRST_OF_UWSGI):
            return uwsgi.Told(uwsgi.UwsgiReader(*self._named))
        if uwsgi.FIRST_OF_SCGI.match(data):
            return uwsgi.Told(uwsgi.ScgiReader(*self._named))
        return self._speech

    def eof_received(self) -> bool:
        """A delayed answer is still sent to who only ended its own side."""
        self._ended = True
        return self._waiting

    def _go_on(self) -> None:
        while self._transport is not None and not self._waiting and (event := self._speech.reader.poll()):
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
            self._write(self._speech.go_on())

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
            shown = self._transport is not None and bool(self._transport.get_extra_info("peercert"))
            self._record(replace(request, certificate=shown))

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
            self._write(self._speech.raw(orders.raw.replace(SELF, self._called or "")))
            self._close(orders.reset)
        else:
            self._send(request, orders, body)

    def _send(self, request: Received, orders: Orders, body: bytes) -> None:
        headers = [[name, value.replace(SELF, self._called or "")] for name, value in orders.headers]
        self._write(self._speech.answer(request, orders, headers, body))
        if self._speech.closes(request, orders):
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
        elif self._transport.can_write_eof():
            # What still comes is read, as httpd does (lingering_close): a close with unread bytes would be a reset,
            # which can overtake the answer in a busy front.
            with contextlib.suppress(OSError):  # the front has gone first
                self._transport.write_eof()
            asyncio.get_running_loop().call_later(LINGERING, self._transport.close)
        else:
            self._transport.close()
        self._transport, self.is_closing = None, True

    def abort(self) -> None:
        """Break the connection."""
        if self._transport is not None:
            self._transport.abort()


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
