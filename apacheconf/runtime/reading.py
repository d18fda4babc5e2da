"""Reading requests from a client: heads out of a buffer, bodies in any framing, in bounded memory and time (RB, KP).

The part of ``ClientConnection`` that holds what the client has sent and nobody has used yet. What a head leads to is
``_handle``'s business; what follows the answer is ``KeepAlive``'s.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from apacheconf.runtime.answering import Answering
from apacheconf.runtime.errors import ClientBroke
from apacheconf.runtime.framing import BadChunk, BodyReader, body_reader
from apacheconf.runtime.heads import RequestHead, read_request_head
from apacheconf.runtime.pages import CLOSING
from apacheconf.runtime.patience import Patience, patience
from apacheconf.runtime.reading_ahead import WHOLE, BodyAhead, BodyWanted
from apacheconf.runtime.unfinished import blank_lines, check_unfinished
from apacheconf.runtime.uploads import check_announced

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange

#: Bytes of pipelined requests that are kept while an exchange is at work, before reading pauses.
MAX_PIPELINED = 65536


class RequestReader(Answering):
    """A connection's buffer, the reader of the body that is coming in, and until when more must be here.

    ``requests`` counts those received; ``deadline`` is 0 when there is none. ``_head`` is what was read as one last.
    """

    __slots__ = (
        "_ahead", "_body", "_buffer", "_counted", "_expect_refused", "_head", "_held", "_lingering", "_patience",
        "_paused", "_quick", "_reading", "deadline", "exchange", "requests", "transport",
    )  # fmt: skip

    _ahead: BodyAhead | None
    _body: BodyReader | None
    _buffer: bytes
    _head: bytes
    _held: Callable[[], None] | None
    _lingering: bool
    _patience: Patience | None
    _paused: int
    _quick: bool
    _reading: bool
    deadline: float
    exchange: Exchange | None
    requests: int
    transport: Any

    def _handle(self, raw: bytes, head: RequestHead) -> None:
        """A head was read: go on with it. Raises ClientBroke."""
        raise NotImplementedError

    def _refuse_client(self, error: ClientBroke) -> None:
        """The client broke HTTP."""
        raise NotImplementedError

    def _next(self) -> None:
        """The connection is between two requests."""
        raise NotImplementedError

    # --- heads -----------------------------------------------------------------------------------------------

    def _arrived(self, data: bytes) -> None:
        if self._lingering:
            return
        if self._patience is not None:
            self._patience.got(len(data))
        try:
            if self._ahead is not None and self._ahead.then is not None:
                self._go_on_ahead(self._ahead, data)
                return
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
        self._head = self._buffer
        start = blank_lines(self._buffer)
        end = self._buffer.find(b"\r\n\r\n", start) + 4
        if end == 3:
            end = check_unfinished(self._buffer[start:], limits) if len(self._buffer) > start else 0
            if end:
                end += start
            else:
                if self._patience is None:
                    self._patience = patience(limits.header, self.server.now)
                self.deadline = self._reading_deadline()
                return False
        head, self._buffer = self._buffer[start:end], self._buffer[end:]
        self.requests += 1
        self._counted += 1
        self.deadline = 0.0
        self._patience = None
        self._head, self._ahead = head, None
        self._handle(head, read_request_head(head, limits, self.server.fast))
        if self._body is not None and self.exchange is None:  # answered already: what is here of the body is dropped
            self._rest_of_body()
        return self._body is None and not self._lingering

    # --- the body --------------------------------------------------------------------------------------------

    def _begin_body(self, length: int) -> None:
        self._body = body_reader(length, self.door.main.limits)
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
            raise bad.of_client() from None
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

    def read_ahead(self, most: int) -> int:
        """Have the request's body read before anything else: the status that refuses it, 0 when all of it is here.

        A client that waits for 100 Continue is asked without it. Raises BodyWanted until then.
        """
        exchange = self.exchange
        if self._expect_refused or exchange is None:
            return 0
        limits = self.door.main.limits
        if self._ahead is None and (reader := body_reader(exchange.body_length, limits)) is not None:
            self._ahead = BodyAhead(reader, most)
            self._ahead.feed(self._buffer)
        if self._ahead is None or self._ahead.status == WHOLE:
            return 0
        if not self._ahead.status:
            raise BodyWanted(self._ahead)
        for said in self._ahead.said:
            self.server.log(said.level, said.module, said.text, exchange=exchange, system=said.system)
        return self._ahead.status

    def _go_on_ahead(self, ahead: BodyAhead, data: bytes) -> None:
        """More of a body that is read ahead; when that has ended, the request is decided once more."""
        self._buffer += data
        self.deadline = self._reading_deadline()
        ahead.feed(data)
        if ahead.status and ahead.then is not None:
            then, ahead.then = ahead.then, None
            then(None)

    def has_whole_body(self, exchange: Exchange) -> bool:
        """Whether all of a request's body is still to be read, and nobody else has asked for it."""
        return self._body is not None and not exchange.body_size and not exchange.expects

    def is_to_read(self, exchange: Exchange, then: Callable[[], None]) -> bool:
        """Whether a handler must wait for the body, which is read first; ``then`` is called when it is all here.

        A client that waits for 100 Continue gets it (RQ-20). Raises ClientBroke.
        """
        unasked = exchange.first_status and self._expect_refused  # the client was refused, and needn't send it (RB-9)
        if self._body is None or unasked or exchange.first_status in CLOSING:  # what ends the connection leaves it
            exchange.stay = exchange.stay and not self._expect_refused and self._body is None
            return False
        check_announced(exchange)
        if self._expect_refused:
            self._expect_refused, exchange.reads_body = False, True
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._held = then
        self._rest_of_body()
        return True

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
            check_announced(exchange)
            self._held = partial(super().answer, exchange, status, body, fields, reason, measured, completed)
            self._rest_of_body()
        else:
            super().answer(exchange, status, body, fields, reason, measured, completed)
