"""The ways to a worker: by way of another proxy where ProxyRemote says so, else straight (FW-7 to FW-9).

A proxy is asked for a whole URL; where TLS is spoken with the origin it is asked for a connection first (CONNECT).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apacheconf.program.names import parse_host
from apacheconf.program.remote_proxies import Remote, is_excepted
from apacheconf.program.workers import Worker
from apacheconf.runtime.errors import OriginBroke, Said

if TYPE_CHECKING:
    from apacheconf.runtime.choosing import Choosing
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool

#: A proxy's answer to CONNECT has no more bytes than this.
LONGEST_ANSWER = 8192
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})\b")
#: What the system says of an answer that was read and is no success.
INCOMPLETE = "(70008)Partial results are valid but processing is incomplete"


def ways_to(pool: Pool, exchange: Choosing) -> list[Pool]:
    """The ways to a worker, in the order in which they are tried; the last one is straight."""
    limits, server = exchange.site.limits, exchange.client.server
    host = parse_host(exchange.host.decode("latin-1")).name if exchange.host else ""
    if server.is_stood_in(pool) or (host and is_excepted(host, limits.no_proxy, server.looked_up)):
        return [pool]
    url = exchange.origin_url()
    return [*(pool.through(remote) for remote in limits.remotes if remote.serves(url)), pool]


def asked_otherwise(exchange: Exchange, error: OriginBroke) -> bool:
    """Ask the next proxy after a 502 of one, or the origin itself; not with a body, nor in an answer (FW-8)."""
    if error.status != 502 or not exchange.ways or exchange.body_length or exchange.started:
        return False
    exchange.sent = False
    way, *exchange.ways = exchange.ways
    exchange.use(way)
    return True


_PASSWORD = re.compile(rb"(?im)^proxy-authorization: [^\r]*")


def lines_for(pool: Pool, exchange: Exchange) -> bytes:
    """The header lines of a request with what a proxy wants to know of us, behind what the client says to it."""
    lines = exchange.lines.with_peer(exchange.client.peer)
    if pool.remote is None or not pool.remote.credentials or pool.secure:
        return lines
    secret, found = pool.remote.credentials.encode("latin-1"), _PASSWORD.search(lines)
    if found is None:
        return b"%bProxy-Authorization: %b\r\n" % (lines, secret)
    return b"%b, %b%b" % (lines[: found.end()], secret, lines[found.end() :])


def connect_request(worker: Worker, remote: Remote, server_line: bytes) -> bytes:
    """What a proxy is asked for a connection to the worker; ``server_line`` is that of our own answers."""
    lines = f"CONNECT {worker.host}:{worker.port} HTTP/1.0\r\n"
    if remote.credentials:
        lines += f"Proxy-Authorization: {remote.credentials}\r\n"
    return lines.encode("latin-1") + server_line.replace(b"Server:", b"Proxy-agent:", 1) + b"\r\n"


def refusal(worker: Worker, remote: Remote, answer: bytes) -> OriginBroke | None:
    """Why no connection has come about, by a proxy's answer to CONNECT; None where one has."""
    status = _STATUS.match(answer)
    if status is not None and status[1] == b"200":
        return None
    text = f"AH00950: send_http_connect: the remote proxy returned code is '{status[1].decode()}'" if status else ""
    before = (Said("error", "proxy", text, bare=True),) if text else ()
    return no_tunnel(worker, remote, INCOMPLETE, before)


def no_tunnel(worker: Worker, remote: Remote, system: str, before: tuple[Said, ...] = ()) -> OriginBroke:
    """The proxy makes no connection; ``before`` is to be said first."""
    by = f"{remote.host}:{remote.port}"
    text = f"AH00958: {worker.scheme}: attempt to connect to {worker.host}:{worker.port} via http CONNECT through {by}"
    said = (*before, Said("error", "proxy", f"{text} ({by}) failed", system, bare=True))
    return OriginBroke(503, "a proxy makes no connection", said=said, unreached=True)
