"""The probes: a fixed list of requests that between them ask about everything the first road carries.

A probe is named for what it asks. Its bytes are built for one host and one mapped path of the configuration
at hand (``Aim``); the origin's part of it is ordered through X-Ctl (DIF-2).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apacheconf.origins import CONTROL
from apacheconf.prove.client import Turn

#: What an ordinary answer of the origin looks like, so that front-made answers stand out.
ORIGIN_ANSWER: dict[str, Any] = {"body": "hello from the origin\n"}
ORIGIN_HEADERS = [["Content-Type", "text/plain"], ["X-Origin", "%self%"]]
#: The statuses that the origin answers with, and reasons that are not the usual ones.
ANSWERS = {201: "Created", 204: "No Content", 206: "Partial Content", 299: "Odd", 301: "Moved", 304: "Not Modified",
           400: "Bad", 404: "Not Here", 405: "No", 500: "Broken", 502: "Bad Gateway", 503: "Later"}  # fmt: skip
#: The origin's own Date and Server, which a front must relay (RS-3).
ORIGIN_DATE = "Tue, 01 Feb 2022 03:04:05 GMT"
ORIGIN_SERVER = "origin/1.0"

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Aim:
    """Where probes go: a host's ServerName, its first ServerAlias and a path prefix that is mapped.

    ``scheme`` is how the host is asked, ``origin_scheme`` how the origin behind the prefix is.
    """

    host: str
    alias: str
    prefix: str = "/"
    scheme: str = "http"
    origin_scheme: str = "http"

    def path(self, rest: str) -> str:
        """``rest``, which begins with a slash, below the mapped prefix."""
        return self.prefix.rstrip("/") + rest


@dataclass(frozen=True, slots=True)
class Probe:
    """``name`` is stable and says what is asked; ``about`` is its family."""

    name: str
    about: str
    turns: tuple[Turn, ...]


def build(aim: Aim) -> tuple[Probe, ...]:
    """Every probe for ``aim`` while all origins are up."""
    families = {
        "host": _hosts, "path": _paths, "method": _methods, "body": _bodies, "header": _headers,
        "version": _versions, "connection": _connections, "origin": _origins, "last": _last,
    }  # fmt: skip
    return tuple(
        Probe(f"{about}: {name}", about, turns) for about, family in families.items() for name, turns in family(aim)
    )


def build_for_local(aim: Aim) -> tuple[Probe, ...]:
    """The probes for a host that asks no origin."""
    return tuple(each for each in build(aim) if each.about in ("host", "path", "method", "header", "version"))


def build_for_failures(aim: Aim) -> tuple[Probe, ...]:
    """The fewer probes for ``aim`` that matter while some or all origins are down."""
    return tuple(Probe(f"down: {name}", "down", turns) for name, turns in _failures(aim))


def build_sequence(aim: Aim, length: int) -> tuple[Probe, ...]:
    """Equal requests, to see which members take them (DIF-11)."""
    return tuple(
        Probe(f"sequence: {number:02}", "sequence", (Turn(request(aim, "GET", "/s")),))
        for number in range(1, length + 1)
    )


def request(
    aim: Aim,
    method: str = "GET",
    path: str = "/x",
    headers: Headers | None = None,
    body: bytes = b"",
    version: str = "HTTP/1.1",
    host: str | None = "",
    orders: dict[str, Any] | None = None,
    target: str | None = None,
) -> bytes:
    """The bytes of one request. ``host`` "" means the aim's, None none; ``target`` replaces the whole target.

    ``orders`` come on top of ORIGIN_ANSWER: headers are added to its own, everything else replaces.
    """
    asked = ORIGIN_ANSWER | (orders or {}) | {"headers": [*ORIGIN_HEADERS, *(orders or {}).get("headers", [])]}
    line = f"{method} {aim.path(path) if target is None else target} {version}"
    lines = [line] if host is None else [line, f"Host: {host or aim.host}"]
    lines += [f"{name}: {value}" for name, value in headers or []]
    lines.append(f"{CONTROL.title()}: {json.dumps(asked, separators=(',', ':'))}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


Family = Iterator[tuple[str, tuple[Turn, ...]]]


def _get(aim: Aim, **more: object) -> tuple[Turn, ...]:
    return (Turn(request(aim, **more)),)  # type: ignore[arg-type]


def _hosts(aim: Aim) -> Family:
    """VH-31 to VH-36, PV-2 to PV-5, SEM-26, SEM-27."""
    forms = {
        "as written": aim.host, "alias": aim.alias, "upper case": aim.host.upper(), "final dot": f"{aim.host}.",
        "with a port": f"{aim.host}:99", "final dot and port": f"{aim.host}.:99", "unknown": "unknown.test",
        "address": "127.0.0.1", "near miss": f"x{aim.host}", "underscore": "a_b.test", "a slash": "a/b",
        "a space": "a b", "IPv6": "[::1]", "port that is none": f"{aim.host}:x", "port too high": f"{aim.host}:70000",
        "only a port": ":80", "user": f"me@{aim.host}", "comma": f"{aim.host},{aim.alias}",
    }  # fmt: skip
    for name, host in forms.items():
        yield name, _get(aim, host=host)
    yield "missing", _get(aim, host=None)
    yield "empty", _get(aim, host=None, headers=[("Host", "")])
    yield "twice the same", _get(aim, headers=[("Host", aim.host)])
    yield "twice different", _get(aim, headers=[("Host", "unknown.test")])
    here, other = f"{aim.scheme}://{aim.host}", f"{aim.scheme}://{aim.alias}"
    yield "absolute form", _get(aim, target=f"{here}{aim.path('/x?q')}")
    yield "absolute form against Host", _get(aim, target=f"{other}{aim.path('/x')}", host="unknown.test")
    yield "absolute form with a port", _get(aim, target=f"{here}:99{aim.path('/x')}")
    yield "absolute form without a path", _get(aim, target=here)
    yield "absolute form without Host", _get(aim, target=f"{here}{aim.path('/x')}", host=None)


def _paths(aim: Aim) -> Family:
    """PP-2, PU-1, PU-2, PU-10, SEM-7, SEM-8."""
    for path in (
        "/", "//x", "/x//y", "/./x", "/a/../b", "/a/..", "/..", "/a/../../b", "/%2e%2e/x", "/a/%2e%2e/b", "/%41",
        "/%7euser", "/a%2Fb", "/a%2fb", "/a%5Cb", "/a\\b", "/%zz", "/%4", "/%", "/%00", "/a%20b", "/a%25b", "/a%3Fb",
        "/a%23b", "/a;b=1", "/a+b", "/!$&'()*,:@=~-._", "/x?q=1&r=%20+%zz", "/x?", "/x??", "/x?a/../b", "/x?q=\"<>|",
        "/x?\xe9", "/\xe9", "/%C3%A9", "/%c3%a9", "/\"[]|^`{}<>", "/a#b", "/x.", "/x/", "/...", "/a b",
    ):  # fmt: skip
        yield path.encode("ascii", "backslashreplace").decode(), _get(aim, path=path)
    yield "no leading slash", _get(aim, target="x")
    yield "empty target", _get(aim, target="")
    yield "7000 characters", _get(aim, path="/" + "a" * 7000)
    yield "9000 characters", _get(aim, path="/" + "a" * 9000)


def _methods(aim: Aim) -> Family:
    """RQ-1, RQ-18, HP-4, PP-22."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "FOO", "get", "G-T"):
        yield method, _get(aim, method=method)
    yield "HEAD", (Turn(request(aim, "HEAD"), ("HEAD",)),)
    yield "OPTIONS *", _get(aim, method="OPTIONS", target="*")
    yield "GET *", _get(aim, target="*")
    yield "not a token", _get(aim, method="G(T")
    yield "CONNECT authority", _get(aim, method="CONNECT", target=f"{aim.host}:443")
    yield "TRACE with Max-Forwards 0", _get(aim, method="TRACE", headers=[("Max-Forwards", "0")])
    yield "OPTIONS with Max-Forwards 0", _get(aim, method="OPTIONS", headers=[("Max-Forwards", "0")])


