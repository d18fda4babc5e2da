"""A connection to an origin: reads answers, tells its exchange, goes back to its pool (RS, KP).

Pure logic behind asyncio's protocol callbacks; it never imports asyncio, so tests drive it by hand. An answer
whose head was seen before and whose body came with it takes the short way through ``data_received``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apacheconf.runtime.answer import ReplyHead, read_reply_head
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.exchange import READ_FAILED
from apacheconf.runtime.framing import CHUNKED, UNTIL_CLOSE, BadChunk, ChunkReader
from apacheconf.runtime.reply import MEMO_HEAD, remember_reply

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool
    from apacheconf.runtime.state import ServerState

#: A head may have many lines, but not this many bytes: each line is bounded, their number isn't (RS-17).
MAX_HEAD = 1 << 20


class OriginConnection:
    """One connection of a pool. ``reused`` when the current exchange found it idle."""

    __slots__ = (
        "_buffer",
        "_chunks",
        "_in_body",
        "_keep",
        "_left",
        "_scanned",
        "deadline",
        "exchange",
        "idle_since",
        "paused",
        "pool",
        "reused",
        "server",
        "timeout",
        "tls_name",
        "transport",
    )  # fmt: skip

    def __init__(self, server: ServerState, pool: Pool, exchange: Exchange) -> None:
        self.server = server
        self.pool = pool
        self.exchange: Exchange | None = exchange
        self.transport: Any = None
        self.reused = False
        self.idle_since = 0.0
        self.tls_name = exchange.tls_name() if pool.secure else ""
        self.timeout = server.origin_timeout(pool, exchange.site)
        self.deadline = 0.0
        self._buffer = b""
        self._scanned = 0
        self._in_body = False
        self._left = 0
        self._chunks: ChunkReader | None = None
        self._keep = True
        self.paused = False

    # --- asyncio's callbacks ---------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
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
        exchange = self.exchange
        if exchange is None:  # bytes that nobody asked for (RS-21)
            self.close()
            return
        if exchange.plain and not self._in_body and not self._buffer:
            end = data.find(b"\r\n\r\n") + 4
            known = exchange.plan.forwarding.replies.get(data[:end])
            if known is not None and len(data) - end == known.length and exchange.body_done:
                # The short way: 1 us here instead of 33 us through the readers.
                server = self.server
                body = data[end:]
                if known.dated:
                    exchange.client.write(known.rest + body)
                else:
                    exchange.client.write(b"%bDate: %b\r\n%b%b" % (known.first, server.date(), known.rest, body))
                self.pool.cells.read += known.length
                exchange.written = known.length
                exchange.status = known.status
                exchange.head = known
                self.exchange = None
                self._release(self.pool.reusable)
                exchange.finish()
                return
        self.deadline = self.server.now + self.timeout
        try:
            self._read(exchange, data)
        except OriginBroke as error:
            self._fail(error)

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, _: BaseException | None) -> None:
        self.server.origin_connections.discard(self)
        exchange, self.exchange = self.exchange, None
        self.transport = None
        self.pool.left()
        if exchange is None:
            if self in self.pool.idle:
                self.pool.idle.remove(self)
        elif self._in_body and self._left == UNTIL_CLOSE:
            exchange.more([], done=True)
            exchange.finish()
        else:
            self._ended_early(exchange)

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.pause_reading()

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.client.resume_reading()

    # --- what the exchange asks ------------------------------------------------------------------------------

    def send(self, data: bytes) -> None:
        self.deadline = self.server.now + self.timeout
        self.transport.write(data)

    def close(self) -> None:
        if self.transport is not None:
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

    def overdue(self) -> None:
        """The deadline has passed."""
        exchange, self.exchange = self.exchange, None
        self.close()
        if exchange is not None:
            exchange.timed_out()

    # --- reading ---------------------------------------------------------------------------------------------

    def _read(self, exchange: Exchange, data: bytes) -> None:
        if self._in_body:
            self._read_body(exchange, data)
            return
        self._buffer += data
        while self.exchange is exchange and not self._in_body:
            end = _head_end(self._buffer, self._scanned)
            if end < 0:
                self._check_unfinished(exchange)
                return
            head, rest = self._buffer[:end], self._buffer[end:]
            self._buffer, self._scanned = b"", 0
            reply = read_reply_head(head, exchange.head_only, self.pool.worker.response_field_size)
            if reply is None:
                self._old_answer(exchange, head + rest)
            elif reply.status == 101:
                exchange.switch(reply, rest)
            elif 100 <= reply.status < 200:
                exchange.interim(reply)
                self._buffer = rest
                if not rest:
                    return
            else:
                self._begin(exchange, head, reply, rest)

    def _check_unfinished(self, exchange: Exchange) -> None:
        """No blank line yet: bound what is kept, and see an HTTP/0.9 answer by its first line (RS-14)."""
        self._scanned = max(len(self._buffer) - 3, 0)
        if len(self._buffer) > MAX_HEAD:
            raise OriginBroke(502, "the response head is too long")
        text = self._buffer.lstrip(b"\r\n")
        if len(text) >= 5 and not text.startswith(b"HTTP/") and b"\n" in text:
            self._old_answer(exchange, self._buffer)

    def _old_answer(self, exchange: Exchange, data: bytes) -> None:
        """HTTP/0.9: all of it is the body, but httpd has eaten the first line's end (RS-14)."""
        line, found, rest = data.partition(b"\n")
        if not found or not line.rstrip(b"\r"):
            raise proxy_error(502, READ_FAILED)
        self._buffer, self._keep = b"", False
        reply = ReplyHead(200, b"OK", [], UNTIL_CLOSE, False, (0, 9))
        self._begin(exchange, b"", reply, line.rstrip(b"\r") + rest)

    def _begin(self, exchange: Exchange, head: bytes, reply: ReplyHead, rest: bytes) -> None:
        """The final head is here, with the first bytes of its body."""
        self._keep = reply.reusable and self.pool.reusable
        exchange.status = reply.status
        if reply.length == CHUNKED:
            self._chunks = ChunkReader()
            self._first_chunks(exchange, reply, rest)
            return
        if 0 < len(head) <= MEMO_HEAD and exchange.body_done:
            remember_reply(exchange, head, reply)
        self._in_body, self._left = True, reply.length
        if 0 <= reply.length < len(rest):  # bytes after the body: deliver, then discard the connection (RS-21)
            rest, self._keep = rest[: reply.length], False
        if reply.length >= 0:
            self._left -= len(rest)
        exchange.answered(reply, [rest] if rest else [], done=self._left == 0)
        self._maybe_done(exchange)

    def _first_chunks(self, exchange: Exchange, reply: ReplyHead, rest: bytes) -> None:
        chunks = self._chunks
        assert chunks is not None
        try:
            pieces = chunks.feed(rest)
        except BadChunk as bad:
            if bad.pieces:
                exchange.answered(reply, bad.pieces, done=False)
            raise OriginBroke(502, "a chunk of the answer is malformed", in_body=True) from bad  # RS-28
        self._in_body, self._left = True, CHUNKED
        exchange.answered(reply, pieces, done=chunks.done)
        self._maybe_done(exchange)

    def _read_body(self, exchange: Exchange, data: bytes) -> None:
        if self._chunks is not None:
            try:
                pieces = self._chunks.feed(data)
            except BadChunk as bad:
                exchange.more(bad.pieces, done=False)
                raise OriginBroke(502, "a chunk of the answer is malformed") from bad
            if pieces or self._chunks.done:
                exchange.more(pieces, self._chunks.done)
        elif self._left == UNTIL_CLOSE:
            exchange.more([data], done=False)
        else:
            if len(data) > self._left:
                data, self._keep = data[: self._left], False
            self._left -= len(data)
            exchange.more([data], done=self._left == 0)
        self._maybe_done(exchange)

    def _maybe_done(self, exchange: Exchange) -> None:
        """If the answer is complete, the connection is free before the client is told (KP-1)."""
        chunks = self._chunks
        if self.exchange is not exchange or not (self._left == 0 if chunks is None else chunks.done):
            return
        if chunks is not None and chunks.rest:
            self._keep = False
        self.exchange, self._chunks, self._in_body, self._left = None, None, False, 0
        self._release(self._keep and exchange.body_done and not exchange.expects)
        exchange.finish()

    def _release(self, keep: bool) -> None:
        """Go back to the pool, or close."""
        if self.paused:  # the last bytes filled the client's buffer; this connection has no part in that any more
            self.resume()
        self.deadline = 0.0
        waiting = self.pool.waiting
        if keep and waiting and (not self.pool.secure or waiting[0].tls_name() == self.tls_name):
            self.reused = True
            waiting.popleft().connected(self)
        elif waiting:
            self.close()
        elif keep and not self.server.draining:
            self.idle_since = self.server.now
            self.pool.idle.append(self)
        else:
            self.close()

    def _ended_early(self, exchange: Exchange) -> None:
        if self._buffer.count(b"\n") > 0 and self._buffer.startswith(b"HTTP/"):
            exchange.broken(OriginBroke(502, "the connection ended inside the header block"))  # FA-9
        elif exchange.started:
            exchange.broken(OriginBroke(502, "the connection ended inside the body"))  # RS-27
        else:
            exchange.broken(proxy_error(502, READ_FAILED), before_status_line=not self._buffer)  # FA-6

    def _fail(self, error: OriginBroke) -> None:
        exchange, self.exchange = self.exchange, None
        self.close()
        if exchange is not None:
            exchange.broken(error)


def _head_end(data: bytes, start: int) -> int:
    """Where the head's blank line ends, -1 when it isn't here. Origins may end lines by LF alone (RS-13)."""
    if data[:1] in (b"\r", b"\n") and start == 0:
        start = 2 if data[:2] == b"\r\n" else 1  # one leading blank line
        if data[start : start + 1] in (b"\r", b"\n"):
            raise proxy_error(502, READ_FAILED)
    ends = [at + size for mark, size in ((b"\r\n\r\n", 4), (b"\n\n", 2)) if (at := data.find(mark, start)) >= 0]
    return min(ends, default=-1)
