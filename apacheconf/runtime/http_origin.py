"""An origin of HTTP: sends requests and reads answers (RS, KP).

Pure logic behind asyncio's protocol callbacks. An answer whose head was seen before and whose body came with it takes
the short way through ``data_received``.
"""

from __future__ import annotations

import re

from apacheconf.runtime import faults
from apacheconf.runtime.answer import ReplyHead, read_reply_head
from apacheconf.runtime.asking import body_bytes, is_sent_chunked, request_bytes
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.exchange import MOST_SPARES, Exchange
from apacheconf.runtime.framing import CHUNKED, UNTIL_CLOSE, BadChunk, ChunkReader
from apacheconf.runtime.origin import OriginConnection
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.reply import MEMO_HEAD, remember_reply, status_line_size
from apacheconf.runtime.state import ServerState
from apacheconf.runtime.switches import is_asked_once, relays_expect
from apacheconf.runtime.telling import tell_said

#: A head may have many lines, but not this many bytes: each line is bounded, their number isn't (RS-17).
MAX_HEAD = 1 << 20
_BLANK = (b"\r\n", b"\n")
#: In an answer that goes on until the end of its connection it is one that nobody knows.
_CODING = re.compile(rb"(?im)^transfer-encoding:[ \t]*(.*?)[ \t]*\r?$")
_BLANK_LINE = re.compile(rb"\n\r?\n")