def _chunks(*parts: bytes, trailer: bytes = b"") -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"


def _bodies(aim: Aim) -> Family:
    """RB-1 to RB-8, RB-12; RQ-20, RQ-22, RQ-24."""

    def post(*headers: tuple[str, str], body: bytes = b"", **more: object) -> tuple[Turn, ...]:
        return _get(aim, method="POST", headers=list(headers), body=body, **more)

    chunked = ("Transfer-Encoding", "chunked")
    yield "Content-Length", post(("Content-Length", "5"), body=b"hello")
    yield "Content-Length 0", post(("Content-Length", "0"))
    yield "Content-Length 100000", post(("Content-Length", "100000"), body=b"b" * 100000)
    yield "chunked", post(chunked, body=_chunks(b"hello", b"world"))
    yield "chunked, empty", post(chunked, body=_chunks())
    yield "chunked, with a trailer", post(chunked, ("Trailer", "X-T"), body=_chunks(b"hello", trailer=b"X-T: v\r\n"))
    yield "chunked, with an extension", post(chunked, body=b"5;a=b\r\nhello\r\n0\r\n\r\n")
    yield "chunked, 50000 bytes", post(chunked, body=_chunks(*[b"c" * 10000] * 5))
    yield "chunked, upper case", post(("Transfer-Encoding", "CHUNKED"), body=_chunks(b"hello"))
    yield "GET with a body", _get(aim, headers=[("Content-Length", "5")], body=b"hello")
    yield "length and chunked", post(("Content-Length", "5"), chunked, body=_chunks(b"hello"))
    yield "chunked in HTTP/1.0", post(chunked, body=_chunks(b"hello"), version="HTTP/1.0")
    for value in ("x", "+3", "-1", "3, 3", "0x3", ""):
        yield f"Content-Length {value!r}", post(("Content-Length", value), body=b"abc")
    yield "Content-Length twice", post(("Content-Length", "3"), ("Content-Length", "3"), body=b"abc")
    yield "Transfer-Encoding gzip", post(("Transfer-Encoding", "gzip"), body=b"abc")
    yield "chunk size is none", post(chunked, body=b"zz\r\nhello\r\n0\r\n\r\n")
    yield "chunk size too big", post(chunked, body=b"fffffffffffffffff\r\nhello\r\n0\r\n\r\n")
    head = request(aim, "POST", headers=[("Content-Length", "5"), ("Expect", "100-continue")])
    yield "Expect, body at once", (Turn(head + b"hello", ("POST",)),)
    yield "Expect, body after 100", (Turn(head, interim=True), Turn(b"hello", ("POST",)))
    yield "Expect something else", post(("Expect", "magic"), ("Content-Length", "5"), body=b"hello")


