"""One request and its answer: relay the answer and its end (RS, RB-9).

Pure logic: it writes to transports it is given. ``choosing`` finds the member, ``requesting`` relays the client's
body, ``failing`` says what failed, the connection's protocol puts the request into bytes and reads the answer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.request import Decision
from apacheconf.runtime.answer import ReplyHead, interim, standard_reason, switching, unexpected_upgrade
from apacheconf.runtime.byteranges import Unsatisfiable
from apacheconf.runtime.documents import First, ask_for_password
from apacheconf.runtime.errors import proxy_error
from apacheconf.runtime.failing import Failing
from apacheconf.runtime.forward import Lines
from apacheconf.runtime.forwarding import Block, KnownReply, Plan
from apacheconf.runtime.framing import CHUNKED, LAST_CHUNK, UNTIL_CLOSE, chunk
from apacheconf.runtime.mod_mime import describe_reply
from apacheconf.runtime.proxy_protocol import connected
from apacheconf.runtime.ranges import apply_range
from apacheconf.runtime.reply import client_head
from apacheconf.runtime.site import Site
from apacheconf.runtime.strict import Fields, check_fields
from apacheconf.runtime.switches import relays_continue, relays_interim, vary_lines
from apacheconf.runtime.telling import tell_failed_by
from apacheconf.runtime.tunnel import start_tunnel

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.filters import Chain
    from apacheconf.runtime.origin import OriginConnection

MAX_INTERIMS = 10
#: Exchanges that are over and wait to be used again, at most.
MOST_SPARES = 256
#: A body of so many bytes isn't copied behind its head.
BY_ITSELF = 16384


#: Fields that an origin gets and that are asked again when it has answered.
_ASKED_LATE = frozenset({b"accept-encoding", b"range", b"if-range"})
#: Stands for an answer without the bytes that the client wants (RQ-8).
_OUT_OF_RANGE = ReplyHead(416, b"", [], 0, True)


def _joined(fields: Fields, name: bytes) -> bytes:
    return b", ".join([value for key, value in fields if key.lower() == name])


def _keeps_table(decision: Decision) -> bool:
    """Whether the fields of an answer join those that we have; those of another HTTP server take their place."""
    return decision.origin is None or is_fcgi(decision.origin)


class Producer(Protocol):
    """Who makes an answer piece by piece without an origin: a handler that reads a file, say."""

    def pause(self) -> None:
        """Write no more until ``resume``: the client reads too slowly."""

    def resume(self) -> None:
        """Go on."""

    def close(self) -> None:
        """The client is gone: end, and say nothing."""


class Exchange(Failing):
    """One request and its answer. ``plain`` when the client speaks HTTP/1.1, stays, and the method isn't HEAD;
    ``closes`` when it is all that but the connection's last. ``known`` is its header block, where the same bytes came
    before, and the same request line. ``first`` is the request in whose place it answers. ``notes`` are those
    of filters. ``aborted`` when the client left before the answer was whole.
    """

    __slots__ = (
        "aborted", "announce", "answered_at", "begun", "chain", "closes", "first", "head", "head_only", "interims",
        "known", "lines", "log_id", "notes", "plain", "producer", "ranged", "reply", "request_line", "site", "status",
        "trailers_in", "trailers_out", "uncached", "unchunked", "upgrade", "version", "written",
    )  # fmt: skip

    chain: Chain | None
    closes: bool
    first: First | None
    head: bytes | KnownReply
    known: Block | None
    lines: Lines
    notes: dict[str, str] | None
    producer: Producer | None
    reply: ReplyHead | None
    request_line: bytes
    trailers_in: Sequence[tuple[bytes, bytes]]
    trailers_out: Sequence[tuple[bytes, bytes]]
    version: tuple[int, int]

    def __init__(
        self,
        client: ClientConnection,
        site: Site,
        plan: Plan,
        lines: Lines,
        host: bytes | None,
        fields: Fields,
        request_line: bytes,
    ) -> None:
        self.reads_body = self.started = self.pinged = False
        self.expects, self.body_done, self.body_length, self.pieces = False, True, 0, []
        self.spool = self.inflater = self.script = self.overridden = None
        self.body_size = self.first_status = self.interims = 0
        self.ways = self.trailers_in = self.trailers_out = ()
        self.announce = self.head_only = self.ranged = self.uncached = self.unchunked = self.aborted = False
        self.producer = self.chain = self.reply = self.first = self.notes = None
        self.version, self.answered_at, self.upgrade, self.log_id = (1, 1), 0.0, b"", ""
        self.connection = None
        self.begin(client, site, plan, lines, host, fields, request_line)

    def begin(
        self,
        client: ClientConnection,
        site: Site,
        plan: Plan,
        lines: Lines,
        host: bytes | None,
        fields: Fields,
        request_line: bytes,
    ) -> None:
        """Be the exchange of this request: the rest of a ``straight`` one that is over is as it was when it was new."""
        self.client = client
        self.site = site
        self.plan = plan
        self.lines = lines
        self.host = host
        self.fields = fields
        self.request_line = request_line
        if self.body_length:
            self.body_length, self.body_size, self.pieces = 0, 0, []
        self.plain = self.stay = True
        self.closes = self.straight = self.sent = self.route_changed = False
        self.pool = self.session = self.known = None
        self.tries = self.status = self.written = 0
        self.head = b""
        self.begun = time.time() if site.logs else 0.0

    def leave(self, first: First) -> None:
        """An error, of the ``first`` request if no one was left before; what answers has no name in logs yet."""
        if self.first is None:
            self.first, first.log_id = first, self.log_id
        self.log_id = ""

    def begin_again(self, plan: Plan, status: int, keeps_body: bool = False) -> None:
        """An internal redirect after ``status``: the same client and another plan.

        The body goes to its origin if nobody has read it (``keeps_body``); else it isn't sent again.
        """
        self.plan, self.first_status = plan, status
        self.pool, self.connection, self.reply, self.overridden = None, None, None, None
        self.sent = self.expects = self.pinged = self.ranged = self.plain = self.closes = False
        self.upgrade, self.session, self.script = b"", None, None
        self.tries = self.interims = 0
        if not keeps_body:
            self.body_length = self.body_size = 0
            self.pieces, self.spool, self.body_done = [], None, True

    # --- towards the origin ----------------------------------------------------------------------------------

    def connected(self, connection: OriginConnection) -> None:
        """A connection is there: send what is known of the request in one write."""
        self.connection = connection
        connection.exchange = self
        self.sent = True
        connection.ask(self)
        if self.body_length and not self.expects:
            self.client.release_body()

    def _relay_body(self, pieces: list[bytes], done: bool) -> None:
        if self.connection is not None and (pieces or done):
            self.connection.send_body(self, pieces, done)

    # --- from the origin -------------------------------------------------------------------------------------

    def interim(self, head: ReplyHead) -> None:
        """A 1xx answer (RS-19, RQ-20). Raises OriginBroke."""
        decision = self.plan.decision
        if decision is not None and decision.via:
            head.fields.append((b"Via", decision.via.encode("latin-1")))
        data = interim(head, self.interims)
        self.interims += 1
        wanted = relays_interim(self)
        if head.status == 100:
            wanted = (self.expects and not self.pinged) or relays_continue(self)
            self._may_send_body()
        if wanted and not head.unfit and self.version >= (1, 1):
            self.client.write(data)
        if self.interims >= MAX_INTERIMS:
            raise proxy_error(502, f"Too many ({self.interims}) interim responses from origin server")

    def switch(self, reply: ReplyHead, rest: bytes) -> None:
        """101: if it is what the client asked for, bytes go both ways from now on (WS-2, WS-5). Raises OriginBroke."""
        check_fields(reply.fields if reply.unfit else [])
        if not self.upgrade or reply.upgrade.lower() != self.upgrade.lower():
            raise unexpected_upgrade(reply.upgrade, self.upgrade)
        self.status = 101
        decision = self.plan.decision
        if decision is not None and decision.via:
            reply.fields.append((b"Via", decision.via.encode("latin-1")))
        head = switching(reply) if self.version >= (1, 1) else b""  # like any 1xx, none for HTTP/1.0 (RS-19)
        start_tunnel(self, head + rest)

    def answered(self, reply: ReplyHead, pieces: list[bytes], done: bool) -> None:
        """The final head, with the body that came with it."""
        self.reply = reply
        name = self.plan.forwarding.named
        if name is not None:
            describe_reply(reply, name)
        decision = self.plan.decision
        if decision is not None and decision.vary and (_keeps_table(decision) or reply.version < (1, 0)):
            reply.fields = [*reply.fields, *vary_lines(decision)]
        service, pool = self.plan.service, self.pool
        if service is not None and pool is not None and reply.status in service.fail_on_status and not reply.unread:
            pool.cells.fail(self.client.server.now)
            tell_failed_by(self, reply.status)
        if 400 <= reply.status < 600 and self._overrides(reply.status):
            self.overridden = reply  # its body is read to the end, and dropped (RS-23)
            return
        if self.first_status and self._overrides(self.first_status):  # RS-25
            reply.status, reply.reason = self.first_status, standard_reason(self.first_status)
        if self.expects:  # it answered without asking for the body (RQ-24)
            self.unchunked = not self.pinged
            self.stay = self.stay and self.pinged and self.body_done
            if reply.reusable:
                self._may_send_body()
        elif not self.body_done:
            self.stay = False
        self._tell_member()
        if self.plan.forwarding.filtering is not None:
            pieces = self.plan.forwarding.filtering.begin(self, reply, pieces, done)
        # In chunks the end comes after the body, so httpd never has it whole at once (RQ-8).
        if done and self.ranged and reply.status == 200 and pieces and reply.length not in (CHUNKED, UNTIL_CLOSE):
            try:
                pieces = apply_range(self, reply, b"".join(pieces))
                self.status = reply.status
            except Unsatisfiable:
                self.overridden = _OUT_OF_RANGE
                return
        head = client_head(self, reply, complete=done and not pieces)
        self.started = True
        self.head = head
        if self.begun and not done:
            self.answered_at = time.time()
        body = self._body(pieces, done)
        if len(body) < BY_ITSELF:
            self.client.write(head + body)
        else:
            self.client.write_both(head, body)

    def _tell_member(self) -> None:
        """Header and what else asks for variables may ask which member it was (ST-11)."""
        decision = self.plan.decision
        if decision is not None and decision.state is not None:
            decision.state.env.update(self.environment())

    def more(self, pieces: list[bytes], done: bool) -> None:
        """More of the answer's body."""
        data = self._body(pieces, done)
        if data:
            self.client.write(data)

    def sends_as_is(self) -> bool:
        """Whether the bytes of a body made here go to the client as they are."""
        reply = self.reply
        framed = reply is None or (reply.length in (CHUNKED, UNTIL_CLOSE) and self._chunks())
        return not framed and self.chain is None and self.overridden is None and not self.head_only

    def count(self, size: int) -> None:
        """So many bytes of the body went to the client past ``more``."""
        self.written += size
        self.client.sent += size

    def _body(self, pieces: list[bytes], done: bool) -> bytes:
        reply = self.reply
        assert reply is not None
        if self.overridden is not None:
            return b""
        if self.head_only or reply.status in (204, 304):
            return b""
        if self.chain is not None:
            pieces = self.chain.feed(pieces, done)
        size = sum(map(len, pieces))
        self.written += size
        if self.pool is not None:
            self.pool.cells.read += size
        if reply.length not in (CHUNKED, UNTIL_CLOSE) or not self._chunks():
            return b"".join(pieces)
        return chunk(pieces) + (LAST_CHUNK if done else b"")

    def log_ids(self) -> tuple[str, str]:
        """By which names the error log knows the request and its connection, empty ones where it has said nothing."""
        return self.log_id, self.client.log_id

    def log_id_of(self, original: bool) -> str:
        """The same of the request that came, or of the document in its place."""
        return self.first.log_id if original and self.first is not None else self.log_id

    @property
    def who(self) -> tuple[str, int]:
        """The client's address and port, as mod_remoteip found them out (RI-4), which it does for what can be read."""
        decision, peer = self.plan.decision, self.client.peer_address
        if decision is None:
            return peer
        return decision.client or (connected(peer) if decision.host is None else peer)

    def _chunks(self) -> bool:
        return self.version >= (1, 1) and not self.unchunked

    def finish(self) -> None:
        """The answer is complete and the connection is free again."""
        if self.pool is not None:
            self.pool.cells.busy -= 1
        self.connection = None
        if self.overridden is not None:
            self.override(self.overridden)
        else:
            self.client.finished(self)

    def _overrides(self, status: int) -> bool:
        """Whether ProxyErrorOverride takes an origin's answer with this status."""
        override = self.plan.forwarding.override if self.plan.service is not None else None
        return override is not None and (not override or status in override)

    def override(self, reply: ReplyHead) -> None:
        """Our own page or document in place of the origin's error, with its code and reason (RS-23)."""
        self.overridden, self.first_status = None, 0  # a document that is overridden may have one itself
        self.stay = self.stay and self.body_done
        if reply.status == 401:
            asks = [value for name, value in reply.fields if name.lower() == b"www-authenticate"]
            if asks:
                ask_for_password(self, asks[0])
        measured = reply is not _OUT_OF_RANGE
        self.client.refuse(self, reply.status, reply.reason.decode("latin-1"), measured=measured)

    def head_sent(self) -> bytes:
        """The head of the answer as the client got it."""
        return self.head if isinstance(self.head, bytes) else self.head.first + self.head.rest

    def field(self, name: bytes) -> bytes:
        """The value of a request field by its lower-case name, its lines joined (RQ-4); empty if absent.

        It is as RequestHeader has left it, which handlers and filters ask (HD-7).
        """
        decision = self.plan.decision
        if decision is not None and decision.state is not None and decision.state.headers is not None:
            return (decision.state.headers.get(name.decode("latin-1")) or "").encode("latin-1")
        if name in _ASKED_LATE and self.plan.service is not None:
            if self.plan.fields is not None:
                return _joined(self.plan.fields, name)
            if self.lines.front:
                return b", ".join(re.findall(rb"(?im)^%b: (.*)\r$" % name, self.lines.front + self.lines.back))
        return _joined(self.fields, name)

    # --- who waits, and who goes -------------------------------------------------------------------------------

    def pause(self) -> None:
        """The client reads too slowly: whoever makes the answer waits."""
        source = self.connection or self.producer
        if source is not None:
            source.pause()

    def resume(self) -> None:
        """The client has read what was written."""
        source = self.connection or self.producer
        if source is not None:
            source.resume()

    def abandon(self) -> None:
        """The client is gone: so is the origin's connection, or who made the answer."""
        if self.producer is not None:
            self.producer.close()
            self.producer = None
        connection, self.connection = self.connection, None
        pool = self.pool
        if pool is not None and self in pool.waiting:
            pool.waiting.remove(self)
            pool.cells.busy -= 1
        elif pool is not None and connection is not None:
            pool.cells.busy -= 1
            connection.exchange = None
            connection.close()
