"""Plays about heads that hardly anybody sends, found by putting chance ones to httpd and to serve."""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Close, Head, Pause, Play, Until, get

_MAP = "ProxyPass / http://{P}/ disablereuse=on"
_HEAD = b"HTTP/1.1 200 OK\r\nServer: o\r\n"
_BODY = b"Content-Length: 2\r\n\r\nok"
_DATE = b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"


def _answers(name: str, *answers: bytes, ask: bytes = get(last=True), config: str = _MAP, logs: bool = False) -> Play:
    """Answers of an origin to the same request, each for a client of its own."""
    peer = tuple((Head(), each, Close()) for each in answers)
    return Play(f"answer: {name}", config, ((ask,),) * len(answers), peer, logs=("error.log",) * logs)


def _with(*lines: bytes, head: bytes = _HEAD) -> tuple[bytes, ...]:
    return tuple(head + each + b"\r\n" + _BODY for each in lines)


def _asks(name: str, *requests: bytes, config: str = f"ServerAlias *\n{_MAP}") -> Play:
    """Requests of clients of their own."""
    shown = ("Host", "X-Forwarded-Host")
    return Play(f"ask: {name}", config, tuple((each,) for each in requests), show=shown, answers=(OK,) * len(requests))


_FOLDED = (
    b"X: a \r\n b \r\n  c",
    b"X: a\t\r\n\tb",
    b"X: a  \r\n   \r\nY: 1",
    b"X:\r\n b",
    b"X: a\r\n  \r\n b",
    b" b\r\nX: a",
)
_SIZE = 100
_LENGTHS = (-2, -1, 0, 1)
_UNSEEN = (
    b"TE: a\x01", b"Keep-Alive: \x7f", b"Connection: X-B\r\nX-B: \x01", b"Connection: close\x01", b"Warning: a\x01",
    b"Proxy-Connection: a\rb", b"Content-Type: a/b\r\nContent-Type: \x7f", b"Content-Type: \x7f\r\nContent-Type: a/b",
    b"X: \x01", b"X : y\r\nZ\x00: y",
)  # fmt: skip
_WARNINGS = (
    b"x", b'199 - "x"', b"199 h x", b"a, b", b'199 h "x" "bad"', b'199 h "x"y', b'"x"', b'199 h "x, y", z', b"199",
    b'199 h "x" y "z"', b'1 "a" "b" "c"', b'199 h "unclosed', b'1999 h "x"', b'199 h "a\\"b"', b'1 h "x", 112 h "y"',
    *(b'199 h "x" "Sun, 06 Nov 199%d 08:49:37 GMT"' % year for year in (4, 5)),
    b'199 h "x" "Sunday, 06-Nov-94 08:49:37 GMT"',
)  # fmt: skip
_CODINGS = (
    b"chunked", b"gzip, chunked", b"chunked, x", b"x", b"", b"Chunked", b"chunked,", b", chunked", b"chunked, chunked",
    b"chunked\r\nTransfer-Encoding: x", b"x\r\nTransfer-Encoding: chunked", b"x\r\nContent-Length: 5",
    b"chunked\r\nContent-Length: 5", b"x\r\nX-Bad: \x01",
)  # fmt: skip
_TYPES = (
    b"Content-Type: a/b", b"Content-Type: a/b\r\nContent-Type: c/d\r\nX: y\r\nContent-Type: a/b",
    b"Content-Type:\r\nContent-Type: a/b",
)  # fmt: skip
_IN_CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
ANSWERS = (
    _answers("folded lines keep their blanks RS-5", *_with(*_FOLDED)),
    _answers(
        "a line and what is folded under it have one limit RS-17",
        *_with(*(b"X: %b\r\n %b" % (b"y" * 50, b"z" * (_SIZE - 54 + more)) for more in _LENGTHS)),
        *_with(*(b"X: %b" % (b"y" * (_SIZE - 3 + more)) for more in _LENGTHS)),
        *_with(*(b"X: %b%b" % (b"y" * 90, b" " * (_SIZE - 93 + more)) for more in _LENGTHS)),
        config=f"LogLevel info\n{_MAP} responsefieldsize={_SIZE}",
        logs=True,
    ),
    _answers(
        "a first line at its limit RS-17 RS-14",
        *(b"HTTP/1.1 200 %b\r\n" % (b"z" * (_SIZE - 13 + more)) + _BODY for more in (-3, *_LENGTHS)),
        *(b"%b\r\n" % (b"z" * (_SIZE + more)) + _BODY for more in _LENGTHS),
        config=f"LogLevel info\n{_MAP} responsefieldsize={_SIZE}",
        logs=True,
    ),
    _answers("what goes no further may hold anything RS-18 RS-2", *_with(*_UNSEEN)),
    _answers(
        "what Header takes away may hold anything RS-18 HD-1",
        *_with(b"X-B: \x01", b"x-b: \x7f\r\nX-A: y", b"X-B: y\r\nX-A: \x01", b"X-C: \x01"),
        config=f"Header unset X-B\nHeader set X-C mine\n{_MAP}",
    ),
    _answers(
        "what is overridden may hold anything RS-18 RS-23",
        *_with(b"X: \x01", b"X : y", head=b"HTTP/1.1 404 Gone\r\n"),
        *_with(b"X: \x01", head=b"HTTP/1.1 500 No\r\n"),
        config=f'ProxyErrorOverride On 404\nErrorDocument 404 "text"\nHeader always set X-Always v\n{_MAP}',
    ),
    _answers("warnings RS-22", *_with(*(b"Warning: %b" % each for each in _WARNINGS))),
    _answers(
        "warnings beside a date RS-22", *_with(*(b"Warning: %b" % each for each in _WARNINGS), head=_HEAD + _DATE)
    ),
    _answers(
        "LF, then CRLF RS-13",
        _HEAD + b"X: y\nContent-Length: 2\n\r\nok",
        b"HTTP/1.1 200 OK\nServer: o\r\nContent-Length: 2\r\n\nok",
        b"HTTP/1.1 204 No\n\r\n",
    ),
    _answers(
        "no colon but below it RS-16",
        *_with(b"nonsense\r\n a: b", b"nonsense\r\n ab"),
    ),
    *(
        _answers(
            f"no colon but below it, {word} RS-16",
            *_with(b"nonsense\r\n a: b", b"nonsense\r\n ab"),
            config=f"ProxyBadHeader {word}\n{_MAP}",
        )
        for word in ("Ignore", "StartBody")
    ),
    _answers(
        "to HEAD, in chunks RS-12",
        *(
            b"HTTP/1.1 %b\r\nServer: o\r\n" % status + _IN_CHUNKS
            for status in (b"200 OK", b"204 No", b"304 No", b"404 No")
        ),
        ask=get(method="HEAD", last=True),
    ),
    _answers("a control character, in the log RS-18 LG-9", *_with(b"X: a\x01b", b"X : \x7f"), logs=True),
    *(
        _answers(
            f"to HEAD, {what} coding RS-12 RS-11",
            *(_HEAD + b"X: y\r\nTransfer-Encoding: %b\r\nSet-Cookie: a=b\r\nX: z\r\n\r\n" % each for each in codings),
            ask=get(method="HEAD", last=True),
            config=f"Header set X-Set x\nHeader always set X-Always y\n{config}{_MAP}",
            logs=True,
        )
        for what, config, codings in (
            ("one or another", "", _CODINGS),
            ("with DEFLATE, one or another", "SetOutputFilter DEFLATE\n", _CODINGS[:4]),
            ("with SUBSTITUTE, one or another", "SetOutputFilter SUBSTITUTE\nSubstitute s/a/b/\n", _CODINGS[:4]),
        )
    ),
    _answers(
        "a second coding to HEAD on one connection RS-12",
        *(_HEAD + b"Transfer-Encoding: %b\r\n\r\n" % each for each in _CODINGS[:4]),
        ask=get(method="HEAD") + get(method="HEAD", last=True),
    ),
    *(
        _answers(
            f"types of a {status.decode()} RS-34", *(b"HTTP/1.1 %b\r\n%b\r\n\r\n" % (status, each) for each in _TYPES)
        )
        for status in (b"304 Not Modified", b"204 No")
    ),
    _answers(
        "to HEAD, by HTTP/0.9 RS-14",
        b"HTTP/1.1  200 OK\r\nX: y\r\n\r\nok",
        b"hello\nok",
        ask=get(method="HEAD", last=True),
    ),
    *(
        _answers(
            f"to {method} with Range RQ-8",
            _HEAD + _BODY,
            ask=get(lines="Range: bytes=1-1\r\n", method=method, last=True),
        )
        for method in ("POST", "OPTIONS", "HEAD", "PURGE")
    ),
)