def _headers(aim: Aim) -> Family:
    """RQ-2 to RQ-7, RQ-13, RQ-16, RQ-17; RB-10."""
    lists: dict[str, Headers] = {
        "X-Forwarded-For present": [("X-Forwarded-For", "1.2.3.4")],
        "X-Forwarded-For twice": [("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-For", "5.6.7.8")],
        "X-Forwarded-Host and -Server present": [("X-Forwarded-Host", "h.test"), ("X-Forwarded-Server", "s.test")],
        "Connection lists a header": [("Connection", "X-Drop"), ("X-Drop", "1"), ("X-Keep", "2")],
        "Connection lists X-Forwarded-For": [("Connection", "X-Forwarded-For"), ("X-Forwarded-For", "1.2.3.4")],
        "TE": [("TE", "trailers"), ("Connection", "TE")],
        "Keep-Alive and Proxy-Connection": [("Keep-Alive", "5"), ("Proxy-Connection", "keep-alive")],
        "Upgrade": [("Connection", "Upgrade"), ("Upgrade", "websocket")],
        "repeated": [("X-Two", "a"), ("Accept", "text/html"), ("x-two", "b")],
        "Cookie twice": [("Cookie", "a=1"), ("Cookie", "b=2")],
        "underscore": [("X_Under", "1"), ("X-Under", "2")],
        "spelling": [("x-lOwEr", "1")],
        "spaces around the value": [("X-Space", " \t a  b \t ")],
        "empty value": [("X-Empty", "")],
        "Latin-1 value": [("X-Latin", "caf\xe9")],
        "Via": [("Via", "1.0 fred")],
        "Max-Forwards 5": [("Max-Forwards", "5")],
        "Max-Forwards 0": [("Max-Forwards", "0")],
        "Max-Forwards x": [("Max-Forwards", "x")],
        "credentials": [("Authorization", "Basic eDp5"), ("Proxy-Authorization", "Basic eDp5")],
        "Proxy": [("Proxy", "http://evil.test")],
        "Forwarded": [("Forwarded", "for=1.2.3.4")],
        "conditional": [("If-Modified-Since", ORIGIN_DATE), ("If-None-Match", '"x"')],
        "Range": [("Range", "bytes=0-4")],
        "Accept-Encoding": [("Accept-Encoding", "gzip")],
        "obsolete folding": [("X-Fold", "a\r\n b")],
        "name with a space": [("X Space", "1")],
        "space before the colon": [("X-Space ", "1")],
        "empty name": [("", "1")],
        "control character": [("X-Control", "a\x01b")],
        "99 headers": [(f"X-{n}", "v") for n in range(95)],
        "110 headers": [(f"X-{n}", "v") for n in range(110)],
        "7000 bytes": [("X-Long", "v" * 7000)],
        "9000 bytes": [("X-Long", "v" * 9000)],
    }
    for name, headers in lists.items():
        yield name, _get(aim, headers=headers)
    yield "line without a colon", (Turn(request(aim).replace(b"\r\n\r\n", b"\r\nnocolon\r\n\r\n")),)


