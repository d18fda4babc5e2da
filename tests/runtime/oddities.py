"""Odd messages, many in one play: each on a connection of its own, answered by httpd without a word too much.

They ask about RQ-3 to RQ-8, RQ-17, RQ-18, RQ-22, RB-6 to RB-13, PU-10, RS-1 to RS-19 and RS-22 at their edges.
"""

from __future__ import annotations

from tests.runtime.scripted import Act, Close, Head, Pause, Play, get

_HEAD = "Host: example.com\r\nConnection: close\r\n"
_OK = "HTTP/1.1 200 OK\r\n"
_TWO = "Content-Length: 2\r\n\r\nok"
_SHOWN = (
    *("Host", "Range", "Expect", "Max-Forwards", "Content-Length", "Transfer-Encoding", "Cookie", "X-Forwarded-For"),
    *("X-A", "Content-Type", "Upgrade", "Connection", "Trailer", "TE"),
)


def _raw(data: str) -> tuple[Act, ...]:
    return (data.encode("latin-1"),)


def _ask(line: str = "GET / HTTP/1.1", lines: str = "", body: str = "") -> tuple[Act, ...]:
    return _raw(f"{line}\r\n{_HEAD}{lines}\r\n{body}")


def _answering(data: str) -> tuple[Act, ...]:
    return Head(), data.encode("latin-1"), Pause(0.05), Close()


