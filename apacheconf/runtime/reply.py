"""The head that the client gets: status, Date and Server, the origin's fields mapped back, framing (RS-3 to RS-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.runtime.answer import (
    REVERSED,
    ReplyHead,
    add_charset,
    header_block,
    map_back,
    map_cookies,
    reverse_mapper,
    spoken,
)
from apacheconf.runtime.forwarding import KnownReply
from apacheconf.runtime.framing import CHUNKED, UNFRAMED, UNTIL_CLOSE
from apacheconf.runtime.mod_headers import edited_reply
from apacheconf.runtime.mod_mime import describe_reply
from apacheconf.runtime.pages import CLOSING
from apacheconf.runtime.strict import Fields, check_fields
from apacheconf.runtime.switches import dated_for, protocol_for, vary_for

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


def client_head(exchange: Exchange, reply: ReplyHead, complete: bool) -> bytes:
    """The head as bytes; ``complete`` when the whole body is known to be empty. HTTP/0.9 has none (RB-13).

    Decides whether the client's connection stays (``exchange.stay``). Raises OriginBroke (RS-18).
    """
    if reply.status in CLOSING:  # httpd drops the connection after these, whoever gave them
        exchange.stay = False
    protocol = protocol_for(exchange) if exchange.plan.switches else b"HTTP/1.1"
    framing = _framing(exchange, reply, complete)
    if exchange.version < (1, 0):
        check_fields(reply.fields if reply.unfit else [])
        return b""
    client = exchange.client
    fields = reply.fields
    forwarding = exchange.plan.forwarding
    if forwarding.reverses and not REVERSED.isdisjoint(reply.names):
        fields = map_back(fields, reverse_mapper(forwarding.reverses, client.self_url(exchange)))
    if forwarding.cookies and b"set-cookie" in reply.names:
        fields = map_cookies(fields, forwarding.cookies)
    if forwarding.charset and reply.status not in (204, 304):
        _name_type(exchange, fields)
        fields = add_charset(fields, forwarding.charset)
    decision = exchange.plan.decision
    if decision is not None and decision.via and reply.version >= (1, 0):  # RS-7; what has no head gets no line
        fields = [*fields, (b"Via", decision.via.encode("latin-1"))]
    fields = dated_for(exchange, vary_for(exchange, edited_reply(exchange, reply.edited_as or reply.status, fields)))
    if reply.unfit:
        check_fields(fields, reply.reason.decode("latin-1") if reply.status == 500 else "")
    shown = reply.shown or (spoken(reply.status) if exchange.first_status else reply.status)
    first = b"%b %03d %b\r\n" % (protocol, shown, reply.reason)
    dated = [pair for pair in fields if pair[0].lower() == b"date"]
    served = [pair for pair in fields if pair[0].lower() == b"server"]
    rest = [pair for pair in fields if pair[0].lower() not in (b"date", b"server")]
    late: Fields = []
    if reply.late:
        late = [pair for pair in rest if pair[0].lower() in reply.late]
        rest = [pair for pair in rest if pair[0].lower() not in reply.late]
    server, connection = client.server, client.connection_lines(exchange)
    return b"".join(
        (
            first,
            header_block(dated) or b"Date: %b\r\n" % server.date(),
            header_block(served) or server.server_line,
            header_block(rest),
            *((framing, connection) if exchange.head_only else (connection, framing)),
            header_block(late),
            b"\r\n",
        )
    )


def _name_type(exchange: Exchange, fields: Fields) -> None:
    """Tell expressions the type of an origin's answer as it is without AddDefaultCharset (EXPR-32)."""
    decision = exchange.plan.decision
    if decision is not None and decision.state is not None and decision.state.mapped:
        kind = next((value for name, value in fields if name.lower() == b"content-type"), b"")
        decision.state.handled_type = kind.decode("latin-1")


def _framing(exchange: Exchange, reply: ReplyHead, complete: bool) -> bytes:
    """The framing line that the origin's own Content-Length doesn't give (RS-8, RS-12)."""
    if reply.status in (204, 304) or reply.length >= 0:
        return b""
    if complete:
        reply.fields.append((b"Content-Length", b"0"))
        reply.length = 0
        return b""
    if exchange.first_status in CLOSING:  # the error has ended the connection before its document is sent
        reply.length, exchange.stay = UNFRAMED, False
        return b""
    exchange.unchunked = exchange.unchunked or exchange.client.expects or _is_framed_twice(exchange)
    if exchange.version >= (1, 1) and not exchange.unchunked:
        return b"Transfer-Encoding: chunked\r\n"
    exchange.stay = False
    return b""


def _is_framed_twice(exchange: Exchange) -> bool:
    """A request with both lengths ends the connection before anything is said of it (RB-7)."""
    return {b"content-length", b"transfer-encoding"} <= {name.lower() for name, _ in exchange.fields}


def status_line_size(head: bytes) -> int:
    """How long the first line is, without its end; httpd counts it as read (LB-19)."""
    return len(head.lstrip(b"\r\n").partition(b"\n")[0].rstrip(b"\r"))


def remember_reply(exchange: Exchange, head: bytes, reply: ReplyHead) -> None:
    """Keep what a plain answer's head became, unless it depends on more than the head."""
    if not (exchange.plain or exchange.closes) or not reply.reusable or reply.unfit or reply.status < 200:
        return
    if reply.length in (CHUNKED, UNTIL_CLOSE):
        return
    if reply.status in CLOSING or (reply.status >= 400 and exchange.plan.forwarding.override is not None):
        return
    forwarding, service = exchange.plan.forwarding, exchange.plan.service
    if forwarding.per_request or exchange.site.limits.via in ("On", "Full"):
        return
    if (forwarding.reverses and not REVERSED.isdisjoint(reply.names)) or b"set-cookie" in reply.names:
        return
    if service is not None and service.fail_on_status:
        return
    if forwarding.named is not None:
        describe_reply(reply, forwarding.named)
    made = client_head(exchange, reply, complete=False)
    dated = b"date" in reply.names
    first, rest = b"", made
    if not dated:
        start = made.index(b"Date: ")
        first, rest = made[:start], made[made.index(b"\r\n", start) + 2 :]
    known = KnownReply(first, rest, dated, reply.length, reply.status, status_line_size(head) + reply.length)
    exchange.client.server.memos.put(forwarding.replies if exchange.plain else forwarding.closing, head, known)


#: Heads longer than this aren't remembered.
MEMO_HEAD = 2048