class HttpConnection(OriginConnection):
    """A connection that speaks HTTP/1.1, plain or inside TLS."""

    __slots__ = ("_blank", "_buffer", "_chunks", "_full", "_in_body", "_keep", "_left", "_scanned", "_sends_chunks")

    def __init__(self, server: ServerState, pool: Pool, exchange: Exchange) -> None:
        super().__init__(server, pool, exchange)
        self._buffer = b""
        self._scanned = 0
        self._in_body = False
        self._left = 0
        self._chunks: ChunkReader | None = None
        self._keep = True
        self._blank = False
        self._sends_chunks = False
        self._full = False

    def ask(self, exchange: Exchange) -> None:
        pool = self.pool
        self._blank = self._sends_chunks = False
        ping = self._prepare_body(exchange) if exchange.body_length else 0.0
        data = request_bytes(exchange, pool)
        pool.cells.transferred += len(data)
        self.deadline = self.server.now + self.timeout
        self.transport.write(data)
        if ping:
            self.deadline = self.server.now + ping
        elif exchange.spool is not None and not exchange.expects:
            self._send_spooled()

    def _prepare_body(self, exchange: Exchange) -> float:
        """How the body goes out; the seconds within which the origin must ask for it, 0 without ``ping=`` (RQ-23)."""
        self._sends_chunks = is_sent_chunked(exchange)
        ping = self.pool.worker.ping
        if not ping or not relays_expect(exchange):
            return 0.0
        if not exchange.expects:
            exchange.expects = exchange.pinged = True
        return ping

    def send_body(self, exchange: Exchange, pieces: list[bytes], done: bool) -> None:
        if exchange.spool is not None:
            self._send_spooled()
            return
        data = body_bytes(exchange, pieces, done, self._sends_chunks)
        if data or done:
            self.send(data)

    def _send_spooled(self) -> None:
        """As much of a body in a file as the origin takes now."""
        exchange = self.exchange
        while exchange is not None and exchange.spool is not None and not self._full:
            data = exchange.spool.take()
            if not data:
                exchange.spool = None
                data = body_bytes(exchange, [], True, False)
            if data:
                self.send(data)

    def pause_writing(self) -> None:
        self._full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self._full = False
        super().resume_writing()
        self._send_spooled()

    def overdue(self) -> None:
        """The deadline has passed, which is nobody's fault while the client's body is waited for (RB-11)."""
        exchange = self.exchange
        if exchange is None or exchange.body_done or exchange.expects or exchange.started or self._full:
            super().overdue()
        else:
            self.deadline = 0.0

    def lateness(self, exchange: Exchange) -> OriginBroke:
        if self._full and not exchange.started:  # FA-5
            said = faults.not_sent(self.pool.worker, exchange.client.peer_address[0], faults.TOO_LATE)
            return OriginBroke(504, "the origin did not take the body in time", said=said)
        if self._buffer.count(b"\n") and self._buffer.startswith(b"HTTP/"):
            return OriginBroke(502, "the origin was silent inside the header block", said=faults.LATE_IN_HEAD)  # FA-9
        return super().lateness(exchange)

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            if self._is_too_much(data):
                self.close()
            return
        if (exchange.plain or exchange.closes) and not self._in_body and not self._buffer:
            end = data.find(b"\r\n\r\n") + 4
            forwarding = exchange.plan.forwarding
            known = (forwarding.replies if exchange.plain else forwarding.closing).get(data[:end])
            if known is not None and len(data) - end == known.length and exchange.body_done:
                # The short way: 1 us here instead of 33 us through the readers.
                server, pool, body = self.server, self.pool, data[end:]
                if known.dated:
                    exchange.client.write(known.rest + body)
                else:
                    exchange.client.write(b"%bDate: %b\r\n%b%b" % (known.first, server.date(), known.rest, body))
                pool.cells.read += known.counted
                exchange.written = known.length
                exchange.status = known.status
                exchange.head = known
                self.exchange = None
                self.release(pool.reusable)
                exchange.finish()
                if exchange.straight and exchange.known is not None and len(server.spares) < MOST_SPARES:
                    server.spares.append(exchange)
                return
        exchange.straight = False
        self.deadline = self.server.now + self.timeout
        try:
            self._read(exchange, data)
        except OriginBroke as error:
            self.fail(error)

    def ended(self, exchange: Exchange) -> None:
        """The origin has closed: that ends a body without a length, and breaks anything else (RS-12, FA-6, FA-9)."""
        if self._in_body and self._left == UNTIL_CLOSE and not self.cut:
            exchange.more([], done=True)
            exchange.finish()
        elif self._buffer.count(b"\n") > 0 and self._buffer.startswith(b"HTTP/"):
            exchange.broken(
                OriginBroke(502, "the connection ended inside the header block", said=faults.ENDED_IN_HEAD)
            )  # FA-9
        elif exchange.started:
            exchange.broken(
                OriginBroke(502, "the connection ended inside the body", said=faults.ENDED_IN_BODY)
            )  # RS-27
        elif not exchange.body_done and not exchange.expects:  # FA-5
            said = faults.not_sent(self.pool.worker, exchange.client.peer_address[0])
            exchange.broken(OriginBroke(502, "the connection ended before the whole body was sent", said=said))
        else:
            broken = proxy_error(502, faults.READ_FAILED, faults.ENDED_BEFORE_HEAD)  # FA-6
            exchange.broken(broken, before_status_line=True)

    def _read(self, exchange: Exchange, data: bytes) -> None:
        if self._in_body:
            self._read_body(exchange, data)
            return
        self._buffer += data
        while self.exchange is exchange and not self._in_body:
            end = _head_end(self._buffer, self._scanned)
            bad = exchange.site.limits.bad_header
            if bad == "StartBody" and (found := _bad_line(self._buffer, end)) is not None:
                head, rest = self._buffer[: found[0]] + b"\r\n", self._buffer[found[1] :]
            elif end < 0:
                self._check_unfinished(exchange)
                return
            else:
                head, rest = self._buffer[:end], self._buffer[end:]
            self._buffer, self._scanned = b"", 0
            size = self.pool.worker.response_field_size
            reply = read_reply_head(head, exchange.head_only, size, lenient=bad == "Ignore")
            self.pool.cells.read += status_line_size(head)
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
            raise OriginBroke(502, "the response head is too long", said=faults.BAD_HEADER)
        text = self._buffer.lstrip(b"\r\n")
        if len(text) >= 5 and not text.startswith(b"HTTP/") and b"\n" in text:
            self._old_answer(exchange, self._buffer)

    def _old_answer(self, exchange: Exchange, data: bytes) -> None:
        """HTTP/0.9: all of it is the body, but httpd has eaten the first line's end (RS-14)."""
        line, found, rest = data.partition(b"\n")
        if not found or not line.rstrip(b"\r"):
            raise proxy_error(502, faults.READ_FAILED, faults.NO_STATUS_LINE)
        self._buffer, self._keep = b"", False
        line = line.rstrip(b"\r")[: self.pool.worker.response_field_size - 1]
        reply = ReplyHead(200, b"OK", [], UNTIL_CLOSE, False, (0, 9))
        if exchange.head_only:  # httpd reads no more of it, and takes the line for all there is
            reply.length, reply.fields = 0, [(b"Content-Length", b"%d" % len(line))]
            exchange.written += len(line)
            line = rest = b""
        self._begin(exchange, b"", reply, line + rest)

    def _begin(self, exchange: Exchange, head: bytes, reply: ReplyHead, rest: bytes) -> None:
        """The final head is here, with the first bytes of its body."""
        self._keep = reply.reusable and self.pool.reusable and not is_asked_once(exchange)
        exchange.status = reply.status
        if reply.length == CHUNKED:
            self._chunks = ChunkReader(exchange.site.limits)
            self._first_chunks(exchange, reply, rest)
            return
        if reply.length == UNTIL_CLOSE and (coding := _CODING.search(head)) is not None:
            tell_said(exchange, faults.unknown_coding(coding[1]))
        if 0 < len(head) <= MEMO_HEAD and exchange.body_done:
            remember_reply(exchange, head, reply)
        self._in_body, self._left = True, reply.length
        if 0 <= reply.length < len(rest):
            rest = self._cut(rest, reply.length)
        if reply.length >= 0:
            self._left -= len(rest)
        if reply.length > exchange.site.limits.io_buffer:
            exchange.ranged = False  # httpd reads it in several pieces, and none of them is all of it (RQ-8)
        exchange.answered(reply, [rest] if rest else [], done=self._left == 0)
        self._maybe_done(exchange)

    def _cut(self, data: bytes, length: int) -> bytes:
        """So many bytes of ``data``: what comes after a body costs the connection, not the answer (RS-21)."""
        self._keep = self._keep and not self._is_too_much(data[length:])
        return data[:length]

    def _is_too_much(self, data: bytes) -> bool:
        """Whether bytes that nobody asked for are more than a blank line, and the only one by now (WK-8)."""
        first, self._blank = not self._blank, True
        return not first or data not in _BLANK

    def _first_chunks(self, exchange: Exchange, reply: ReplyHead, rest: bytes) -> None:
        chunks = self._chunks
        assert chunks is not None
        try:
            pieces = chunks.feed(rest)
        except BadChunk as bad:
            if bad.pieces:
                exchange.answered(reply, bad.pieces, done=False)
            raise bad.of_origin(in_body=True) from bad  # RS-28
        self._in_body, self._left = True, CHUNKED
        exchange.answered(reply, pieces, done=chunks.done)
        self._maybe_done(exchange)

    def _read_body(self, exchange: Exchange, data: bytes) -> None:
        if self._chunks is not None:
            try:
                pieces = self._chunks.feed(data)
            except BadChunk as bad:
                exchange.more(bad.pieces, done=False)
                raise bad.of_origin(in_body=False) from bad
            if pieces or self._chunks.done:
                exchange.more(pieces, self._chunks.done)
        elif self._left == UNTIL_CLOSE:
            exchange.more([data], done=False)
        else:
            if len(data) > self._left:
                data = self._cut(data, self._left)
            self._left -= len(data)
            exchange.more([data], done=self._left == 0)
        self._maybe_done(exchange)

    def _maybe_done(self, exchange: Exchange) -> None:
        """If the answer is complete, the connection is free before the client is told (KP-1)."""
        chunks = self._chunks
        if self.exchange is not exchange or not (self._left == 0 if chunks is None else chunks.done):
            return
        if chunks is not None:
            exchange.trailers_out = chunks.trailers
            self._keep = self._keep and not (chunks.rest and self._is_too_much(chunks.rest))
        self.exchange, self._chunks, self._in_body, self._left = None, None, False, 0
        self.release(self._keep and exchange.body_done and not exchange.expects)
        exchange.finish()


def _head_end(data: bytes, start: int) -> int:
    """Where the head's blank line ends, -1 when it isn't here. Origins may end lines by LF alone (RS-13)."""
    if data[:1] in (b"\r", b"\n") and start == 0:
        start = 2 if data[:2] == b"\r\n" else 1  # one leading blank line
        if data[start : start + 1] in (b"\r", b"\n"):
            raise proxy_error(502, faults.READ_FAILED, faults.NO_STATUS_LINE)
    found = _BLANK_LINE.search(data, start)
    return -1 if found is None else found.end()


def _bad_line(data: bytes, end: int) -> tuple[int, int] | None:
    """Where the first header line without a colon begins and ends: there the body starts, without it (RS-16)."""
    start = data.find(b"\n") + 1
    while start and (stop := data.find(b"\n", start) + 1):
        if not data[start:stop].rstrip(b"\r\n") or 0 <= end <= start:
            return None
        while data[stop : stop + 1] in (b" ", b"\t") and b"\n" in data[stop:]:  # what is folded belongs to it
            stop = data.index(b"\n", stop) + 1
        if b":" not in data[start:stop]:
            return start, stop
        start = stop
    return None
