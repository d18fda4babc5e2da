"""The probes: a fixed list of requests that between them ask about everything the first road carries.

A probe is named for what it asks. What the origin answers is asked in ``answers``.
"""

from __future__ import annotations

from apacheconf.prove.answers import answers, last
from apacheconf.prove.client import Turn
from apacheconf.prove.requests import ORIGIN_DATE, Aim, Family, Headers, Probe, chunks, get, request


def build(aim: Aim) -> tuple[Probe, ...]:
    """Every probe for ``aim`` while all origins are up."""
    families = {
        "host": _hosts, "path": _paths, "method": _methods, "body": _bodies, "header": _headers,
        "version": _versions, "connection": _connections, "origin": answers, "last": last,
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
        Probe(f"sequence: {number:02}", "sequence", (Turn(request(aim, "GET", aim.numbered("s"))),))
        for number in range(1, length + 1)
    )


#: The port that a URL needn't name.
_USUAL = {"http": 80, "https": 443}


def _hosts(aim: Aim) -> Family:
    """VH-31 to VH-36, PV-2 to PV-5, SEM-26, SEM-27."""
    forms = {
        "as written": aim.host, "alias": aim.alias, "upper case": aim.host.upper(), "final dot": f"{aim.host}.",
        "with a port": f"{aim.host}:99", "with the usual port": f"{aim.host}:{_USUAL[aim.scheme]}",
        "final dot and port": f"{aim.host}.:99", "unknown": "unknown.test",
        "address": "127.0.0.1", "near miss": f"x{aim.host}", "underscore": "a_b.test", "a slash": "a/b",
        "a space": "a b", "IPv6": "[::1]", "port that is none": f"{aim.host}:x", "port too high": f"{aim.host}:70000",
        "only a port": ":80", "user": f"me@{aim.host}", "comma": f"{aim.host},{aim.alias}",
    }  # fmt: skip
    for name, host in forms.items():
        yield name, get(aim, host=host)
    yield "missing", get(aim, host=None)
    yield "empty", get(aim, host=None, headers=[("Host", "")])
    yield "twice the same", get(aim, headers=[("Host", aim.host)])
    yield "twice different", get(aim, headers=[("Host", "unknown.test")])
    here, other = f"{aim.scheme}://{aim.host}", f"{aim.scheme}://{aim.alias}"
    yield "absolute form", get(aim, target=f"{here}{aim.path(aim.leaf)}?q")
    yield "absolute form against Host", get(aim, target=f"{other}{aim.path(aim.leaf)}", host="unknown.test")
    yield "absolute form with a port", get(aim, target=f"{here}:99{aim.path(aim.leaf)}")
    yield "absolute form without a path", get(aim, target=here)
    yield "absolute form without a path, with a query", get(aim, target=f"{here}?q=1")
    yield "absolute form in upper case", get(aim, target=f"{here.upper()}{aim.path(aim.leaf)}", host=aim.host.upper())
    yield "absolute form without Host", get(aim, target=f"{here}{aim.path(aim.leaf)}", host=None)


def _paths(aim: Aim) -> Family:
    """PP-2, PU-1, PU-2, PU-10, SEM-7, SEM-8."""
    for path in (
        "/", "//x", "/x//y", "/./x", "/a/../b", "/a/..", "/..", "/a/../../b", "/%2e%2e/x", "/a/%2e%2e/b", "/%41",
        "/%7euser", "/a%2Fb", "/a%2fb", "/a%5Cb", "/a\\b", "/%zz", "/%4", "/%", "/%00", "/a%20b", "/a%25b", "/a%3Fb",
        "/a%23b", "/a;b=1", "/a+b", "/!$&'()*,:@=~-._", "/x?q=1&r=%20+%zz", "/x?", "/x??", "/x?a/../b", "/x?q=\"<>|",
        "/x?\xe9", "/\xe9", "/%C3%A9", "/%c3%a9", "/\"[]|^`{}<>", "/a#b", "/x.", "/x/", "/...", "/a b",
        "/%61%2Fb", "/a%2F..%2F..%2Fb",
    ):  # fmt: skip
        yield path.encode("ascii", "backslashreplace").decode(), get(aim, path=path)
    yield "no leading slash", get(aim, target="x")
    yield "empty target", get(aim, target="")
    yield "7000 characters", get(aim, path="/" + "a" * 7000)
    yield "9000 characters", get(aim, path="/" + "a" * 9000)