def _versions(aim: Aim) -> Family:
    """RQ-19, RB-13, SEM-27."""
    yield "1.0", _get(aim, version="HTTP/1.0")
    yield "1.0 without Host", _get(aim, version="HTTP/1.0", host=None)
    yield (
        "1.0 keep-alive",
        (
            Turn(request(aim, version="HTTP/1.0", headers=[("Connection", "keep-alive")])),
            Turn(request(aim, version="HTTP/1.0")),
        ),
    )
    yield "0.9", (Turn(f"GET {aim.path('/x')}\r\n".encode()),)
    yield "2.0 in the line", _get(aim, version="HTTP/2.0")
    yield "1.2", _get(aim, version="HTTP/1.2")
    yield "lower case", _get(aim, version="http/1.1")
    yield "no version number", _get(aim, version="HTTP/x")
    yield "line feeds only", (Turn(request(aim).replace(b"\r\n", b"\n")),)
    yield "empty lines first", (Turn(b"\r\n\r\n" + request(aim)),)
    yield "garbage", (Turn(b"\x16\x03\x01\x00garbage\r\n\r\n"),)


def _connections(aim: Aim) -> Family:
    """HP-5, FA-7, RQ-19."""
    one, two = request(aim, path="/1"), request(aim, path="/2")
    yield "two after each other", (Turn(one), Turn(two))
    yield "two at once", (Turn(one + two, ("GET", "GET")),)
    yield "close", _get(aim, headers=[("Connection", "close")])
    yield "keep-alive asked for", _get(aim, headers=[("Connection", "Keep-Alive")])
    body = request(aim, "POST", headers=[("Content-Length", "5")], body=b"hello")
    yield "a body, then another request", (Turn(body, ("POST",)), Turn(two))
    yield "HEAD, then GET", (Turn(request(aim, "HEAD"), ("HEAD",)), Turn(two))
    bad = request(aim, target="/%zz")
    yield "an error, then another request", (Turn(bad), Turn(two))
    yield "a body, then a request at once", (Turn(body + two, ("POST", "GET")),)


