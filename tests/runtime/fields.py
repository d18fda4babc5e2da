"""Plays about whole heads: what an origin receives byte by byte, and how an answer's status ends a connection."""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Close, Head, Pause, Play, Until, get

#: A peer tells a whole head, with what was left of the body before it.
_WHOLE = Until(b"\r\n\r\n")
_MANY = 30


def _heads(name: str, *clients: bytes, config: str = "ProxyPass / http://{P}/", main: str = "") -> Play:
    """Requests, each on a connection of its own, and their heads as the origin gets them."""
    return Play(f"fields: {name}", config, tuple((each,) for each in clients), ((_WHOLE, OK) * _MANY,) * 2, main=main)


def _ask(lines: str = "", method: str = "GET", path: str = "/", version: str = "1.1", body: str = "") -> bytes:
    return get(path, lines, version, method, last=True) + body.encode("latin-1")


def _hostless(lines: str = "", path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.0\r\n{lines}\r\n".encode("latin-1")


_HOP = (
    "Accept: */*\r\nConnection: close, X-Listed, Accept\r\nx-listed: 1\r\nKeep-Alive: 3\r\nTE: trailers\r\n"
    "Trailer: X\r\nUpgrade: h2c\r\nProxy-Connection: close\r\nX-Last: 2\r\n"
)
_END = (
    "Proxy-Authenticate: a\r\nProxy-Authorization: Basic YTpi\r\nAuthorization: Basic YTpi\r\nProxy: evil\r\n"
    'Accept-Encoding: gzip, br\r\nRange: bytes=0-\r\nIf-Range: "a"\r\nIf-None-Match: "a", "b"\r\n'
    "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\nIf-Match: *\r\nIf-Unmodified-Since: x\r\n"
)
_AGAIN = "Cookie: a=1\r\nX-b:  1 \r\nAccept: a\r\nCookie: b=2\r\nX-B:\r\naccept: b\r\nx-empty:\r\nX-b: 3\r\nAccept:\r\n"
_FORWARDED = "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: a.example\r\nx-forwarded-server: s\r\n"
_CHUNKED = "Transfer-Encoding: chunked\r\n"
_EVERYWHERE = (
    *(_ask(path=path, lines="X: y\r\n") for path in ("/", "/on", "/on/off", "/if")),
    _ask(path="/on").replace(b"Host: example.com", b"Host: EXAMPLE.com:81"),
    _hostless(path="/on"),
    _hostless("Host: other.example\r\n", "/on"),
    _hostless(),
)
RECEIVED = (
    _heads("names, order and values RQ-2 RQ-3 RQ-4", _ask(_AGAIN), _ask("Host : x\r\n"), _ask("zz: 1\r\nAA: 2\r\n")),
    _heads("those of one hop RQ-5 RQ-7", _ask(_HOP), _ask("Connection: X-Forwarded-For, Via\r\n" + _FORWARDED)),
    _heads("those of the end RQ-6 RQ-8 RQ-9", _ask(_END)),
    _heads(
        "methods and framing RQ-1 RQ-2 RB-1 RB-5 RB-6",
        _ask(method="PURGE"),
        _ask(method="Get"),
        _ask(version="1.0"),
        _ask(version="1.0", lines="Connection: keep-alive\r\n"),
        b"GET /nine\r\n",
        _ask("Content-Length: 5\r\nX-A: 1\r\n", "POST", body="hello"),
        _ask(f"{_CHUNKED}X-A: 1\r\n", "POST", body="2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-T: 1\r\n\r\n"),
        _ask("Content-Length: 0\r\n", "PUT"),
        _ask(_CHUNKED, "PUT", body="0\r\n\r\n"),
        _ask(method="DELETE"),
        _ask(method="POST"),
        _ask("Content-Length: 2\r\n", body="ab"),
        _ask(_CHUNKED, version="1.0", method="POST", body="1\r\nz\r\n0\r\n\r\n"),
    ),
    _heads(
        "a proxy's own RQ-13",
        _ask(_FORWARDED),
        _ask("X-Forwarded-For:\r\n"),
        _ask().replace(b"Host: example.com", b"Host: EXAMPLE.com:8080"),
        _hostless(),
        config="ProxyPass / http://{P}/\nUseCanonicalName On\nServerAlias *",
    ),
    _heads(
        "a proxy's own, not wanted RQ-14",
        _ask(_FORWARDED),
        _ask(path="/off/on", lines=_FORWARDED),
        config="ProxyAddHeaders Off\nProxyPass / http://{P}/\n<Location /off/on>\nProxyAddHeaders On\n</Location>",
    ),
    _heads(
        "a proxy's own, edited RQ-12 RQ-15",
        _ask(_FORWARDED),
        _ask(path="/kept", lines=_FORWARDED),
        config="RequestHeader unset X-Forwarded-For\nRequestHeader append X-Forwarded-Server mine\n"
        "RequestHeader set Host set.example\n<Location /kept>\nProxyPreserveHost On\nRequestHeader unset Accept\n"
        "RequestHeader append X-Forwarded-For text\n</Location>\nProxyPass / http://{P}/",
    ),
    _heads(
        "Host, kept in places RQ-10 RQ-11",
        *_EVERYWHERE,
        config="ProxyPass / http://{P}/\n<Location /on>\nProxyPreserveHost On\n</Location>\n<Location /on/off>\n"
        "ProxyPreserveHost Off\n</Location>\n<If \"%{REQUEST_URI} == '/if'\">\nProxyPreserveHost On\n</If>",
    ),
    _heads("Host, kept everywhere RQ-11", *_EVERYWHERE, config="ProxyPreserveHost On\nProxyPass / http://{P}/"),
    _heads(
        "Host of IPv6 RQ-10",
        _ask(path="/a"),
        _ask(path="/m/b"),
        config="<Proxy balancer://c>\nBalancerMember http://{P6}\n</Proxy>\nProxyPass /m/ balancer://c/\n"
        "ProxyPass / http://{P6}/",
    ),
    _heads(
        "TRACE RQ-18",
        _ask(method="TRACE", lines="X-A: 1\r\n"),
        _ask(method="TRACE", lines="Content-Length: 2\r\n", body="ab"),
        config="TraceEnable extended\nProxyPass / http://{P}/",
    ),
    _heads(
        "TRACE is off RQ-18",
        _ask(method="TRACE"),
        _ask(method="TRACE", lines="Max-Forwards: 0\r\n"),
        config="TraceEnable off\nProxyPass / http://{P}/",
    ),
    _heads(
        "no-proxy RQ-27",
        _ask(path="/a"),
        _ask(path="/late"),
        config="SetEnvIf Request_URI ^/a no-proxy\n<Location /late>\nSetEnv no-proxy 1\n</Location>\nProxyPass / http://{P}/",
    ),
    _heads(
        "no reuse RQ-25 WP-9",
        _ask(),
        _ask(path="/k/"),
        config="ProxyPass /k/ http://{P}/k/ disablereuse=off\nProxyPass / http://{P}/ disablereuse=on",
    ),
)


def _status(line: str, body: str = "Content-Length: 2\r\n\r\nok") -> bytes:
    return f"HTTP/1.1 {line}\r\nServer: o\r\n{body}".encode("latin-1")


def _twice(line: str) -> tuple[Act, ...]:
    return get("/1"), Pause(0.1), get("/2", last=True)


_LINES = (
    *("099 Low", "199 Odd", "200 ", "299 Mine", "400 B", "402 P", "404 N", "405 M", "408 T", "411 L", "412 P", "413 L"),
    *("414 U", "415 U", "416 R", "417 E", "429 T", "431 H", "500 I", "501 N", "502 B", "503 S", "504 G", "505 V"),
    *("507 I", "599 X", "600 Six", "999 Nine"),
)
STATUSES = (
    Play(
        "status: whether the client stays RS-1 RS-30",
        "ProxyPass / http://{P}/ disablereuse=on",
        tuple(_twice(line) for line in _LINES),
        tuple(acts for line in _LINES for acts in ((Head(), _status(line), Pause(0.05), Close()),) * 2),
    ),
    *(
        Play(
            f"status: {count} interim answers RS-19",
            "ProxyPass / http://{P}/ disablereuse=on",
            ((get(last=True),), (get(version="1.0"),)),
            ((Head(), b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" * count + OK, Close()),) * 2,
        )
        for count in (9, 10, 11)
    ),
    Play(
        "head: very many lines RS-17",
        "ProxyPass / http://{P}/",
        ((get(last=True),),),
        ((Head(), OK.replace(b"Content", b"".join(b"X-%d: y\r\n" % n for n in range(1000)) + b"Content"), Close()),),
    ),
    Play(
        "head: responsefieldsize RS-17 WP-17",
        "ProxyPass /less/ http://{P}/less/\nProxyPass / http://{P}/ responsefieldsize=20000",
        tuple((get(path, last=True),) for path in ("/", "/", "/less/")),
        tuple(
            (Head(), OK.replace(b"Content", b"X: %b\r\nContent" % (b"x" * size)), Close())
            for size in (19000, 21000, 8100)
        ),
    ),
    Play(
        "idle: HTTP/1.0 and the length RQ-19",
        "ProxyPass / http://{P}/",
        (
            (get(lines="Connection: keep-alive\r\n", version="1.0"), Until(b"ok"), get("/2", version="1.0")),
            (get("/3", lines="Connection: keep-alive\r\n", version="1.0"),),
            (get("/4", lines="Connection: keep-alive\r\n"), Until(b"0\r\n\r\n"), get("/5", last=True)),
        ),
        (
            (Head(), OK, Head(), OK, Head(), b"HTTP/1.1 200 OK\r\n\r\nok", Close()),
            (Head(), b"HTTP/1.1 200 OK\r\n\r\nok", Close()),
        ),
    ),
)
_PLACED = (
    b"HTTP/1.1 200 OK\r\nX-One: 1\r\nx-set: old\r\nX-Two: 2\r\nX-SET: older\r\nContent-Type: text/plain\r\n"
    b"X-Edit: a\r\nX-Three: 3\r\nX-Edit: b\r\nServer: o\r\nServer: p\r\nContent-Length: 2\r\n\r\nok"
)
PLACED = tuple(
    Play(
        f"head: {name} HD-10",
        f"ProxyPass / http://{{P}}/\n{lines}",
        ((get(last=True),),),
        ((Head(), _PLACED, Close()),),
    )
    for name, lines in {
        "as it came": "",
        "set in its place": "Header set X-Set new",
        "set by always, beside what is there": "Header always set X-Set new\nHeader always set X-One new",
        "edited to the end": "Header edit X-Edit . c\nHeader edit* x-one 1 2",
        "added, appended, merged": "Header add X-Two a\nHeader append X-Edit z\nHeader merge x-one y",
        "the one type, set": "Header set Content-Type text/new",
        "the one type, set by always": "Header always set content-type text/new",
        "the one type, edited": "Header edit Content-Type plain new\nHeader always edit Content-Type text x",
        "the one type, taken away": "Header unset Content-Type",
        "the one type, added to": "Header add Content-Type text/more\nHeader append Content-Type more",
        "Server set": "Header set Server mine\nHeader always set Server always",
        "Server added": "Header add Server mine\nHeader append Server more",
        "Server edited": "Header edit Server . new",
        "nothing of the framing": "Header set Content-Length 7\nHeader unset Connection\nHeader unset Content-Length",
    }.items()
)
WHOLE_HEADS = (*RECEIVED, *STATUSES, *PLACED)