_REQUESTS = (
    _ask("GET /a%00b HTTP/1.1"),
    _ask("GET /%2e%2e/x HTTP/1.1"),
    _ask("GET /a/../../b HTTP/1.1"),
    _ask("GET //a//b HTTP/1.1"),
    _ask("GET /a%2fb HTTP/1.1"),
    _ask("GET /a?b?c=%zz HTTP/1.1"),
    _ask("GET /a%zz HTTP/1.1"),
    _ask("GET a HTTP/1.1"),
    _ask("GET ?x HTTP/1.1"),
    _ask("GET * HTTP/1.1"),
    _ask("OPTIONS * HTTP/1.1"),
    _ask("OPTIONS / HTTP/1.1"),
    _ask("get / HTTP/1.1"),
    _ask("G@T / HTTP/1.1"),
    _ask("A" * 70 + " / HTTP/1.1"),
    _ask("GET http://example.com HTTP/1.1"),
    _ask("GET http://example.com?x HTTP/1.1"),
    _ask("GET HTTP://EXAMPLE.com/x HTTP/1.1"),
    _ask("GET ftp://example.com/x HTTP/1.1"),
    _ask("GET http:///x HTTP/1.1"),
    _ask(lines="X-A: \x80\xff\r\n"),
    _ask(lines="X-A:\tb\t\r\n"),
    _ask(lines="X-A: a\x01b\r\n"),
    _ask(lines="X\x80: a\r\n"),
    _ask(lines="X-A: a\x7fb\r\n"),
    _ask(lines="(x): a\r\n"),
    _ask(lines="Range: bytes=0-0\r\n"),
    _ask(lines="Range: bytes=5-9\r\n"),
    _ask(lines="Range: bytes=-1\r\n"),
    _ask(lines="Range: bytes=0-0,1-1\r\n"),
    _ask(lines="Range: x=0-0\r\n"),
    _ask(lines='Range: bytes=0-0\r\nIf-Range: "a"\r\n'),
    _ask("HEAD / HTTP/1.1", "Range: bytes=0-0\r\n"),
    _ask(lines="Expect: 100-Continue\r\n"),
    _ask(lines="Expect: x\r\n"),
    _ask("GET / HTTP/1.0", "Expect: x\r\n"),
    _ask(lines="Expect:\r\n"),
    _ask(lines="Expect: 100-continue, x\r\n"),
    _ask(lines="Max-Forwards: -1\r\n"),
    _ask(lines="Max-Forwards: 99999999999999999999\r\n"),
    _ask(lines="Max-Forwards: 1x\r\n"),
    _ask(lines="Max-Forwards: +5\r\n"),
    _ask(lines="Max-Forwards: 010\r\n"),
    _ask("TRACE / HTTP/1.1", "Max-Forwards: 0\r\nX-A: b\r\n"),
    _ask("OPTIONS / HTTP/1.1", "Max-Forwards: 0\r\n"),
    _ask("TRACE / HTTP/1.1", "X-A: b\r\n"),
    _ask("TRACE / HTTP/1.1", "Content-Length: 1\r\n", "x"),
    _ask("CONNECT example.com:443 HTTP/1.1"),
    _ask("CONNECT / HTTP/1.1"),
    _ask(lines="Upgrade: websocket\r\n"),
    _ask(lines="Host: b\r\n"),
    _raw("GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: example.com:\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: example.com:0\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: example.com:99999\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: [::1\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\nHost: ex_ample.com.\r\nConnection: close\r\n\r\n"),
    _raw("GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
    _raw("GET / HTTP/1.0\r\n\r\n"),
    _raw("GET / HTTP/1.1\r\n" + _HEAD + "X: " + "y" * 8190 + "\r\n\r\n"),
    _raw("GET /" + "y" * 8190 + " HTTP/1.1\r\n" + _HEAD + "\r\n"),
    _raw("GET / HTTP/1.1\r\n" + _HEAD + "X: y\r\n" * 101 + "\r\n"),
    _ask("POST / HTTP/1.1", "Content-Length: 5\r\nContent-Type: a\r\nContent-Type: b\r\n", "hello"),
    _ask("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTrailer: X\r\n", "5\r\nhello\r\n0\r\nX: y\r\n\r\n"),
    _ask("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "00005\r\nhello\r\n0000\r\n\r\n"),
    _ask("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "5;" + "a" * 9000 + "\r\nhello\r\n0\r\n\r\n"),
    _ask("POST / HTTP/1.1", "Transfer-Encoding: identity\r\n", ""),
    _ask("POST / HTTP/1.1", "Content-Length: 5\r\nConnection: content-length\r\n", "hello"),
    _ask(lines="Connection: keep-alive\r\n"),
    _ask(lines="Cookie: a\r\nCookie: b\r\n"),
    _ask(lines="X-Forwarded-For: 1\r\nX-Forwarded-For: 2\r\n"),
    _ask("GET / HTTP/2.0"),
    _ask("GET / HTTP/0.9"),
    _ask("GET / HTTP/1."),
    _ask("GET / HTTP/11.1"),
    _ask("GET /  HTTP/1.1"),
    _ask("GET / HTTP/1.1 "),
)
_FIELDS = (
    "Content-Length: 0\r\n\r\n",
    "Content-Length: 2, 2\r\n\r\nok",
    "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "Content-Length:2\r\n\r\nok",
    "Content-Length : 2\r\n\r\nok",
    "content-LENGTH: 2\r\n\r\nok",
    "Content-Length: 2 \r\n\r\nok",
    "Content-Length: \r\n\r\nok",
    "Transfer-Encoding: identity\r\n\r\nok",
    "Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0;z\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n",
    "Transfer-Encoding: chunked\r\n\r\n 2\r\nok\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2;" + "e" * 9000 + "\r\nok\r\n0\r\n\r\n",
    "Location: http://a/b\r\n" + _TWO,
    "Set-Cookie: a=b\r\nX: y\r\nSet-Cookie: c=d\r\n" + _TWO,
    "Content-Type: a\r\nContent-Type: b\r\n" + _TWO,
    "Date: x\r\n" + _TWO,
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n" + _TWO,
    "Expires: Sunday, 06-Nov-94 08:49:37 GMT\r\n" + _TWO,
    "Last-Modified: Sun Nov  6 08:49:37 1994\r\n" + _TWO,
    "ETag: x\r\nETag: y\r\n" + _TWO,
    "Server: a\r\nServer: b\r\n" + _TWO,
    "Connection: X-A, close\r\nX-A: b\r\nX-B: c\r\n" + _TWO,
    "Connection: keep-alive\r\nKeep-Alive: 5\r\n" + _TWO,
    "Proxy-Connection: x\r\nProxy-Authenticate: y\r\nTE: z\r\nTrailer: w\r\n" + _TWO,
    "X:\r\n" + _TWO,
    "X: " + "y" * 8000 + "\r\n" + _TWO,
    "X: \x80\xff\r\n" + _TWO,
    "X: a\x01\r\n" + _TWO,
    "X-\x80: a\r\n" + _TWO,
    "Via: x\r\n" + _TWO,
    "Upgrade: h2c\r\nConnection: Upgrade\r\n" + _TWO,
    "WWW-Authenticate: Basic\r\nWWW-Authenticate: Digest\r\n" + _TWO,
    "Cache-Control: a\r\nCache-Control: b\r\n" + _TWO,
    "Allow: GET\r\n" + _TWO,
    "Content-Range: bytes 0-1/2\r\n" + _TWO,
    "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
    "Age: 1\r\nX: y\r\n" + _TWO,
)
_ANSWERS = (
    *(_OK + each for each in _FIELDS),
    "HTTP/1.1 200\r\n" + _TWO,
    "HTTP/1.1 200 \r\n" + _TWO,
    "HTTP/1.1  200 OK\r\n" + _TWO,
    "HTTP/1.1 200OK\r\n" + _TWO,
    "HTTP/1.1 099 X\r\n" + _TWO,
    "HTTP/1.1 999 X\r\n" + _TWO,
    "HTTP/1.1 1000 X\r\n" + _TWO,
    "HTTP/1.1 100 X\r\n\r\nHTTP/1.1 200 OK\r\n" + _TWO,
    "HTTP/1.1 102 P\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n" + _TWO,
    "HTTP/1.1 199 P\r\n\r\n" + _OK + _TWO,
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + _TWO,
    "HTTP/1.2 200 OK\r\n" + _TWO,
    "HTTP/1.10 200 OK\r\n" + _TWO,
    "http/1.1 200 OK\r\n" + _TWO,
    "HTTP/1.1 200 O\x01K\r\n" + _TWO,
    "HTTP/1.1 200 O\x80K\r\n" + _TWO,
    "\r\nHTTP/1.1 200 OK\r\n" + _TWO,
    "\n\nHTTP/1.1 200 OK\r\n" + _TWO,
    "ICY 200 OK\r\n" + _TWO,
    "HTTP/1.1 200 OK\n" + _TWO,
    "HTTP/1.1 206 P\r\nContent-Range: bytes 0-1/9\r\n" + _TWO,
    "HTTP/1.1 416 P\r\n" + _TWO,
    "HTTP/1.1 304 N\r\nETag: a\r\nContent-Type: b\r\n\r\n",
    "HTTP/1.1 204 N\r\nContent-Type: b\r\n\r\n",
    "HTTP/1.1 205 N\r\n" + _TWO,
    "HTTP/1.1 401 N\r\nWWW-Authenticate: x\r\n" + _TWO,
    "HTTP/1.1 407 N\r\nProxy-Authenticate: x\r\n" + _TWO,
    "HTTP/1.1 503 N\r\nRetry-After: 1\r\n" + _TWO,
    "HTTP/1.1 301 M\r\nLocation: /x\r\n" + _TWO,
    "HTTP/1.1 500 N\r\n" + _TWO,
    "HTTP/1.1 400 N\r\n" + _TWO,
    "HTTP/1.1 408 N\r\n" + _TWO,
    "HTTP/1.1 404 N\r\n" + _TWO,
)

_LINE = b"PROXY TCP4 192.0.2.7 192.0.2.8 1000 80\r\n"
_BLOCK = b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc0\x00\x02\x08\x03\xe8\x00\x50"
_CONFIG = "ProxyPass / http://{P}/ disablereuse=on"
ODD = (
    Play("odd: requests", _CONFIG, _REQUESTS, show=_SHOWN),
    Play("odd: answers", _CONFIG, (_ask(),) * len(_ANSWERS), tuple(map(_answering, _ANSWERS))),
    Play(
        "odd: answers to HTTP/1.0", _CONFIG, (_ask("GET / HTTP/1.0"),) * len(_ANSWERS), tuple(map(_answering, _ANSWERS))
    ),
    # RI-5: the second preamble is what a client says, and no request.
    *(
        Play(f"odd: two preambles, {name} RI-5", f"RemoteIPProxyProtocol On\n{_CONFIG}", ((both + get(last=True),),))
        for name, both in (
            ("lines", _LINE + _LINE),
            ("blocks", _BLOCK + _BLOCK),
            ("a line first", _LINE + _BLOCK),
            ("a block first", _BLOCK + _LINE),
        )
    ),
)
