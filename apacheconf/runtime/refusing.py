"""When a client's connection can't go on: a request that can't be read, one that doesn't come, a fault of ours (RB)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from apacheconf.runtime.complaints import LATE_BODY, LATE_HEAD
from apacheconf.runtime.documents import status_told
from apacheconf.runtime.errors import ClientBroke, Said
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.faults import PARTIAL, TOO_LATE
from apacheconf.runtime.keepalive import KeepAlive
from apacheconf.runtime.misread import fields_of, is_begun, line_of
from apacheconf.runtime.page_texts import PLAIN_HTTP
from apacheconf.runtime.planning import NO_LINES, NO_PLAN
from apacheconf.runtime.telling import tell_body_lost, tell_client

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection


class Refusing(KeepAlive):
    """The part of ``ClientConnection`` that answers what could not be read, or closes without an answer."""

    __slots__ = ()

    def refuse_plain(self) -> None:
        """The client speaks plain HTTP where TLS is spoken (TL-6, VH-53)."""
        self.requests, self._head = 1, b"GET / HTTP/1.0\r\n"
        self._refuse_client(ClientBroke(400, "plain HTTP on a port for TLS", PLAIN_HTTP))

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
        if (exchange is None and self._body is None and is_begun(self._buffer)) or (
            exchange and self._body is not None
        ):
            self._ended = True
            self._refuse_client(ClientBroke(400, "the client has ended in the middle of a request", system=PARTIAL))
            return False  # RB-11
        self._ended = exchange is not None and self._body is None
        return self._ended

    def _refuse_client(self, error: ClientBroke) -> None:
        """The client broke HTTP: say so and end the connection."""
        exchange = self.exchange
        if exchange is not None and exchange.started:
            self.hang_up(exchange)
            return
        first = 0
        if exchange is None:
            exchange = self._misread(error.name)
            exchange.head_only = exchange.request_line.split(b" ", 1)[0] == b"HEAD" and error.status != 414
            tell_client(exchange, error)
        else:
            tell_client(exchange, error)
            if exchange.reads_body and exchange.plan.decision is not None:
                first = status_told(exchange, exchange.plan.decision.status or 0)
            member = exchange.waste_turn()
            if member is not None and (self._body is not None or exchange.inflater is not None):
                tell_body_lost(exchange, member, error)
            exchange.abandon()
            if exchange.plan.decision is not None:  # whoever broke the message isn't asked for a password
                exchange.plan = replace(exchange.plan, decision=exchange.plan.decision.asking_nobody)
        self.exchange, self._held = exchange, None
        exchange.stay = exchange.reads_body = False
        self.refuse(exchange, error.status, "", error.note, measured=error.measured, first=first)

    def _log_aborted(self, exchange: Exchange) -> None:
        """The client left before its answer was whole; 400 where not even the request was."""
        if exchange.site.logs:
            exchange.aborted, exchange.stay = True, False
            if self._body is not None and not exchange.started:
                exchange.status = 400
            self.log(exchange)

    def _misread(self, name: str = "") -> Exchange:
        """An exchange for what couldn't be read as a request (LG-4), with the host of that name if it has one."""
        limits = self.door.main.limits
        line, fields = line_of(self._head, limits), fields_of(self._head, limits)
        site = self.server.site_for(self.door.address, name, "/") if name else self.door.main
        return Exchange(cast("ClientConnection", self), site, NO_PLAN, NO_LINES, None, fields, line)

    def overdue(self) -> None:
        """The deadline has passed: idle and lingering connections close, half a request is answered with 408."""
        if self.transport is None:
            return
        exchange = self.exchange
        if self._lingering or (exchange is None and self.requests and not self._buffer):
            self._leave()
        elif exchange is not None and exchange.started:
            self.transport.abort()
        elif exchange is None and not is_begun(self._buffer):
            self._leave_unanswered()
        else:
            self._refuse_client(self._late())

    def _late(self) -> ClientBroke:
        said: tuple[Said, ...] = ()
        if self._patience is not None and self._patience.until <= self.server.now:  # Timeout says nothing
            said = LATE_HEAD if self._body is None else LATE_BODY
        return ClientBroke(408, "the client was silent for too long", said=said, system=TOO_LATE)

    def _leave_unanswered(self) -> None:
        """No request line has come whole: only logs hear of it, and those of requests only of a first one (RB-11)."""
        exchange = self._misread()
        tell_client(exchange, self._late())
        if not self.requests:
            exchange.status, exchange.stay = 408, False
            self.log(exchange)
        self._leave()
