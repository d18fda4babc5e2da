"""The bytes of a request as an origin of HTTP gets them (RQ-1 to RQ-3, RB-1 to RB-5, WS-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.runtime.framing import CHUNKED, LAST_CHUNK, chunk
from apacheconf.runtime.switches import OLD_REQUEST, is_asked_once, wants_length
from apacheconf.runtime.ways import lines_for

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool

#: Bytes of a request body that are read before the origin is asked (RB-1).
PREFETCH = 16384
_CHUNKED_LINE = b"Transfer-Encoding: chunked\r\n"
_CLOSE = b"Connection: close\r\n\r\n"


def request_bytes(exchange: Exchange, pool: Pool) -> bytes:
    """The request's head, for one write with what is here of its body, unless that waits for something."""
    plan = exchange.plan
    if plan.switches or pool.path or pool.remote is not None or exchange.upgrade:
        return _in_general(exchange, pool)
    lines, host = exchange.lines, plan.host_header
    if host is None:
        host = (exchange.host or plan.forwarding.server_name) if plan.forwarding.keep_host else pool.authority
    peer = exchange.client.peer if lines.hole else b""
    if not exchange.body_length:
        return b"".join((plan.request_start, host, b"\r\n", lines.front, peer, lines.back, pool.connection_line))
    if not exchange.plain or not _is_whole(exchange):
        return _in_general(exchange, pool)
    start = plan.request_start, host, b"\r\n", lines.front, peer, lines.back
    return b"".join((*start, b"Content-Length: %d\r\n" % exchange.body_size, pool.connection_line, *exchange.pieces))


def _is_whole(exchange: Exchange) -> bool:
    """Whether the body is here, of a length that was said, and nothing is to be asked before it is sent."""
    here = exchange.body_done and exchange.body_length > 0 and exchange.spool is None
    return here and not (exchange.expects or exchange.pinged)


def _in_general(exchange: Exchange, pool: Pool) -> bytes:
    framing = _framing(exchange)
    start, host = _start_below(exchange, pool.path), _host(exchange, pool.authority)
    lines = lines_for(pool, exchange)
    if exchange.pinged:
        lines += b"Expect: 100-Continue\r\n"
    last = _connection_line(exchange, pool)
    if OLD_REQUEST in exchange.plan.switches:
        start, last = start.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n"), b"\r\n"
    body = b""
    if not exchange.expects and exchange.spool is None:
        body = body_bytes(exchange, exchange.pieces, exchange.body_done, framing is _CHUNKED_LINE)
    return b"".join((start, host, b"\r\n", lines, framing, last, body))


def _start_below(exchange: Exchange, path: bytes) -> bytes:
    return b"%b %b%b HTTP/1.1\r\nHost: " % (exchange.plan.method, path, exchange.plan.uri)


def _host(exchange: Exchange, authority: bytes) -> bytes:
    plan = exchange.plan
    if plan.host_header is not None:
        return plan.host_header
    if not plan.forwarding.keep_host:
        return authority
    return exchange.host or plan.forwarding.server_name


def _connection_line(exchange: Exchange, pool: Pool) -> bytes:
    """Connection, and Upgrade where the worker may be asked for it (WS-1, RQ-25)."""
    if exchange.upgrade and pool.upgrades_to(exchange.upgrade.decode("latin-1")):
        return b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % exchange.upgrade
    exchange.upgrade = b""
    return _CLOSE if is_asked_once(exchange) else pool.connection_line


def _framing(exchange: Exchange) -> bytes:
    """The body's framing line (RB-1 to RB-3); with Expect the body is still with the client."""
    if is_sent_chunked(exchange):
        return _CHUNKED_LINE
    if exchange.body_done:
        return b"Content-Length: %d\r\n" % exchange.body_size if exchange.body_length else b""
    return b"Content-Length: %d\r\n" % exchange.body_length


def is_sent_chunked(exchange: Exchange) -> bool:
    """Whether the body goes out in chunks: its length was not known in time (RB-1, RB-3)."""
    if exchange.body_length != CHUNKED or wants_length(exchange):
        return False
    return not exchange.body_done or exchange.body_size > PREFETCH


def body_bytes(exchange: Exchange, pieces: list[bytes], done: bool, in_chunks: bool) -> bytes:
    """The body or more of it, framed as the head has said."""
    end = b"\r\n" if done and "proxy-sendextracrlf" in exchange.plan.switches else b""  # RB-12
    if in_chunks:
        return chunk(pieces) + (LAST_CHUNK + end if done else b"")
    return b"".join((*pieces, end))
