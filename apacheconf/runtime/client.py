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

from functools import partial
from typing import TYPE_CHECKING, Any

from apacheconf.program.authority import Pending
from apacheconf.program.request import Decision, Request
from apacheconf.program.uri import PathRefused
from apacheconf.runtime.answering import Answering, asking_nobody
from apacheconf.runtime.asking import PREFETCH
from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.forward import Lines, expects_continue, wants_to_stay
from apacheconf.runtime.framing import BadChunk, BodyReader, body_reader, request_length
from apacheconf.runtime.heads import FastReader, RequestHead, read_request_head
from apacheconf.runtime.local import local_answer
from apacheconf.runtime.page_texts import PLAIN_HTTP
from apacheconf.runtime.patience import patience
from apacheconf.runtime.planning import find_site, plan_exchange, plan_of_line, request_of
from apacheconf.runtime.switches import relays_expect
from apacheconf.runtime.telling import tell, tell_client, tell_path
from apacheconf.runtime.unfinished import blank_lines, check_unfinished
from apacheconf.runtime.uploads import check_announced

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from apacheconf.runtime.site import Block
    from apacheconf.runtime.state import Door, ServerState

#: Bytes of pipelined requests that are kept while an exchange is at work, before reading pauses.
MAX_PIPELINED = 65536
LINGER = 2.0


