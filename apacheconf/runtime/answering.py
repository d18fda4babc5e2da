"""How a client's connection answers by itself: error pages and their heads, Keep-Alive and Connection (RQ-19)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apacheconf.runtime.answer import spoken, standard_reason
from apacheconf.runtime.documents import answered_by_document
from apacheconf.runtime.framing import CHUNKED_FIELD, LAST_CHUNK, chunk, leave_unmeasured
from apacheconf.runtime.mod_headers import edited_error, edited_reply
from apacheconf.runtime.naming import self_url, signature
from apacheconf.runtime.pages import CLOSING, CONTENT_TYPE, page
from apacheconf.runtime.switches import dated_for, protocol_for, vary_for, vary_lines

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.state import Door, ServerState

_CHALLENGE = "WWW-Authenticate"


class Answering:
    """The part of ``ClientConnection`` that writes answers made here; it keeps nothing of its own."""

    __slots__ = ()

    server: ServerState
    door: Door
    _expect_refused: bool
    _counted: int

    @property
    def expects(self) -> bool:
        """Whether the client waits for 100 Continue, and won't get it."""
        return self._expect_refused

    def write(self, data: bytes) -> None:
        """Send bytes to the client."""
        raise NotImplementedError

    def finished(self, exchange: Exchange) -> None:
        """The answer is complete."""
        raise NotImplementedError

    def count_again(self) -> None:
        """Count an answer twice for MaxKeepAliveRequests."""
        raise NotImplementedError

    def refuse(
        self,
        exchange: Exchange,
        status: int,
        reason: str = "",
        note: str = "",
        uncached: bool = False,
        kept: Sequence[tuple[bytes, bytes]] = (),
        measured: bool = True,
        first: int = 0,
    ) -> None:
        """Answer a request with an error: its document, or a page made here, with the fields that are ``kept``.

        A page that isn't ``measured`` has no Content-Length (RS-18, RS-31, DR-5). ``first`` is what would have been
        answered, had the body not been broken (RB-9).
        """
        if status in (204, 304):  # it has no page, and bytes of one would begin the next answer
            decision = exchange.plan.decision
            vary = [] if decision is None else vary_lines(decision)
            self.answer(exchange, status, b"", [*kept, *vary], reason.encode("latin-1"))
            return
        if status in (405, 501):
            kept = _with_allowed(exchange, kept)
        if status == 416 and not measured:  # httpd asks twice whether the connection stays, and counts both
            self.count_again()
        expires = [(b"Expires", self.server.date())] if uncached else []
        if answered_by_document(self, exchange, status, reason, [*kept, *expires], measured):  # type: ignore[arg-type]  # a ClientConnection
            return
        second = first
        left = exchange.first
        if exchange.first_status and left is not None:  # the document failed: the first error counts (ED-2)
            exchange.stay = exchange.stay and status not in CLOSING  # both end connections
            kept = (*(pair for pair in kept if pair[0] != b"Allow"), *left.allowed, *_challenges(exchange))
            left.failed_status, left.failed_plan, exchange.plan = status, exchange.plan, left.plan
            second, status, reason, note = exchange.first_status, left.status, left.reason, ""
        asked = "GET" if exchange.first_status else exchange.plan.method.decode("latin-1")  # as documents are (ED-1)
        body = page(status, reason, note, asked or "GET", exchange.site.host.admin, second, signature(exchange))
        if status in CLOSING or self._expect_refused:
            exchange.stay = False
        fields = [*kept, (b"Content-Type", CONTENT_TYPE), *expires]
        if not measured and (uncached or status == 416):
            leave_unmeasured(exchange, fields)
        elif not measured:
            exchange.stay = False
        self.answer(exchange, status, body, fields, reason.encode("latin-1"), measured)

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
        """Answer a request here, with its whole body, and with its length if it is ``measured``.

        It is sent in chunks where the last field says so, and ``completed`` when Header does with it what it does with
        an origin's answer.
        """
        exchange.written = 0 if exchange.head_only else len(body)
        exchange.stay = exchange.stay and not self._expect_refused
        in_chunks = fields[-1:] == [CHUNKED_FIELD]
        fixed = measured and not exchange.head_only and status not in (204, 304) and not in_chunks
        head = self.begin(exchange, status, fields, reason, len(body) if fixed else None, completed)
        sent = b"" if exchange.head_only else chunk([body]) + LAST_CHUNK if in_chunks else body
        self.write(head + sent)
        self.finished(exchange)

    def begin(
        self,
        exchange: Exchange,
        status: int,
        fields: list[tuple[bytes, bytes]],
        reason: bytes = b"",
        length: int | None = None,
        completed: bool = False,
    ) -> bytes:
        """The head of an answer made here, to be written with its body; ``length`` is its Content-Length in bytes.

        A handler that has no whole body at hand writes it with what it has, goes on with ``write`` and ends with
        ``finished``; its producer is told when the client reads too slowly. HTTP/0.9 has no head.
        """
        if completed:
            fields = edited_reply(exchange, status, fields)
        exchange.status = status
        decision = exchange.plan.decision
        unread = decision is not None and decision.host is None
        if not completed:
            fields = edited_error(exchange, exchange.site.unread_plan() if unread else exchange.plan, status, fields)
        if exchange.version < (1, 0):
            return b""
        protocol = protocol_for(exchange) if exchange.plan.switches else b"HTTP/1.1"
        fields = dated_for(exchange, vary_for(exchange, fields))
        head = [b"%b %d %b\r\n" % (protocol, status if reason else spoken(status), reason or standard_reason(status))]
        head += [b"Date: %b\r\n" % self.server.date(), self.server.server_line]
        late = (b"Content-Type", CHUNKED_FIELD[0])
        head += [b"%b: %b\r\n" % pair for pair in fields if pair[0] not in late]
        if length is not None:
            head.append(b"Content-Length: %d\r\n" % length)
        head.append(self.connection_lines(exchange))
        head += [b"%b: %b\r\n" % pair for name in reversed(late) for pair in fields if pair[0] == name]
        head.append(b"\r\n")
        exchange.head = b"".join(head)
        return exchange.head

    def connection_lines(self, exchange: Exchange) -> bytes:
        """Keep-Alive and Connection, as RQ-19 says."""
        if not exchange.stay:
            return b"Connection: close\r\n"
        if not exchange.announce:
            return b""
        limits = exchange.site.limits
        left = exchange.site.most_kept + 1 - self._counted
        most = b", max=%d" % left if limits.max_keep_alive_requests else b""
        return b"Keep-Alive: timeout=%d%b\r\nConnection: Keep-Alive\r\n" % (limits.keep_alive_timeout, most)

    def self_url(self, exchange: Exchange) -> bytes:
        """``scheme://host[:port]`` of URLs made here (RV-4, VH-60)."""
        return self_url(exchange)


def _with_allowed(exchange: Exchange, kept: Sequence[tuple[bytes, bytes]]) -> Sequence[tuple[bytes, bytes]]:
    """The same with Allow: only who asked the handler of files knows methods."""
    if any(name == b"Allow" for name, _ in kept):
        return kept
    return (*kept, (b"Allow", b"TRACE" if exchange.site.host.shape.limits.trace else b""))


def _challenges(exchange: Exchange) -> Sequence[tuple[bytes, bytes]]:
    """What a document that needs a user asks for, where the request itself asked for nothing."""
    plans = (exchange.plan, exchange.first.plan if exchange.first is not None else None)
    own, first = ([] if plan is None or plan.decision is None else plan.decision.early_headers for plan in plans)
    asks = [pair for pair in own if pair[0] == _CHALLENGE and pair not in first]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in asks]
