"""A connection to an origin, whatever it speaks: its life from connect through its pool to its end (KP).

Pure logic behind asyncio's protocol callbacks; it never imports asyncio, so tests drive it by hand. A protocol is a
subclass: it puts an exchange's request into bytes (``ask``, ``send_body``), reads answers (``data_received``), tells
the exchange (``answered``, ``more``, ``finish``; ``fail`` for what is broken) and lets go of the connection first
(``release``). ``protocols`` lists them by scheme.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any

from apacheconf.runtime import faults
from apacheconf.runtime.errors import OriginBroke, proxy_error

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool
    from apacheconf.runtime.state import ServerState


class OriginConnection:
    """One connection of a pool: ``reused`` when the current exchange found it idle, ``cut`` when an error ended it."""

    __slots__ = (
        "_watch", "cut", "deadline", "exchange", "paused", "pool", "reused", "server", "timeout", "tls_name",
        "transport",
    )  # fmt: skip

    def __init__(self, server: ServerState, pool: Pool, exchange: Exchange) -> None:
        self.server = server
        self.pool = pool
        self.exchange: Exchange | None = exchange
        self.transport: Any = None
        self.reused = False
        self._watch: Any = None
        self.tls_name = exchange.tls_name() if pool.secure else ""
        self.timeout = server.origin_timeout(pool, exchange.site)
        self.deadline = 0.0
        self.paused = False
        self.cut = False

    # --- asyncio's callbacks ---------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if (descriptor := self.fileno()) >= 0:
            self._watch = select.poll()
            self._watch.register(descriptor, select.POLLIN)
        self.server.origin_connections.add(self)
        self.pool.cells.retries = 0
        exchange = self.exchange
        if exchange is None or exchange.client.exchange is not exchange:  # the client went away meanwhile
            self.exchange = None
            self.pool.cells.busy -= 1
            self.close()
        else:
            exchange.connected(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the origin."""
        raise NotImplementedError

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: BaseException | None) -> None:
        self.cut = error is not None
        self.server.origin_connections.discard(self)
        exchange, self.exchange = self.exchange, None
        self.transport = None
        self.pool.left()
        if exchange is None:
            if self in self.pool.idle:
                self.pool.idle.remove(self)
        else:
            self.ended(exchange)

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.pause_reading()

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.resume_reading()

    # --- what a protocol says ------------------------------------------------------------------------------------

    def ask(self, exchange: Exchange) -> None:
        """Send the request with what is here of its body, in one write."""
        raise NotImplementedError

    def send_body(self, exchange: Exchange, pieces: list[bytes], done: bool) -> None:
        """Send more of the request's body; ``done`` with its end."""
        raise NotImplementedError

    def ended(self, exchange: Exchange) -> None:
        """The origin has closed while ``exchange`` was at work: its answer is complete by that, or broken."""
        raise NotImplementedError

    # --- what the exchange asks ------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        self.deadline = self.server.now + self.timeout
        self.transport.write(data)

    def close(self) -> None:
        """Let go of it; nobody waits until an origin has taken what was still to be sent."""
        if self.transport is not None:
            if self.transport.get_write_buffer_size():
                self.transport.abort()
            else:
                self.transport.close()

    def hand_over(self) -> Any:
        """Give the transport away to a tunnel."""
        transport, self.transport, self.exchange = self.transport, None, None
        self.server.origin_connections.discard(self)
        return transport

    def pause(self) -> None:
        """Read no more until ``resume``: whoever gets the answer is slow."""
        if self.transport is not None and not self.paused:
            self.paused, self.deadline = True, 0.0
            self.transport.pause_reading()

    def resume(self) -> None:
        if self.transport is not None and self.paused:
            self.paused, self.deadline = False, self.server.now + self.timeout
            self.transport.resume_reading()

    def fileno(self) -> int:
        """The socket's descriptor, -1 when there is none to look at."""
        socket = self.transport.get_extra_info("socket") if self.transport is not None else None
        return -1 if socket is None else int(socket.fileno())

    def is_quiet(self) -> bool:
        """Whether it holds neither bytes nor an end: either means that it is spent (WK-8).

        Both may wait in the event loop behind the request that wants it. An origin that closes without a word made
        two requests in five fail that weren't looked for; to look costs 0.4 us.
        """
        return self._watch is None or not self._watch.poll(0)

    def overdue(self) -> None:
        """The deadline has passed: of an exchange, or of being idle."""
        exchange, self.exchange = self.exchange, None
        if self in self.pool.idle:
            self.pool.idle.remove(self)
        self.close()
        if exchange is not None:
            exchange.timed_out(self.lateness(exchange))

    def lateness(self, exchange: Exchange) -> OriginBroke:
        """What is wrong with an answer that doesn't come (FA-8), or doesn't go on (RS-27)."""
        if exchange.started:
            return OriginBroke(502, "the origin was silent inside the body", said=faults.LATE_IN_BODY)
        return proxy_error(502, faults.READ_FAILED, faults.LATE_BEFORE_HEAD)

    def release(self, keep: bool) -> None:
        """Go back to the pool, or close."""
        if self.paused:  # the last bytes filled the client's buffer; this connection has no part in that any more
            self.resume()
        self.deadline = 0.0
        pool, server = self.pool, self.server
        waiting = pool.waiting
        if waiting:
            if keep and (not pool.secure or waiting[0].tls_name() == self.tls_name) and self.is_quiet():
                self.reused = True
                waiting.popleft().connected(self)
            else:
                self.close()
        elif keep and not server.draining:
            if pool.ttl:
                self.deadline = server.now + pool.ttl
            pool.idle.append(self)
        else:
            self.close()

    def fail(self, error: OriginBroke) -> None:
        """The origin broke its protocol: this connection is of no more use."""
        exchange, self.exchange = self.exchange, None
        self.close()
        if exchange is not None:
            exchange.broken(error)
