"""The bytes of a request as an origin of HTTP gets them (RQ-1 to RQ-3, RB-1 to RB-5, WS-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.runtime.framing import CHUNKED, LAST_CHUNK, chunk

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool

#: Bytes of a request body that are read before the origin is asked (RB-1).
PREFETCH = 16384
_CHUNKED_LINE = b"Transfer-Encoding: chunked\r\n"


def request_bytes(exchange: Exchange, pool: Pool) -> bytes:
    """The request's head with what is here of its body, for one write."""
    if exchange.body_length:
        return _with_body(exchange, pool)
    return b"".join(
        (
            exchange.plan.request_start if not pool.path else _start_below(exchange, pool.path),
            _host(exchange, pool.authority),
            b"\r\n",
            exchange.lines.with_peer(exchange.client.peer),
            pool.connection_line if not exchange.upgrade else _connection_line(exchange, pool),
        )
    )


def _with_body(exchange: Exchange, pool: Pool) -> bytes:
    framing = _framing(exchange)
    pieces: list[bytes] = []
    if not exchange.expects:
        pieces = exchange.pieces
        if framing is _CHUNKED_LINE:
            pieces = [chunk(pieces), LAST_CHUNK if exchange.body_done else b""]
    start, host = _start_below(exchange, pool.path), _host(exchange, pool.authority)
    lines = exchange.lines.with_peer(exchange.client.peer)
    return b"".join((start, host, b"\r\n", lines, framing, _connection_line(exchange, pool), *pieces))


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
    """Connection, and Upgrade where the worker may be asked for it (WS-1)."""
    if not exchange.upgrade or not pool.upgrades_to(exchange.upgrade.decode("latin-1")):
        exchange.upgrade = b""
        return pool.connection_line
    return b"Connection: Upgrade\r\nUpgrade: %b\r\n\r\n" % exchange.upgrade


def _framing(exchange: Exchange) -> bytes:
    """The body's framing line (RB-1 to RB-3); with Expect the body is still with the client."""
    if exchange.body_length == CHUNKED and (not exchange.body_done or exchange.body_size > PREFETCH):
        return _CHUNKED_LINE
    if exchange.body_done:
        return b"Content-Length: %d\r\n" % exchange.body_size if exchange.body_length else b""
    return b"Content-Length: %d\r\n" % exchange.body_length


def body_bytes(exchange: Exchange, pieces: list[bytes], done: bool) -> bytes:
    """More of the body, framed as the head has said."""
    if exchange.body_length == CHUNKED:
        return chunk(pieces) + (LAST_CHUNK if done else b"")
    return b"".join(pieces)
