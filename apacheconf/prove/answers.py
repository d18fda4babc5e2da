"""Probes of what an origin answers: ordinary answers, broken ones, and those of scripts (DIF-8)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain

from apacheconf.prove.client import Turn
from apacheconf.prove.requests import ORIGIN_DATE, ORIGIN_SERVER, Aim, Family, chunks, get, request

#: The statuses that the origin answers with, and reasons that are not the usual ones.
ANSWERS = {201: "Created", 204: "No Content", 206: "Partial Content", 299: "Odd", 301: "Moved", 304: "Not Modified",
           400: "Bad", 404: "Not Here", 405: "No", 500: "Broken", 502: "Bad Gateway", 503: "Later"}  # fmt: skip


def answers(aim: Aim) -> Family:
    """RS-1 to RS-21, RV-1 to RV-9, FA-6, FA-9, FA-10; of scripts FC-10 and FC-11."""
    families = [_statuses, _locations, _fields, *_broken(aim)]
    return chain.from_iterable(family(aim) for family in families)


def _broken(aim: Aim) -> list[Callable[[Aim], Family]]:
    """What is odd in the way an answer is written: in HTTP, or as the output of a script; of uwsgi nothing is asked."""
    if aim.is_script:
        return [] if aim.origin_scheme == "uwsgi" else [_outputs]
    return [_framings, _endings, _raw]


def _ordered(aim: Aim, name: str, method: str = "GET", **orders: object) -> tuple[str, tuple[Turn, ...]]:
    return name, (Turn(request(aim, method, orders=orders), (method,)),)


def _statuses(aim: Aim) -> Family:
    for status, reason in ANSWERS.items():
        yield _ordered(aim, f"status {status}", status=status, reason=reason)
    yield _ordered(aim, "status 401", status=401, reason="Who", headers=[["WWW-Authenticate", 'Basic realm="x"']])
    yield _ordered(aim, "empty reason", reason="")


def _locations(aim: Aim) -> Family:
    scheme = "http" if aim.is_script else aim.origin_scheme
    here = f"{scheme}://%self%"
    for name, value in {
        "of the origin": f"{here}/new?q#f", "of the origin, no path": here, "relative": "/new",
        "relative to the path": "new", "foreign": "http://foreign.test/new", "near miss": f"{here}9/new",
        "other scheme": "https://%self%/new" if scheme == "http" else "http://%self%/new",
        "upper case": f"{scheme.upper()}://%self%/New", "scheme-relative": "//%self%/new",
    }.items():  # fmt: skip
        headers = [["Location", value]]
        yield _ordered(aim, f"Location {name}", status=302, reason="Found", headers=headers, body="moved\n")
    yield _ordered(aim, "Content-Location and URI", headers=[["Content-Location", f"{here}/c"], ["URI", f"{here}/u"]])
    yield _ordered(aim, "Destination", headers=[["Destination", f"{here}/d"]])
    yield _ordered(aim, "Refresh is left", headers=[["Refresh", f"0; url={here}/r"]])


def _fields(aim: Aim) -> Family:
    cookies = [["Set-Cookie", "a=1; Path=/"], ["X-A", "1"], ["Set-Cookie", "b=2; HttpOnly"]]
    yield _ordered(aim, "cookies", headers=cookies)
    fresh = [["Expires", ORIGIN_DATE], ["Cache-Control", "max-age=60"]]
    yield _ordered(aim, "Expires and Cache-Control", headers=fresh)
    yield _ordered(aim, "repeated headers", headers=[["X-A", "1"], ["X-B", "2"], ["x-a", "3"]])
    yield _ordered(aim, "its own Date and Server", headers=[["Date", ORIGIN_DATE], ["Server", ORIGIN_SERVER]])
    hops = [["Connection", "X-Drop"], ["X-Drop", "1"], ["Keep-Alive", "timeout=9"], ["Trailer", "X-T"],
            ["Upgrade", "h2c"]]  # fmt: skip
    yield _ordered(aim, "hop-by-hop headers", headers=hops)
    for_proxies = [["Proxy-Authenticate", 'Basic realm="x"'], ["Proxy-Connection", "close"], ["TE", "trailers"]]
    yield _ordered(aim, "headers for proxies", headers=for_proxies)
    orders = [["X-Accel-Redirect", "/secret"], ["X-Accel-Expires", "0"], ["X-Accel-Buffering", "no"],
              ["X-Accel-Charset", "utf-8"], ["X-Accel-Limit-Rate", "9"], ["X-Pad", "1"]]  # fmt: skip
    yield _ordered(aim, "headers that nginx would obey", headers=orders)


def _framings(aim: Aim) -> Family:
    yield _ordered(aim, "chunked", framing="chunked")
    yield _ordered(aim, "until close", framing="close")
    yield _ordered(aim, "until close to HEAD", "HEAD", framing="close")
    yield _ordered(aim, "HEAD", "HEAD")
    yield _ordered(aim, "HEAD chunked", "HEAD", framing="chunked")
    yield _ordered(aim, "100000 bytes", size=100000)
    yield _ordered(aim, "100000 bytes chunked", size=100000, framing="chunked")
    yield _ordered(aim, "empty body", body="")
    yield _ordered(aim, "103 first", interim=[[103, [["Link", "</x>; rel=preload"]]]])


def _endings(aim: Aim) -> Family:
    early = {"early": True, "status": 413, "reason": "Too much"}
    body = [("Content-Length", "50000")]
    yield "answers before the body", get(aim, method="POST", headers=body, body=b"b" * 50000, orders=early)
    yield _ordered(aim, "header of 6000 bytes", long=6000)
    yield _ordered(aim, "header of 9000 bytes", long=9000)
    yield _ordered(aim, "closes without an answer", close=True)
    yield _ordered(aim, "breaks off in the body", cut=5)
    yield _ordered(aim, "breaks off in a chunked body", cut=5, framing="chunked")


def _raw(aim: Aim) -> Family:
    for name, raw in {
        "header without a colon": "HTTP/1.1 200 OK\r\nnocolon\r\nContent-Length: 2\r\n\r\nhi",
        "ends in the headers": "HTTP/1.1 200 OK\r\nX-A: 1\r\n",
        "line feeds only": "HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nhi",
        "HTTP/1.0": "HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nhi",
        "HTTP/2.0": "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "garbage": "garbage without a status line\r\n",
        "unknown length": "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nhi",
        "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
        "length and chunked": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nhi\r\n0\r\n\r\n",
        "bad chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n0\r\n\r\n",
        "101 not asked for": "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        "folded header": "HTTP/1.1 200 OK\r\nX-A: 1\r\n  2\r\nContent-Length: 2\r\n\r\nhi",
        "more than its length": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there",
    }.items():
        if aim.origin_scheme == "https" and name == "garbage":
            continue  # over TLS a busy httpd loses it now and then (RS-14)
        yield _ordered(aim, f"raw: {name}", raw=raw)


def _outputs(aim: Aim) -> Family:
    """What a script writes: its head is CGI's (RFC 3875, 6.2)."""
    yield _ordered(aim, "HEAD", "HEAD")
    yield _ordered(aim, "100000 bytes", size=100000)
    yield _ordered(aim, "empty body", body="")
    yield _ordered(aim, "header of 6000 bytes", long=6000)
    yield _ordered(aim, "closes without an answer", close=True)
    yield _ordered(aim, "breaks off in the body", cut=5)
    for name, raw in {
        "line feeds only": "Content-Type: text/plain\nX-A: 1\n\nhi",
        "a length of its own": "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi",
        "ends in the headers": "Content-Type: text/plain\r\nX-A: 1\r\n",
        "garbage": "garbage without a head\n",
        "status without a reason": "Status: 404\r\nContent-Type: text/plain\r\n\r\nhi",
        "status that is none": "Status: no\r\nContent-Type: text/plain\r\n\r\nhi",
        "no type": "X-A: 1\r\n\r\nhi",
    }.items():
        yield _ordered(aim, f"raw: {name}", raw=raw)


def last(aim: Aim) -> Family:
    """What makes httpd answer 500 and therefore puts a member into error (FO-1): nothing may come after it."""
    headers = [("Transfer-Encoding", "gzip, chunked")]
    yield "Transfer-Encoding gzip, chunked", get(aim, method="POST", headers=headers, body=chunks(b"abc"))
    yield "the request after it", get(aim)
    raw = "HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 2\r\n\r\nhi"
    yield "space before the colon from the origin", get(aim, orders={"raw": raw})
    yield "the requests after it", (Turn(request(aim)), Turn(request(aim)), Turn(request(aim)))