def _waiting(name: str, *peer: Act, version: str = "1.0", config: str = _MAP) -> Play:
    """A client that expects 100 Continue and sends its body all the same."""
    lines = "Expect: 100-continue\r\nContent-Length: 5\r\n"
    client = (get("/", lines, version, "POST", last=True) + b"hello",)
    return Play(f"ask: Expect of HTTP/1.0, {name} RQ-20 RS-19", config, (client,), (peer,), show=("Expect",))


_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LAST = "Connection: close\r\n\r\n"
_URLS = (
    "GET http://example.com/x",
    "POST http://EXAMPLE.com:80/x?y",
    "GET https://example.com/",
    "CONNECT example.com:80",
)
_LINES = ("/p", "/p HTTP/1.1 x", "p HTTP/1.1", "/a b HTTP/1.1", "/p HTTP/3")
_FIELDS = (
    "X : y",
    "X",
    f"X: {'x' * 9000}",
    "Transfer-Encoding: x",
    "Content-Length: x",
    "Host: a",
    "Expect: x\r\nConnection: close",
)
ASKS = (
    _waiting("the origin wants the body", Head(), Pause(0.3), _CONTINUE, Until(b"hello"), OK),
    _waiting("the origin doesn't", Head(), Pause(0.3), b"HTTP/1.1 404 No\r\nConnection: close\r\n\r\n", Pause(0.3)),
    _waiting("it isn't asked", Head(), Until(b"hello"), OK, config=f"Proxy100Continue Off\n{_MAP}"),
    _asks(
        "HEAD that can't be read RS-12 RB-8",
        *(f"HEAD {line}\r\nHost: a\r\n\r\n".encode() for line in _LINES),
        *(f"HEAD / HTTP/1.1\r\nHost: a\r\n{line}\r\n\r\n".encode() for line in _FIELDS),
        b"HEAD / HTTP/1.1\r\n\r\n",
        b"HEAD / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"HEAD /%b HTTP/1.1\r\nHost: a\r\n\r\n" % (b"x" * 9000),
        b"HEAD\r\n\r\n",
    ),
    _asks(
        "no Host but a URL's VH-41 RQ-13",
        *(f"{line} HTTP/{v}\r\n{_LAST}".encode() for v in ("1.0", "1.1") for line in _URLS),
    ),
    _asks(
        "versions to come, with and without Host VH-41 RB-13",
        *(
            f"GET {target} HTTP/{version}\r\n{host}{_LAST}".encode()
            for version in ("1.1", "1.2", "1.9", "2.0", "3.0")
            for target in ("http://example.com/x", "https://example.com/x", "/x")
            for host in ("", "Host: example.com\r\n")
        ),
    ),
    _asks(
        "an empty Host VH-35",
        *(
            f"GET / HTTP/{version}\r\n{host}\r\nConnection: close\r\n\r\n".encode()
            for version in ("1.0", "1.1")
            for host in ("Host:", "Host: \t", "Host: :80", "Host:\r\nHost:")
        ),
    ),
)  # fmt: skip
_HERE = "DocumentRoot {box}/html"
_BARE = ("http://example.com", "http://example.com?q", "http://example.com/", "*")