class ClientConnection(Answering):
    """One client. ``requests`` counts those received, ``received`` and ``sent`` bytes since the last line of a log.

    ``deadline`` is 0 when there is none. ``tls`` are the SSL_ variables of a connection over TLS.
    """

    __slots__ = (
        "_body", "_buffer", "_ended", "_expect_refused", "_held", "_left", "_line", "_lingering",
        "_patience", "_paused", "_quick", "_reading", "blocks", "deadline", "door", "exchange", "fast", "log_id",
        "peer", "peer_address", "received", "requests", "sent", "server", "tls", "transport",
    )  # fmt: skip

    def __init__(self, server: ServerState, door: Door, peer: tuple[str, int]) -> None:
        self.server: ServerState = server
        self.door: Door = door
        self.blocks = door.blocks
        self.peer_address: tuple[str, int] = peer
        self.peer = peer[0].encode()
        self.transport: Any = None
        self.tls: Mapping[str, str] | None = None
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
        self._body: BodyReader | None = None
        self._lingering = False
        self._paused = 0
        self._expect_refused = False
        self._held: Callable[[], None] | None = None
        self._quick = True
        self._reading = False
        self._ended = False
        self.sent: int = 0
        self.log_id = ""
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
        if self.exchange is None and not self._buffer and self._body is None:
            end = data.find(b"\r\n")
            stop = data.find(b"\r\n\r\n", end) + 4
            block = self.blocks.get(data[end:stop])
            alone = stop == len(data) or (block is not None and block.length)
            if block is not None and self._left > 1 and self._quick and alone:
                plan = block.site.plans.get(data[:end]) or plan_of_line(self, block, data[:end])
                if plan is not None:
                    # The short way: both halves were read strictly before. 4 us instead of 38 us.
                    self._left -= 1
                    self.requests += 1
                    self.deadline = 0.0
                    self._patience = None
                    exchange = Exchange(
                        self, block.site, plan, block.lines_for(plan), block.host, block.fields, plan.line
                    )
                    self.exchange = exchange
                    exchange.known = True
                    if block.length or not block.stay:
                        self._start_short(exchange, block, data[stop:])
                    elif plan.service is None:
                        self.go_on(exchange, RequestHead(plan.method, b"/", (1, 1), block.fields))
                    else:
                        exchange.start()
                    return
        self._arrived(data)

    def _start_short(self, exchange: Exchange, block: Block, rest: bytes) -> None:
        """The rest of the short way, for a request with a body or one that asks to close."""
        exchange.stay = exchange.plain = block.stay
        exchange.closes = not block.stay
        if not block.length:
            exchange.start()
            return
        exchange.body_length = block.length
        if len(rest) == block.length <= PREFETCH:
            # All of the body came with the head, and fits into one write: 2 us instead of 5 us through a reader.
            exchange.pieces, exchange.body_size = [rest], block.length
            exchange.start()
            return
        exchange.body_done = False
        self._begin_body(block.length)
        if rest:
            self._read_body(rest)

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
        exchange = self.exchange
        if (exchange is None and self._body is None and b"\n" in self._buffer.lstrip(b"\r\n")) or (
            exchange and self._body is not None
        ):
            self._ended = True
            self._refuse_client(ClientBroke(400, "the client has ended in the middle of a request"))  # RB-11
            return False
        self._ended = exchange is not None and self._body is None
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
        if self.exchange is not None:
            self.exchange.pause()
        self.deadline = self.server.now + self.door.main.limits.timeout

    def resume_writing(self) -> None:
        if getattr(self.transport, "holds", False):  # RATE_LIMIT has some left
            return
        self._quick = not self._lingering
        if self.exchange is None:
            if not self._lingering:
                self._next()
            return
        self.deadline = 0.0
        self.exchange.resume()

    # --- reading ---------------------------------------------------------------------------------------------

    def _arrived(self, data: bytes) -> None:
        if self._lingering:
            return
        if self._patience is not None:
            self._patience.got(len(data))
        try:
            if self._body is not None:
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
        if self._body is not None and self.exchange is None:  # answered already: what is here of the body is dropped
            self._rest_of_body()
        return self._body is None and not self._lingering

    def _handle(self, raw: bytes, head: RequestHead) -> None:
        """A head was read: find its site and plan, then start. Raises ClientBroke."""
        decodable = True
        try:
            length, may_stay = request_length(head.fields, head.method)
        except ClientBroke as broke:
            if broke.status != 500:
                raise
            length, may_stay, decodable = 0, False, False
        target, host, site = find_site(self, head)
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
            if self.door.shown is not None:
                self._check_handshake(exchange)
            expects = self._expect_refused = expects_continue(head.fields, head.version)
            plan_exchange(self, exchange, raw, head, target, expects)
        except Pending as question:
            self._wait_for(question, exchange, raw, head)
            return
        except PathRefused as refused:
            exchange.reads_body = not self._expect_refused
            tell_path(exchange, refused.status)
            self.refuse(exchange, refused.status)
            return
        except OriginBroke as broken:
            tell(exchange, broken)
            self.refuse(exchange, broken.status, broken.reason, broken.note)
            return
        except ClientBroke as broke:
            tell_client(exchange, broke)
            self.refuse(exchange, broke.status, "", broke.note)
            return
        if not decodable and exchange.plan.service is not None:
            exchange.fail_undecodable()
            return
        try:
            self._start(exchange, head, expects)
        except Pending as question:  # a handler has asked for what lies in a folder
            self._wait_for(question, exchange, raw, head)

    def _wait_for(self, question: Pending, exchange: Exchange, raw: bytes, head: RequestHead) -> None:
        """Read no more until an answer is there that the decision needs; then decide again."""
        self.pause_reading()

        def answered(fault: BaseException | None) -> None:
            if self.exchange is not exchange or self.transport is None:
                return
            try:
                if fault is not None:
                    raise fault
                self._begin_again(raw, head)
            except ClientBroke as broke:
                self._refuse_client(broke)
            except Exception as failed:
                self._fail(failed)

        self.server.find_out(question, answered)

    def _begin_again(self, raw: bytes, head: RequestHead) -> None:
        """The head once more, as if it had just been read; what came of the body still waits. Raises ClientBroke."""
        self.resume_reading()
        self._handle(raw, head)
        if self._body is not None and self.exchange is None:
            self._rest_of_body()

    def _check_handshake(self, exchange: Exchange) -> None:
        """The host of a request must be one that the handshake speaks for. Raises ClientBroke."""
        try:
            self.door.check(exchange)
        except ClientBroke as broke:
            if broke.status != 400:  # it is the last request, and nobody tells the client
                self._ended, self._buffer = True, b""
            raise

    def refuse_plain(self) -> None:
        """The client speaks plain HTTP where TLS is spoken (TL-6, VH-53)."""
        self.requests, self._line = 1, b"GET / HTTP/1.0"
        self._refuse_client(ClientBroke(400, "plain HTTP on a port for TLS", PLAIN_HTTP))

    def request_of(self, exchange: Exchange) -> Request:
        """The request of an exchange as ``decide`` reads it."""
        return request_of(self, RequestHead(exchange.plan.method, b"/", exchange.version, exchange.fields))

    def start_again(self, exchange: Exchange, decision: Decision) -> None:
        """Go on with what an internal redirect led to; what is left of the body is dropped."""
        if exchange.plan.service is None:
            head = RequestHead(b"GET", b"/", exchange.version, exchange.fields)
            local_answer(self, exchange, head, decision)
        else:
            self.resume_reading()
            exchange.start()

    def go_on(self, exchange: Exchange, head: RequestHead) -> None:
        """Go on with the plan that an exchange has got in place of its first one; its body is still to come."""
        self._start(exchange, head, False)

    def _start(self, exchange: Exchange, head: RequestHead, expects: bool) -> None:
        plan = exchange.plan
        if plan.service is None:
            assert plan.decision is not None
            exchange.reads_body = not expects
            if not expects and not exchange.body_done:
                check_announced(exchange)
            local_answer(self, exchange, head, plan.decision)
        elif expects and relays_expect(exchange):
            self._expect_refused, exchange.plain = False, False
            exchange.start_expecting()
            self._rest_of_body()
        elif expects and not exchange.body_done:
            self._expect_refused = False
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._rest_of_body()
        elif exchange.body_done:
            exchange.start()
        else:
            self._rest_of_body()

    # --- the body --------------------------------------------------------------------------------------------

    def _begin_body(self, length: int) -> None:
        self._body = body_reader(length)
        if self._body is not None:
            self._patience = patience(self.door.main.limits.body, self.server.now)
            self.deadline = self._reading_deadline()

    def _reading_deadline(self) -> float:
        """Until when the next bytes of a request must be here: Timeout between two reads, and the patience in all."""
        silent = self.server.now + self.door.main.limits.timeout
        return silent if self._patience is None else min(silent, self._patience.until)

    def _rest_of_body(self) -> None:
        """What of the body came with the head."""
        if self._buffer and self._body is not None:
            data, self._buffer = self._buffer, b""
            self._read_body(data)

    def _read_body(self, data: bytes) -> None:
        """Hand body bytes to the exchange, or drop them when it is over. Raises ClientBroke."""
        body = self._body
        assert body is not None
        self.deadline = self._reading_deadline()
        try:
            pieces = body.feed(data)
        except BadChunk as bad:
            raise ClientBroke(413 if bad.overflow else 400, "a chunk is malformed", measured=False) from None
        if body.done:
            self._body, self._patience, self.deadline = None, None, 0.0
            self._buffer = body.rest
        exchange = self.exchange
        if exchange is not None:
            if body.trailers:
                exchange.trailers_in = body.trailers
            exchange.body(pieces, body.done)
            held = self._held
            if held is not None and body.done:
                self._held = None
                held()
        elif body.done:
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
            if self._body is not None:
                self.deadline = self._reading_deadline()

    def is_to_read(self, exchange: Exchange, then: Callable[[], None]) -> bool:
        """Whether a handler must wait for the body, which is read first; ``then`` is called when it is all here.

        A client that waits for 100 Continue gets it (RQ-20). Raises ClientBroke.
        """
        if self._body is None:
            exchange.stay = exchange.stay and not self._expect_refused
            return False
        if self._expect_refused:
            check_announced(exchange)
            self._expect_refused, exchange.reads_body = False, True
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._held = then
        self._rest_of_body()
        return True

    # --- answering -------------------------------------------------------------------------------------------

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

    def answer(
        self,
        exchange: Exchange,
        status: int,
        body: bytes,
        fields: list[tuple[bytes, bytes]],
        reason: bytes = b"",
        measured: bool = True,
        completed: bool = False,
    ) -> None:
        """Answer here once the body is read: what is wrong with it counts more (RB-14). Raises ClientBroke."""
        if exchange.reads_body and self._body is not None:
            self._held = partial(super().answer, exchange, status, body, fields, reason, measured, completed)
            self._rest_of_body()
        else:
            super().answer(exchange, status, body, fields, reason, measured, completed)

    def finished(self, exchange: Exchange) -> None:
        """The answer is complete: go on with the next request, or end the connection."""
        if self.exchange is not exchange:
            return
        self.exchange = None
        if exchange.site.logs:
            self.log(exchange)
        if not exchange.stay:
            self._end()
        elif self._buffer or self._body is not None or self._paused:
            self.resume_reading()
            if self._body is None:
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
            exchange.waste_turn()
            exchange.abandon()
            exchange.plan = asking_nobody(exchange.plan)
        self.exchange, self._held = exchange, None
        exchange.stay = exchange.reads_body = False
        tell_client(exchange, error)
        self.refuse(exchange, error.status, "", error.note, measured=error.measured)

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
        if (self._body is not None or self._buffer) and self.transport.can_write_eof():
            self._lingering, self._buffer, self._body, self._quick = True, b"", None, False
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
        elif self.transport is not None and not self._buffer and self._body is None:
            self.transport.close()
        self._left = 0


_NO_LINES = Lines(b"")
_NO_PLAN: Any = type(
    "NoPlan", (), {"method": b"GET", "service": None, "decision": Decision(host=None), "levels": None, "switches": {}}
)()
