"""A client's connection: what a request that was read leads to, an exchange or an answer from here (RQ, VH).

``reading`` gets requests out of bytes, ``keepalive`` says what follows an answer, ``refusing`` what happens when it
can't go on. All are pure logic behind asyncio's protocol callbacks and never import asyncio. The states of a
connection, of which one holds at a time::

    reading     no exchange; the buffer holds part of a head, or nothing (idle)
    exchanging  an exchange is at work; body bytes go to it, what follows the body waits in the buffer
    draining    the answer is out but the request's body is not all here: it is read and dropped
    lingering   the last answer is out; input is dropped until the client closes, so that it can read the answer

A request whose line and header block were both seen before takes the short way through ``data_received``.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from apacheconf.program.authority import Pending
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.request import Decision, Request
from apacheconf.program.uri import PathRefused
from apacheconf.runtime.asking import PREFETCH
from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.forward import expects_continue, wants_to_stay
from apacheconf.runtime.framing import CHUNKED, is_undecodable, request_length
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.known_files import sent_known_file
from apacheconf.runtime.later_certificates import CertificateAsked
from apacheconf.runtime.local import local_answer
from apacheconf.runtime.pages import CLOSING
from apacheconf.runtime.patience import patience
from apacheconf.runtime.planning import NO_LINES, NO_PLAN, find_site, plan_exchange, plan_of_line, request_of
from apacheconf.runtime.reading_ahead import BodyWanted
from apacheconf.runtime.refusing import Refusing
from apacheconf.runtime.switches import relays_expect, wants_length
from apacheconf.runtime.telling import tell, tell_client, tell_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from apacheconf.program.steps import AskCertificate
    from apacheconf.runtime.forwarding import Plan
    from apacheconf.runtime.state import Door, ServerState


#: Numbers of connections: a port may come again.
_SERIALS = count(1)


class ClientConnection(Refusing):
    """One client, ``peer_address``; ``serial`` numbers it. ``tls`` are the SSL_ variables of a connection over TLS."""

    __slots__ = ("ask_certificate", "blocks", "door", "log_id", "peer", "peer_address", "serial", "server")

    def __init__(self, server: ServerState, door: Door, peer: tuple[str, int]) -> None:
        self.server: ServerState = server
        self.door: Door = door
        self.blocks = door.blocks
        self.peer_address: tuple[str, int] = peer
        self.peer = peer[0].encode()
        self.transport = None
        self.tls = None
        self.ask_certificate: Callable[[AskCertificate], int] | None = None
        self.exchange = None
        self.requests = 0
        self.serial = next(_SERIALS)
        self._counted = 0
        self._patience = patience(door.main.limits.header, server.now)
        self.deadline = self._reading_deadline()
        self._buffer = b""
        self._ahead = self._body = None
        self._lingering = False
        self._leaving = 0
        self._paused = 0
        self._expect_refused = False
        self._held = None
        self._quick = True
        self._reading = False
        self._ended = False
        self.sent = 0
        self.log_id = ""
        self.received = 0
        self._head = b""

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
            if block is not None and self._quick and (stop == len(data) or block.length):
                site = block.site
                plan = site.plans.get(data[:end]) or plan_of_line(self, block, data[:end])
                stays = block.stay and self._counted < site.most_kept
                if plan is not None and (stays or plan.service is not None):
                    # The short way: both halves were read strictly before. 4 us instead of 38 us.
                    self._counted += 1
                    self.requests += 1
                    self.deadline = 0.0
                    self._patience = None
                    spares, lines = self.server.spares, block.lines_for(plan)
                    if spares:
                        exchange = spares.pop()
                        exchange.begin(self, site, plan, lines, block.host, block.fields, plan.line)
                    else:
                        exchange = Exchange(self, site, plan, lines, block.host, block.fields, plan.line)
                    self.exchange = exchange
                    exchange.known = block
                    if block.length or not stays:
                        self._start_short(exchange, stays, block.length, data[stop:])
                    elif plan.service is not None:
                        exchange.start()
                    elif plan.file is None or not sent_known_file(exchange, plan.file):
                        self.go_on(exchange, RequestHead(plan.method, b"/", (1, 1), block.fields))
                    return
        self._arrived(data)

    def _start_short(self, exchange: Exchange, stays: bool, length: int, rest: bytes) -> None:
        """The rest of the short way, for a request with a body, or whose answer is the last one."""
        exchange.stay = exchange.plain = stays
        exchange.closes = not stays
        if not length:
            exchange.start()
            return
        exchange.body_length = length
        if len(rest) == length <= PREFETCH and not exchange.plan.forwarding.inflates:
            # All of the body came with the head, and fits into one write: 2 us instead of 5 us through a reader.
            exchange.pieces, exchange.body_size = [rest], length
            exchange.start()
            return
        exchange.body_done = False
        self._begin_body(length)
        if rest:
            try:
                self._read_body(rest)
            except ClientBroke as error:
                self._refuse_client(error)

    def connection_lost(self, _: BaseException | None) -> None:
        self.server.clients.discard(self)
        transport, self.transport = self.transport, None
        exchange, self.exchange = self.exchange, None
        if exchange is not None:
            exchange.abandon()
            self._log_aborted(exchange)
        elif getattr(transport, "holds", False):
            transport.give_up()

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

    # --- a request --------------------------------------------------------------------------------------------

    def _handle(self, raw: bytes, head: RequestHead) -> None:
        """A head was read: find its site and plan, then start. Raises ClientBroke."""
        length, may_stay = request_length(head.fields, head.method)
        target, host, site = find_site(self, head)
        stay, asked = wants_to_stay(head.fields, head.version)
        exchange = Exchange(self, site, NO_PLAN, NO_LINES, host, head.fields, raw[: raw.find(b"\r\n")])
        exchange.version, exchange.announce = head.version, asked
        may_stay = may_stay and self._counted <= site.most_kept and not self.server.draining
        exchange.stay = stay and may_stay
        exchange.head_only = head.method == b"HEAD"
        exchange.plain = exchange.stay and not asked and not exchange.head_only and head.version >= (1, 1)
        exchange.body_length, exchange.body_done = length, length == 0
        self.exchange = exchange
        self._begin_body(length)
        try:
            if self.door.shown is not None:
                self._check_handshake(exchange)
            expects = expects_continue(head.fields)
            self._expect_refused = expects and head.version >= (1, 1)
            plan_exchange(self, exchange, raw, head, target, expects, may_stay)
        except Pending as question:
            self._wait_for(question, exchange, raw, head)
            return
        except PathRefused as refused:
            exchange.reads_body = not self._expect_refused and refused.status not in CLOSING
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
        if length == CHUNKED and _asks_http(exchange.plan) and is_undecodable(head.fields):
            exchange.fail_undecodable()
            return
        try:
            self._start(exchange, head, expects)
        except Pending as question:  # a handler has asked for what lies in a folder
            self._wait_for(question, exchange, raw, head)

    def _wait_for(self, question: Pending, exchange: Exchange, raw: bytes, head: RequestHead) -> None:
        """Read no more until an answer is there that the decision needs; then decide again."""
        if not isinstance(question, CertificateAsked | BodyWanted):  # the client answers those itself
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

        if isinstance(question, BodyWanted):
            question.ahead.then = answered
        elif isinstance(question, CertificateAsked):
            self.deadline = self.server.now + self.door.main.limits.timeout
            question.when_shown(answered)
        else:
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

    def request_of(self, exchange: Exchange) -> Request:
        """The request of an exchange as ``decide`` reads it."""
        target = (*exchange.request_line.split(b" "), b"/")[1]
        return request_of(self, RequestHead(exchange.plan.method, target, exchange.version, exchange.fields))

    def start_again(self, exchange: Exchange, decision: Decision) -> None:
        """Go on with what an internal redirect led to; what is left of the body is dropped."""
        if exchange.plan.service is None:
            head = RequestHead(b"GET", b"/", exchange.version, exchange.fields)
            local_answer(self, exchange, head, decision)
        elif self._expect_refused:
            self.resume_reading()
            self.go_on(exchange, RequestHead(b"GET", b"/", exchange.version, exchange.fields))
        elif exchange.body_done:
            self.resume_reading()
            exchange.start()
        else:
            self.resume_reading()
            self._rest_of_body()

    def go_on(self, exchange: Exchange, head: RequestHead) -> None:
        """Go on with the plan that an exchange has got in place of its first one; its body is still to come."""
        self._start(exchange, head, self._expect_refused)

    def _start(self, exchange: Exchange, head: RequestHead, expects: bool) -> None:
        plan = exchange.plan
        if plan.service is None:
            assert plan.decision is not None
            exchange.reads_body = not self._expect_refused and plan.decision.status not in CLOSING
            local_answer(self, exchange, head, plan.decision)
        elif expects and relays_expect(exchange):
            self._expect_refused, exchange.plain = False, False
            exchange.expects = True
            self._rest_of_body()
            if not exchange.body_done and _is_measured(exchange):
                exchange.expects = False
                self._say_continue(exchange)
            else:
                exchange.start_expecting()
        else:
            if expects and _doubts(exchange, bool(self._buffer)):
                exchange.stay = False
            elif expects and not exchange.body_done:
                self._expect_refused = False
                self._say_continue(exchange)
            if exchange.body_done:
                exchange.start()
            else:
                self._rest_of_body()

    def _say_continue(self, exchange: Exchange) -> None:
        if exchange.version >= (1, 1):
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _asks_http(plan: Plan) -> bool:
    """Whether an origin is asked that wants to know what codings a body has; FastCGI's don't."""
    decision = plan.decision
    return plan.service is not None and not (decision is not None and is_fcgi(decision.origin))


def _is_measured(exchange: Exchange) -> bool:
    """Whether the body is read whole before the origin is asked: then it is we who ask for it (RB-3)."""
    return exchange.body_length == CHUNKED and wants_length(exchange)


def _doubts(exchange: Exchange, has_come: bool) -> bool:
    """Whether a script's client expects 100 Continue and doesn't wait for it: httpd says none, and closes (FC-14)."""
    decision = exchange.plan.decision
    return (has_come or exchange.body_done) and decision is not None and is_fcgi(decision.origin)