def _lines(line: str, more: str = "") -> bytes:
    return f"{line}\r\nHost: example.com\r\n{more}Connection: close\r\n\r\n".encode()


LOCAL = (
    *(
        _asks(
            f"HTTP/0.9 and a document, {what} ED-1 RB-13",
            b"GET /none\r\n\r\n",
            config=f"{_HERE}\nErrorDocument 404 {document}\nProxyPass /d http://{{P}}/d\nRedirectMatch 404 ^/none",
        )
        for what, document in (
            ("a text", '"text"'),
            ("a path", "/d"),
            ("a URL", "http://e.example/"),
            ("none", "default"),
        )
    ),
    *(
        _asks(
            f"OPTIONS of a URL without a path, {what} PP-22",
            *(_lines(f"OPTIONS {target} HTTP/1.1") for target in _BARE),
            config=config,
        )
        for what, config in (("proxied", _MAP), ("redirected", "Redirect / http://e.example/"))
    ),
    _asks(
        "TRACE tells the request's line RQ-18",
        *(_lines(f"TRACE /x HTTP/{version}") for version in ("1.0", "1.1", "1.2", "2.0")),
        _lines("TRACE /x HTTP/1.2", "Max-Forwards: 0\r\n"),
        config=_HERE,
    ),
    *(
        _asks(
            f"a bad path beside Max-Forwards, {what} RQ-17",
            *(
                _lines(f"GET /{path} HTTP/1.1", f"Max-Forwards: {n}\r\n")
                for path in ("%zz", "a%2fb", "")
                for n in "0x5"
            ),
            config=config,
        )
        for what, config in (("proxied", _MAP), ("here", _HERE))
    ),
)
PECULIAR = (*ANSWERS, *ASKS, *LOCAL)