def _origins(aim: Aim) -> Family:
    """RS-1 to RS-21, RV-1 to RV-9, FA-6, FA-9, FA-10."""

    def answer(name: str, method: str = "GET", **orders: object) -> tuple[str, tuple[Turn, ...]]:
        return name, (Turn(request(aim, method, orders=orders), (method,)),)

    here = f"{aim.origin_scheme}://%self%"

    def location(value: str) -> dict[str, object]:
        return {"status": 302, "reason": "Found", "headers": [["Location", value]], "body": "moved\n"}

    for status, reason in ANSWERS.items():
        yield answer(f"status {status}", status=status, reason=reason)
    yield answer("status 401", status=401, reason="Who", headers=[["WWW-Authenticate", 'Basic realm="x"']])
    yield answer("empty reason", reason="")
    for name, value in {
        "of the origin": f"{here}/new?q#f", "of the origin, no path": here, "relative": "/new",
        "relative to the path": "new", "foreign": "http://foreign.test/new", "near miss": f"{here}9/new",
        "other scheme": "https://%self%/new" if aim.origin_scheme == "http" else "http://%self%/new",
        "upper case": f"{aim.origin_scheme.upper()}://%self%/New", "scheme-relative": "//%self%/new",
    }.items():  # fmt: skip
        yield f"Location {name}", (Turn(request(aim, orders=location(value))),)
    yield answer("Content-Location and URI", headers=[["Content-Location", f"{here}/c"], ["URI", f"{here}/u"]])
    yield answer("Refresh is left", headers=[["Refresh", f"0; url={here}/r"]])
    yield answer("cookies", headers=[["Set-Cookie", "a=1; Path=/"], ["X-A", "1"], ["Set-Cookie", "b=2; HttpOnly"]])
    yield answer("repeated headers", headers=[["X-A", "1"], ["X-B", "2"], ["x-a", "3"]])
    yield answer("its own Date and Server", headers=[["Date", ORIGIN_DATE], ["Server", ORIGIN_SERVER]])
    yield answer("hop-by-hop headers", headers=[["Connection", "X-Drop"], ["X-Drop", "1"], ["Keep-Alive", "timeout=9"],
                                                ["Trailer", "X-T"], ["Upgrade", "h2c"]])  # fmt: skip
    yield answer("chunked", framing="chunked")
    yield answer("until close", framing="close")
    yield answer("until close to HEAD", "HEAD", framing="close")
    yield answer("HEAD", "HEAD")
    yield answer("HEAD chunked", "HEAD", framing="chunked")
    yield answer("100000 bytes", size=100000)
    yield answer("100000 bytes chunked", size=100000, framing="chunked")
    yield answer("empty body", body="")
    yield answer("103 first", interim=[[103, [["Link", "</x>; rel=preload"]]]])
    early = {"early": True, "status": 413, "reason": "Too much"}
    body = [("Content-Length", "50000")]
    yield "answers before the body", _get(aim, method="POST", headers=body, body=b"b" * 50000, orders=early)
    yield answer("header of 6000 bytes", long=6000)
    yield answer("header of 9000 bytes", long=9000)
    yield answer("closes without an answer", close=True)
    yield answer("breaks off in the body", cut=5)
    yield answer("breaks off in a chunked body", cut=5, framing="chunked")
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
        yield answer(f"raw: {name}", raw=raw)


def _last(aim: Aim) -> Family:
    """What makes httpd answer 500 and therefore puts a member into error (FO-1): nothing may come after it."""
    headers = [("Transfer-Encoding", "gzip, chunked")]
    yield "Transfer-Encoding gzip, chunked", _get(aim, method="POST", headers=headers, body=_chunks(b"abc"))
    yield "the request after it", _get(aim)
    raw = "HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 2\r\n\r\nhi"
    yield "space before the colon from the origin", _get(aim, orders={"raw": raw})
    yield "the requests after it", (Turn(request(aim)), Turn(request(aim)), Turn(request(aim)))


def _failures(aim: Aim) -> Family:
    """FA-1, FA-13, FO-4, FO-5, FO-10."""
    one, two = request(aim, path="/1"), request(aim, path="/2")
    length, chunked = ("Content-Length", "5"), ("Transfer-Encoding", "chunked")
    yield "GET", (Turn(one),)
    yield "GET again", (Turn(two),)
    yield "HEAD", (Turn(request(aim, "HEAD"), ("HEAD",)),)
    yield "POST", _get(aim, method="POST", headers=[length], body=b"hello")
    yield "POST chunked", _get(aim, method="POST", headers=[chunked], body=_chunks(b"hello"))
    yield "POST 50000 bytes", _get(aim, method="POST", headers=[("Content-Length", "50000")], body=b"b" * 50000)
    yield "two after each other", (Turn(one), Turn(two))
    yield "two at once", (Turn(one + two, ("GET", "GET")),)
    yield "1.0", _get(aim, version="HTTP/1.0")
    yield "bad escape", _get(aim, target="/%zz")
    yield "OPTIONS", _get(aim, method="OPTIONS")
    yield (
        "Expect",
        (
            Turn(request(aim, "POST", headers=[length, ("Expect", "100-continue")]), interim=True),
            Turn(b"hello", ("POST",)),
        ),
    )
