"""A client's connection: reads requests, starts exchanges or answers itself, keeps alive (RQ-19, RB, KP).

Pure logic behind asyncio's protocol callbacks; it never imports asyncio. Its states, of which one holds at a
time::

    reading     no exchange; the buffer holds part of a head, or nothing (idle)
    exchanging  an exchange is at work; body bytes go to it, what follows the body waits in the buffer
    draining    the answer is out but the request's body is not all here: it is read and dropped
    lingering   the last answer is out; input is dropped until the client closes, so that it can read the answer

A request whose line and header block were both seen before takes the short way through ``data_received``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apacheconf.program.names import HostRefused, parse_host
from apacheconf.program.request import Decision, Request
from apacheconf.program.uri import PathRefused, Target, parse_target
from apacheconf.runtime.answer import header_block
from apacheconf.runtime.answering import Answering
from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.forward import (
    Lines,
    count_forwards,
    expects_continue,
    wants_to_stay,
    with_empty_body,
)
from apacheconf.runtime.framing import CHUNKED, BadChunk, ChunkReader, request_length
from apacheconf.runtime.heads import FastReader, RequestHead, read_request_head
from apacheconf.runtime.local import local_answer
from apacheconf.runtime.patience import patience
from apacheconf.runtime.site import Block, Plan, Site
from apacheconf.runtime.strict import read_request_line
from apacheconf.runtime.unfinished import blank_lines, check_unfinished

if TYPE_CHECKING:
    from apacheconf.runtime.state import Door, ServerState

#: Bytes of pipelined requests that are kept while an exchange is at work, before reading pauses.
MAX_PIPELINED = 65536
LINGER = 2.0
#: A header block is remembered when it is at most this long (bytes).
MEMO_BLOCK = 2048


class ClientConnection(Answering):
    """One client. ``requests`` counts those received, ``received`` and ``sent`` bytes since the last line of a log.

    ``deadline`` is 0 when there is none.
    """

    __slots__ = (
        "_body_left", "_buffer", "_chunks", "_ended", "_expect_refused", "_in_body", "_left", "_line", "_lingering",
        "_patience", "_paused", "_quick", "_reading", "blocks", "deadline", "door", "exchange", "fast", "peer",
        "peer_address", "received", "requests", "sent", "server", "transport",
    )  # fmt: skip

    def __init__(self, server: ServerState, door: Door, peer: tuple[str, int]) -> None:
        self.server: ServerState = server
        self.door: Door = door
        self.blocks = door.blocks
        self.peer_address: tuple[str, int] = peer
        self.peer = peer[0].encode()
        self.transport: Any = None
        self.exchange: Exchange | None = None
        self.fast = FastReader()
        self.requests: int = 0
        limits = door.main.limits
        # httpd counts the answers that kept the connection: one request more is served.
        self._left = 1 + (limits.max_keep_alive_requests or 1 << 60)
        if not limits.keep_alive:
            self._left = 1
        self._patience = patience(limits.header, server.now)
        self.deadline = self._patience.until if self._patience is not None else server.now + limits.timeout
        self._buffer = b""
        self._in_body = False
        self._body_left = 0
        self._chunks: ChunkReader | None = None
        self._lingering = False
        self._paused = 0
        self._expect_refused = False
        self._quick = True
        self._reading = False
        self._ended = False
        self.sent: int = 0
        self.received: int = 0
        self._line = b""

    # --- asyncio's callbacks ---------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.server.clients.add(self)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        try:
            self._receive(data)
        except Exception as fault:  # a fault of ours ends one connection, never the server
            self._fail(fault)

    def _receive(self, data: bytes) -> None:
        if self.exchange is None and not self._buffer and not self._in_body:
            end = data.find(b"\r\n")
            block = self.blocks.get(data[end:])
            if block is not None and self._left > 1 and self._quick:
                plan = block.site.plans.get(data[:end]) or self._plan_of(block.site, data[:end])
                if plan is not None:
                    # The short way: both halves were read strictly before. 4 us instead of 38 us.
                    self._left -= 1
                    self.requests += 1
                    self.deadline = 0.0
                    self._patience = None
                    exchange = Exchange(
                        self, block.site, plan, block.lines_for(plan.forwarding), block.host, block.fields, plan.line
                    )
                    self.exchange = exchange
                    exchange.start()
                    return
        self._arrived(data)

    def _fail(self, fault: Exception) -> None:
        """Answer 500 if nothing was answered yet, and close; the error log says what happened."""
        self.server.report(fault)
        exchange = self.exchange
        if exchange is None or exchange.status or self.transport is None:
            if self.transport is not None:
                self.transport.abort()
            return
        exchange.stay = False
        self.refuse(exchange, 500)

    def eof_received(self) -> bool:
        """The client sends no more. What it has asked for completely it still gets; True keeps the connection."""
        self._ended = self.exchange is not None and not self._in_body
        return self._ended

    def connection_lost(self, _: BaseException | None) -> None:
        self.server.clients.discard(self)
        self.transport = None
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.abandon()

    def pause_writing(self) -> None:
        """The client reads too slowly: stop reading from the origin, and start no further request."""
        self._quick = False
        connection = self.exchange.connection if self.exchange is not None else None
        if connection is not None:
            connection.pause()
        self.deadline = self.server.now + self.door.main.limits.timeout

    def resume_writing(self) -> None:
        self._quick = not self._lingering
        if self.exchange is None:
            if not self._lingering:
                self._next()
            return
        self.deadline = 0.0
        if self.exchange.connection is not None:
            self.exchange.connection.resume()

    # --- reading ---------------------------------------------------------------------------------------------

    def _arrived(self, data: bytes) -> None:
        if self._lingering:
            return
        if self._patience is not None:
            self._patience.got(len(data))
        try:
            if self._in_body:
                self._read_body(data)
                return
            self._buffer += data
            if self.exchange is None:
                self._read_heads()
            elif len(self._buffer) > MAX_PIPELINED:
                self.pause_reading()
        except ClientBroke as error:
            self._refuse_client(error)

    def _read_heads(self) -> None:
        """Read requests from the buffer until one is at work. What is answered at once comes back to this loop."""
        self._reading = True
        try:
            while self.exchange is None and self._buffer and self._quick and self._read_head():
                pass
        finally:
            self._reading = False

    def _read_head(self) -> bool:
        """Read one head from the buffer and handle it; False when it isn't all here. Raises ClientBroke."""
        limits = self.door.main.limits
        start = blank_lines(self._buffer)
        end = self._buffer.find(b"\r\n\r\n", start) + 4
        if end == 3:
            if len(self._buffer) == start:
                return False
            end = check_unfinished(self._buffer[start:], limits)
            if end:
                end += start
            else:
                if self._patience is None:
                    self._patience = patience(limits.header, self.server.now)
                self.deadline = self._reading_deadline()
                return False
        head, self._buffer = self._buffer[start:end], self._buffer[end:]
        self.requests += 1
        self._left -= 1
        self.deadline = 0.0
        self._patience = None
        self._line = head[: head.find(b"\r\n")].rstrip(b"\n")
        self._handle(head, read_request_head(head, limits, self.fast))
        if self._in_body and self.exchange is None:  # answered already: what is here of the body is dropped
            self._rest_of_body()
        return not self._in_body and not self._lingering

    def _handle(self, raw: bytes, head: RequestHead) -> None:
        """A head was read: find its site and plan, then start. Raises ClientBroke."""
        decodable = True
        try:
            length, may_stay = request_length(head.fields, head.method)
        except ClientBroke as broke:
            if broke.status != 500:
                raise
            length, may_stay, decodable = 0, False, False
        target, host, site = self._site_of(head)
        stay, asked = wants_to_stay(head.fields, head.version)
        exchange = Exchange(self, site, _NO_PLAN, _NO_LINES, host, head.fields, raw[: raw.find(b"\r\n")])
        exchange.version, exchange.announce = head.version, asked
        exchange.stay = stay and may_stay and self._left > 0 and not self.server.draining
        exchange.head_only = head.method == b"HEAD"
        exchange.plain = exchange.stay and not asked and not exchange.head_only and head.version >= (1, 1)
        exchange.body_length, exchange.body_done = length, length == 0
        self.exchange = exchange
        self._begin_body(length)
        try:
            expects = self._expect_refused = expects_continue(head.fields, head.version)
            self._plan(exchange, raw, head, target, length == 0 and not expects)
        except PathRefused as refused:
            self.refuse(exchange, refused.status)
            return
        except OriginBroke as broken:
            self.refuse(exchange, broken.status, broken.reason, broken.note)
            return
        except ClientBroke as broke:
            self.refuse(exchange, broke.status, "", broke.note)
            return
        if decodable or exchange.plan.service is None:
            self._start(exchange, head, expects)
        else:
            exchange.fail_undecodable()

    def _site_of(self, head: RequestHead) -> tuple[Target, bytes | None, Site]:
        """The target, the Host that counts and the site (VH-30 to VH-42, RB-8f). Raises ClientBroke(400)."""
        hosts = [value for name, value in head.fields if name.lower() == b"host"]
        if len(hosts) > 1 or (not hosts and head.version >= (1, 1)):
            raise ClientBroke(400, "there must be one Host header")
        host = hosts[0] if hosts else None
        try:
            target = parse_target(head.method.decode("latin-1"), head.target.decode("latin-1"))
            asked = host.decode("latin-1") if host is not None else None
            if target.authority and target.scheme in (self.door.scheme, ""):
                asked = target.authority.lower()
                # The target's authority takes the place of a Host header, and isn't one where there is none.
                host = asked.encode("latin-1") if host is not None else None
            elif target.scheme not in ("", "http", "https") or (head.method == b"CONNECT" and not target.authority):
                raise ClientBroke(400, "this is no target of a proxy request")
            name = parse_host(asked).name if asked is not None else None
        except (HostRefused, PathRefused) as refused:
            raise ClientBroke(400, str(refused)) from None
        return target, host, self.server.site_for(self.door.address, name, target.raw_path)

    def _plan(self, exchange: Exchange, raw: bytes, head: RequestHead, target: Target, bare: bool) -> None:
        """Give the exchange its plan and its header lines. Raises PathRefused."""
        fields, forwards = head.fields, None
        if any(name.lower() in _NEVER_REMEMBERED for name, _ in fields):
            bare = False
            exchange.ranged = head.method == b"GET" and bool(exchange.field(b"range"))
            exchange.upgrade = exchange.field(b"upgrade")
            exchange.plain = exchange.plain and not exchange.ranged and not exchange.upgrade
        site = exchange.site
        plan = site.quick_plan(head, target)
        if plan is None:
            plan = site.decided_plan(self._request(head))
        exchange.plan = plan
        if plan.service is None:
            return
        if plan.fields is not None:
            # What decide leaves out because it depends on the connection: Expect (RQ-20).
            expect = [pair for pair in fields if pair[0].lower() == b"expect"]
            exchange.lines = Lines(header_block(plan.fields + expect))
            if exchange.body_done:
                exchange.lines = with_empty_body(exchange.lines, fields)
            return
        if not bare or target.authority:
            fields, forwards = count_forwards(fields)
            exchange.lines = plan.forwarding.lines(fields, exchange.host)
            if exchange.body_done:
                exchange.lines = with_empty_body(exchange.lines, fields)
            if forwards == 0:
                raise OriginBroke(400, "Max-Forwards", "Proxy Error", "Max-Forwards has reached zero - proxy loop?")
            return
        line_end = raw.index(b"\r\n")
        block = Block(site, fields, exchange.host)
        exchange.lines = block.lines_for(plan.forwarding)
        if exchange.plain and len(raw) - line_end <= MEMO_BLOCK:
            self.server.memos.put(self.blocks, raw[line_end:], block)
            site.remember(raw[:line_end], plan)

    def _plan_of(self, site: Site, line: bytes) -> Plan | None:
        """The plan of a request line that is new, under a header block that isn't; None for the long way."""
        try:
            method, target, version = read_request_line(line, self.door.main.limits)
            split = parse_target(method.decode("latin-1"), target.decode("latin-1"))
            if version != (1, 1) or method == b"HEAD" or split.authority:
                return None
            plan = site.quick_plan(RequestHead(method, target, version, []), split)
        except (ClientBroke, PathRefused):
            return None
        if plan is not None:
            site.remember(line, plan)
        return plan

    def request_of(self, exchange: Exchange) -> Request:
        """The request of an exchange as ``decide`` reads it."""
        return self._request(RequestHead(exchange.plan.method, b"/", exchange.version, exchange.fields))

    def start_again(self, exchange: Exchange, decision: Decision) -> None:
        """Go on with what an internal redirect led to; what is left of the body is dropped."""
        if exchange.plan.service is None:
            head = RequestHead(b"GET", b"/", exchange.version, exchange.fields)
            local_answer(self, exchange, head, decision)
        else:
            self.resume_reading()
            exchange.start()

    def _request(self, head: RequestHead) -> Request:
        """The request as ``decide`` reads it."""
        return Request(
            head.method.decode("latin-1"),
            head.target.decode("latin-1"),
            tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.fields),
            head.version,
            self.door.address,
            self.peer_address,
            self.door.scheme,
        )

    def _start(self, exchange: Exchange, head: RequestHead, expects: bool) -> None:
        plan = exchange.plan
        if plan.service is None:
            assert plan.decision is not None
            local_answer(self, exchange, head, plan.decision)
        elif expects:
            self._expect_refused, exchange.plain = False, False
            exchange.start_expecting()
            self._rest_of_body()
        elif exchange.body_done:
            exchange.start()
        else:
            self._rest_of_body()

    # --- the body --------------------------------------------------------------------------------------------

    def _begin_body(self, length: int) -> None:
        self._in_body = length != 0
        self._chunks = ChunkReader() if length == CHUNKED else None
        self._body_left = max(length, 0)
        if self._in_body:
            self._patience = patience(self.door.main.limits.body, self.server.now)
            self.deadline = self._reading_deadline()

    def _reading_deadline(self) -> float:
        """Until when the next bytes of a request must be here: Timeout between two reads, and the patience in all."""
        silent = self.server.now + self.door.main.limits.timeout
        return silent if self._patience is None else min(silent, self._patience.until)

    def _rest_of_body(self) -> None:
        """What of the body came with the head."""
        data, self._buffer = self._buffer, b""
        if data:
            self._read_body(data)

    def _read_body(self, data: bytes) -> None:
        """Hand body bytes to the exchange, or drop them when it is over. Raises ClientBroke."""
        self.deadline = self._reading_deadline()
        if self._chunks is not None:
            try:
                pieces = self._chunks.feed(data)
            except BadChunk as bad:
                raise ClientBroke(413 if bad.overflow else 400, "a chunk of the body is malformed") from None
            done, rest = self._chunks.done, self._chunks.rest
        else:
            piece, rest = data[: self._body_left], data[self._body_left :]
            self._body_left -= len(piece)
            pieces, done = ([piece] if piece else []), self._body_left == 0
        if done:
            self._in_body, self._chunks, self._patience, self.deadline = False, None, None, 0.0
            self._buffer = rest
        exchange = self.exchange
        if exchange is not None:
            exchange.body(pieces, done)
        elif done:
            self._next()

    def hold_body(self, done: bool) -> None:
        """Stop reading until the origin is ready for more; nothing to do when the body is all here."""
        if not done:
            self.pause_reading()

    def release_body(self) -> None:
        self.resume_reading()

    def pause_reading(self) -> None:
        if self.transport is not None and not self._paused:
            self._paused = 1
            self.transport.pause_reading()
        self.deadline = 0.0

    def resume_reading(self) -> None:
        if self._paused and self.transport is not None:
            self._paused = 0
            self.transport.resume_reading()
            if self._in_body:
                self.deadline = self._reading_deadline()

    # --- answering -------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        if self.transport is not None:
            self.sent += len(data)
            self.transport.write(data)

    def finished(self, exchange: Exchange) -> None:
        """The answer is complete: go on with the next request, or end the connection."""
        if self.exchange is not exchange:
            return
        self.exchange = None
        if exchange.site.logs:
            self.log(exchange)
        if not exchange.stay:
            self._end()
        elif self._buffer or self._in_body or self._paused:
            self.resume_reading()
            if not self._in_body:
                self._next()
        elif self._ended:
            self._end()
        else:
            self.deadline = self._idle_deadline()

    def _idle_deadline(self) -> float:
        return self.server.now + self.door.main.limits.keep_alive_timeout

    def _next(self) -> None:
        """The connection is between two requests."""
        self.deadline = self._idle_deadline()
        if not self._buffer or self._reading or not self._quick:
            return
        try:
            self._read_heads()
        except ClientBroke as error:
            self._refuse_client(error)
        if self._ended and self.exchange is None:
            self._buffer = b""
            self._end()

    def _refuse_client(self, error: ClientBroke) -> None:
        """The client broke HTTP: say so and end the connection."""
        exchange = self.exchange
        if exchange is not None and exchange.started:
            self.hang_up(exchange)
            return
        if exchange is None:
            exchange = Exchange(self, self.door.main, _NO_PLAN, _NO_LINES, None, [], self._line)
        else:
            exchange.abandon()
        self.exchange = exchange
        exchange.stay = False
        self.refuse(exchange, error.status, "", error.note)

    def hand_over(self) -> tuple[Any, bytes, bool]:
        """Give the connection away to a tunnel: its transport, what the client has sent already, whether that's all."""
        transport, self.transport = self.transport, None
        data, self._buffer, self.exchange = self._buffer, b"", None
        self.server.clients.discard(self)
        return transport, data, self._ended

    def log(self, exchange: Exchange) -> None:
        """Write what the logs want to know of an answer that is over."""
        for log in exchange.site.logs:
            log(exchange)
        self.sent = self.received = 0

    def hang_up(self, exchange: Exchange) -> None:
        """Cut the connection in the middle of an answer."""
        self.exchange = None
        exchange.cut = True
        self.log(exchange)
        if self.transport is not None:
            self.transport.close()

    def _end(self) -> None:
        """Close, but let the client read the answer first if it is still sending."""
        if self.transport is None:
            return
        if (self._in_body or self._buffer) and self.transport.can_write_eof():
            self._lingering, self._buffer, self._in_body, self._quick = True, b"", False, False
            self.transport.write_eof()
            self.resume_reading()
            self.deadline = self.server.now + LINGER
        else:
            self.transport.close()

    # --- time and drain --------------------------------------------------------------------------------------

    def overdue(self) -> None:
        """The deadline has passed: idle and lingering connections close, half a request is answered with 408."""
        if self.transport is None:
            return
        exchange = self.exchange
        if self._lingering or (exchange is None and not self._buffer):
            self.transport.close()
        elif exchange is not None and exchange.started:
            self.transport.abort()
        else:
            self._refuse_client(ClientBroke(408, "the client was silent for too long"))

    def drain(self) -> None:
        """The server ends: close if idle, else after the answer."""
        if self.exchange is not None:
            self.exchange.stay = self.exchange.stay and self.exchange.started
            self.exchange.plain = False
        elif self.transport is not None and not self._buffer and not self._in_body:
            self.transport.close()
        self._left = 0


_NEVER_REMEMBERED = frozenset({b"max-forwards", b"content-length", b"range", b"upgrade"})
_NO_LINES = Lines(b"")
_NO_PLAN: Any = type("NoPlan", (), {"method": b"GET", "service": None, "decision": Decision(host=None)})()
