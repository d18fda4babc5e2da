"""Between two requests of a connection, and at its end: KeepAlive, the logs, lingering close, drain (KP, RQ-19)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apacheconf.runtime.errors import ClientBroke
from apacheconf.runtime.forward import wants_to_stay
from apacheconf.runtime.patience import MOST_KEPT
from apacheconf.runtime.reading import RequestReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apacheconf.runtime.exchange import Exchange

LINGER = 2.0


class KeepAlive(RequestReader):
    """The part of ``ClientConnection`` that writes, and that says what follows an answer.

    ``received`` and ``sent`` count bytes since the last line of a log.
    """

    __slots__ = ("_ended", "_leaving", "received", "sent", "tls")

    _ended: bool
    _leaving: int
    received: int
    sent: int
    tls: Mapping[str, str] | None

    # --- writing ---------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.sent += len(data)
            self.transport.write(data)

    def write_both(self, head: bytes, body: bytes) -> None:
        """The same for two parts in one system call: to join them would copy a long body."""
        if self.transport is not None:
            self.sent += len(head) + len(body)
            self.transport.writelines((head, body))

    def free_descriptor(self) -> int:
        """The socket's descriptor while nothing waits to be written and no TLS is spoken; else -1."""
        transport = self.transport
        if transport is None or self.tls is not None:
            return -1
        socket = transport.get_extra_info("socket")
        return -1 if socket is None or transport.get_write_buffer_size() else int(socket.fileno())

    def count_again(self) -> None:
        self._counted += 1

    # --- after an answer -------------------------------------------------------------------------------------

    def finished(self, exchange: Exchange) -> None:
        """The answer is complete: go on with the next request, or end the connection."""
        if self.exchange is not exchange:
            return
        self.exchange = None
        if exchange.site.logs:
            if self._quick:
                self.log(exchange)
            else:
                exchange.straight = False
                self._log_when_out(exchange)
        if not exchange.stay:
            block = exchange.known
            self._end(wants_to_stay(exchange.fields, exchange.version)[0] if block is None else block.stay)
        elif self._buffer or self._body is not None or self._paused:
            self.resume_reading()
            if self._body is None:
                self._next()
            elif not self._reading:
                self._drop_body()
        elif self._ended:
            self._end()
        else:
            self.deadline = self.server.now + self.door.main.limits.keep_alive_timeout

    def _drop_body(self) -> None:
        """What of a body that nobody wants is here already; the rest is dropped as it comes."""
        try:
            self._rest_of_body()
        except ClientBroke as error:
            self._refuse_client(error)

    def _log_when_out(self, exchange: Exchange) -> None:
        """An answer that RATE_LIMIT still holds isn't over yet."""
        if not getattr(self.transport, "holds", False):
            self.log(exchange)
        else:
            self.transport.when_over(lambda: self.log(exchange))

    def _next(self) -> None:
        """The connection is between two requests."""
        self.deadline = self.server.now + self.door.main.limits.keep_alive_timeout
        if not self._buffer or self._reading or not self._quick:
            return
        try:
            self._read_heads()
        except ClientBroke as error:
            self._refuse_client(error)
        if self._ended and self.exchange is None:
            self._buffer = b""
            self._end()

    def log(self, exchange: Exchange) -> None:
        """Write what the logs want to know of an answer that is over."""
        waiting = len(self._buffer)  # of further requests in a row, which count for themselves
        self.received -= waiting
        for log in exchange.site.logs:
            log(exchange)
        self.sent, self.received = 0, waiting

    # --- the end ---------------------------------------------------------------------------------------------

    def hand_over(self) -> tuple[Any, bytes, bool]:
        """Give the connection away to a tunnel: its transport, what the client has sent already, whether that's all."""
        transport, self.transport = self.transport, None
        data, self._buffer, self.exchange = self._buffer, b"", None
        self.server.clients.discard(self)
        return transport, data, self._ended

    def hang_up(self, exchange: Exchange) -> None:
        """Cut the connection in the middle of an answer."""
        self.exchange = None
        exchange.stay = False
        self.log(exchange)
        if self.transport is not None:
            self._leave()

    def _end(self, unexpected: bool = False) -> None:
        """Close, but let the client read the answer first if it is still sending, or may be as this is unexpected."""
        if self.transport is None:
            return
        sends = unexpected or self._body is not None or self._buffer or self._paused
        if sends and not self._ended and self.transport.can_write_eof():
            self._lingering, self._buffer, self._body, self._quick = True, b"", None, False
            self.transport.write_eof()
            self.resume_reading()
            self.deadline = self.server.now + LINGER
        else:
            self._leave()

    def _leave(self) -> None:
        """Close when all that was written is out; a client that reads nothing of it for Timeout is cut off."""
        waiting = self.transport.get_write_buffer_size()
        if self._leaving and waiting >= self._leaving:
            self.transport.abort()
            return
        if not self._leaving:
            self._lingering, self._buffer, self._body, self._quick = True, b"", None, False
            self.transport.close()
        self._leaving = waiting
        if waiting:
            self.deadline = self.server.now + self.door.main.limits.timeout

    def drain(self) -> None:
        """The server ends: close if idle, else after the answer."""
        if self.exchange is not None:
            self.exchange.stay = self.exchange.stay and self.exchange.started
            self.exchange.plain = False
        elif self.transport is not None and not self._buffer and self._body is None:
            self._leave()
        self._counted = MOST_KEPT + 1