def _methods(aim: Aim) -> Family:
    """RQ-1, RQ-18, HP-4, PP-22."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "FOO", "get", "G-T"):
        yield method, get(aim, method=method)
    yield "HEAD", (Turn(request(aim, "HEAD"), ("HEAD",)),)
    yield "OPTIONS *", get(aim, method="OPTIONS", target="*")
    yield "GET *", get(aim, target="*")
    yield "not a token", get(aim, method="G(T")
    yield "CONNECT authority", get(aim, method="CONNECT", target=f"{aim.host}:443")
    yield "TRACE with Max-Forwards 0", get(aim, method="TRACE", headers=[("Max-Forwards", "0")])
    yield "OPTIONS with Max-Forwards 0", get(aim, method="OPTIONS", headers=[("Max-Forwards", "0")])


def _bodies(aim: Aim) -> Family:
    """RB-1 to RB-8, RB-12; RQ-20, RQ-22, RQ-24."""

    def post(*headers: tuple[str, str], body: bytes = b"", **more: object) -> tuple[Turn, ...]:
        return get(aim, method="POST", headers=list(headers), body=body, **more)

    chunked = ("Transfer-Encoding", "chunked")
    yield "Content-Length", post(("Content-Length", "5"), body=b"hello")
    yield "of a type", post(("Content-Type", "text/x-data; a=b"), ("Content-Length", "5"), body=b"hello")
    yield "Content-Length 0", post(("Content-Length", "0"))
    yield "Content-Length 100000", post(("Content-Length", "100000"), body=b"b" * 100000)
    yield "Content-Length 1200000", post(("Content-Length", "1200000"), body=b"b" * 1200000)  # TRAP-43
    yield "chunked", post(chunked, body=chunks(b"hello", b"world"))
    yield "chunked, empty", post(chunked, body=chunks())
    yield "chunked, with a trailer", post(chunked, ("Trailer", "X-T"), body=chunks(b"hello", trailer=b"X-T: v\r\n"))
    yield "chunked, with an extension", post(chunked, body=b"5;a=b\r\nhello\r\n0\r\n\r\n")
    yield "chunked, 50000 bytes", post(chunked, body=chunks(*[b"c" * 10000] * 5))
    yield "chunked, upper case", post(("Transfer-Encoding", "CHUNKED"), body=chunks(b"hello"))
    yield "GET with a body", get(aim, headers=[("Content-Length", "5")], body=b"hello")
    yield "length and chunked", post(("Content-Length", "5"), chunked, body=chunks(b"hello"))
    yield "chunked in HTTP/1.0", post(chunked, body=chunks(b"hello"), version="HTTP/1.0")
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
        "Upgrade to another protocol": [("Connection", "Upgrade"), ("Upgrade", "other/1.0")],
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
        "Range that is none": [("Range", "bytes=x-y")],
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
        "six of 7000 bytes": [(f"X-Long-{number}", "v" * 7000) for number in range(6)],  # TRAP-45
    }
    for name, headers in lists.items():
        yield name, get(aim, headers=headers)
    yield "line without a colon", (Turn(request(aim).replace(b"\r\n\r\n", b"\r\nnocolon\r\n\r\n")),)


def _versions(aim: Aim) -> Family:
    """RQ-19, RB-13, SEM-27."""
    yield "1.0", get(aim, version="HTTP/1.0")
    yield "1.0 without Host", get(aim, version="HTTP/1.0", host=None)
    forwarded = [("X-Forwarded-Host", "h.test")]
    yield "1.0 without Host, forwarded", get(aim, version="HTTP/1.0", host=None, headers=forwarded)
    yield (
        "1.0 keep-alive",
        (
            Turn(request(aim, version="HTTP/1.0", headers=[("Connection", "keep-alive")])),
            Turn(request(aim, version="HTTP/1.0")),
        ),
    )
    yield "0.9", (Turn(f"GET {aim.path(aim.leaf)}\r\n".encode()),)
    yield "2.0 in the line", get(aim, version="HTTP/2.0")
    yield "1.2", get(aim, version="HTTP/1.2")
    yield "lower case", get(aim, version="http/1.1")
    yield "no version number", get(aim, version="HTTP/x")
    yield "line feeds only", (Turn(request(aim).replace(b"\r\n", b"\n")),)
    yield "empty lines first", (Turn(b"\r\n\r\n" + request(aim)),)
    yield "garbage", (Turn(b"\x16\x03\x01\x00garbage\r\n\r\n"),)


def _connections(aim: Aim) -> Family:
    """HP-5, FA-7, RQ-19."""
    one, two = request(aim, path=aim.numbered(1)), request(aim, path=aim.numbered(2))
    yield "two after each other", (Turn(one), Turn(two))
    yield "two at once", (Turn(one + two, ("GET", "GET")),)
    yield "close", get(aim, headers=[("Connection", "close")])
    yield "keep-alive asked for", get(aim, headers=[("Connection", "Keep-Alive")])
    body = request(aim, "POST", headers=[("Content-Length", "5")], body=b"hello")
    yield "a body, then another request", (Turn(body, ("POST",)), Turn(two))
    yield "HEAD, then GET", (Turn(request(aim, "HEAD"), ("HEAD",)), Turn(two))
    bad = request(aim, target="/%zz")
    yield "an error, then another request", (Turn(bad), Turn(two))
    yield "a body, then a request at once", (Turn(body + two, ("POST", "GET")),)


def _failures(aim: Aim) -> Family:
    """FA-1, FA-13, FO-4, FO-5, FO-10."""
    one, two = request(aim, path=aim.numbered(1)), request(aim, path=aim.numbered(2))
    length, chunked = ("Content-Length", "5"), ("Transfer-Encoding", "chunked")
    yield "GET", (Turn(one),)
    yield "GET again", (Turn(two),)
    yield "HEAD", (Turn(request(aim, "HEAD"), ("HEAD",)),)
    yield "POST", get(aim, method="POST", headers=[length], body=b"hello")
    yield "POST chunked", get(aim, method="POST", headers=[chunked], body=chunks(b"hello"))
    yield "POST 50000 bytes", get(aim, method="POST", headers=[("Content-Length", "50000")], body=b"b" * 50000)
    yield "two after each other", (Turn(one), Turn(two))
    yield "two at once", (Turn(one + two, ("GET", "GET")),)
    yield "1.0", get(aim, version="HTTP/1.0")
    yield "bad escape", get(aim, target="/%zz")
    yield "OPTIONS", get(aim, method="OPTIONS")
    yield (
        "Expect",
        (
            Turn(request(aim, "POST", headers=[length, ("Expect", "100-continue")]), interim=True),
            Turn(b"hello", ("POST",)),
        ),
    )
