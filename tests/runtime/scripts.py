"""The plays: messages and switches, each name ending with the statements it asks about (``scripted``)."""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Chunks, Close, Head, Pause, Play, Until, get, post

_SHOWN = ("Connection", "Expect", "Content-Length", "Transfer-Encoding")
_LONG = "b" * 30000
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_EARLY = b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"


def _play(
    name: str,
    lines: str,
    *clients: tuple[Act, ...],
    peer: tuple[tuple[Act, ...], ...] = (),
    others: tuple[tuple[Act, ...], ...] = (),
    worker: str = "",
) -> Play:
    """A play with everything mapped to the peer."""
    return Play(name, f"ProxyPass / http://{{P}}/ {worker}\n{lines}", clients, peer, others, show=_SHOWN)


def chunked(data: str, lines: str = "") -> bytes:
    """A request whose body comes in one chunk; the last of its connection."""
    head = get(lines=f"Transfer-Encoding: chunked\r\n{lines}", method="POST", last=True)
    return b"%b%x\r\n%b\r\n0\r\n\r\n" % (head, len(data), data.encode())


def expecting(body: str, last: bool = True) -> tuple[Act, ...]:
    head = get(lines=f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n", method="POST", last=last)
    return head, Until(b"100 Continue\r\n\r\n"), body.encode()


def answer(lines: str) -> bytes:
    return OK.replace(b"Server: o\r\n", b"Server: o\r\n" + lines.encode())


_TWO = (get(), Until(b"ok"), get(last=True))
_TAKES = (Head(), _CONTINUE, Until(b"hello"), OK)

PING = (
    _play("ping: a small body RQ-23 WP-18", "", (post("hello"),), peer=(_TAKES,), worker="ping=2"),
    _play("ping: no body RQ-23", "", (get(last=True),), worker="ping=2"),
    _play("ping: a small body in chunks RQ-23", "", (chunked("hello"),), peer=(_TAKES,), worker="ping=2"),
    _play(
        "ping: a long body in chunks RQ-23",
        "",
        (chunked(_LONG),),
        peer=((Head(), _CONTINUE, Chunks(), OK),),
        worker="ping=2",
    ),
    _play(
        "ping: a final answer instead, twice RQ-23 RQ-24",
        "",
        (post("hello", last=False), Until(b"ok"), post("again")),
        peer=((Head(), OK, Until(b"hello"), Head(), OK, Until(b"again")),),
        worker="ping=2",
    ),
    _play(
        "ping: a final answer that closes RQ-23 RQ-24",
        "",
        (post("hello", last=False), Until(b"ok"), get(last=True)),
        peer=((Head(), answer("Connection: close\r\n"), Until(b"hello")),),
        worker="ping=2",
    ),
    _play(
        "ping: silence FA-11 RQ-23",
        "",
        (post("hello"),),
        peer=((Head(), Until(b"hello")),),
        worker="ping=1",
    ),
    _play(
        "ping: the end of the connection FA-6 RQ-23",
        "",
        (post("hello", last=False), Until(b"</html>\n"), get(last=True)),
        peer=((Head(), Close()),),
        worker="ping=1",
    ),
    _play("ping: and the client expects it too RQ-20 RQ-23", "", expecting("hello"), peer=(_TAKES,), worker="ping=2"),
    Play(
        "ping: silence, and another member FA-11 FO-5 RQ-23",
        "<Proxy balancer://c>\nBalancerMember http://{P} ping=1\nBalancerMember http://{Q}\n</Proxy>\n"
        "ProxyPass / balancer://c/",
        ((post("hello", last=False), Until(b"ok"), get(last=True)),),
        peer=((Head(), Until(b"hello")),),
        others=((Head(), Until(b"hello"), OK),),
        show=_SHOWN,
    ),
    Play(
        "expect: silence, and another member FA-11 FO-5 RQ-20",
        "ProxyTimeout 1\n<Proxy balancer://c>\nBalancerMember http://{P}\nBalancerMember http://{Q}\n</Proxy>\n"
        "ProxyPass / balancer://c/",
        (expecting("hello"),),
        peer=((Head(), Until(b"hello")),),
        others=(_TAKES,),
        show=_SHOWN,
    ),
    _play(
        "expect: silence FA-11 RQ-20",
        "ProxyTimeout 1",
        (get(lines="Content-Length: 5\r\nExpect: 100-continue\r\n", method="POST"),),
        peer=((Head(), Until(b"hello")),),
    ),
)

ORIGINS = (
    _play("switch: proxy-nokeepalive RQ-25 RQ-27", "SetEnv proxy-nokeepalive", _TWO, _TWO),
    _play(
        "switch: proxy-nokeepalive for some KP-1 RQ-25",
        "SetEnvIf Request_URI ^/n proxy-nokeepalive",
        (get(), Until(b"ok"), get("/n"), Until(b"ok"), get("/z"), Until(b"ok"), get("/y", last=True)),
    ),
    _play(
        "switch: proxy-initial-not-pooled RQ-26",
        "SetEnv proxy-initial-not-pooled 1",
        *((get("/1"), Until(b"ok"), get("/2"), Until(b"ok"), get("/3", last=True)) for _ in "ab"),
    ),
    _play("switch: force-proxy-request-1.0 RQ-1 RQ-25", "SetEnv force-proxy-request-1.0 1", _TWO),
    _play(
        "switch: force-proxy-request-1.0 for some RQ-25",
        "SetEnvIf Request_URI ^/n force-proxy-request-1.0",
        (get(), Until(b"ok"), get("/n"), Until(b"ok"), get("/z", last=True)),
    ),
    _play(
        "switch: force-proxy-request-1.0 and Expect RQ-21",
        "SetEnv force-proxy-request-1.0 1",
        expecting("hello"),
        peer=((Head(), Until(b"hello"), OK),),
    ),
    _play(
        "switch: force-proxy-request-1.0 and a long body in chunks RB-3",
        "SetEnv force-proxy-request-1.0 1",
        (chunked(_LONG),),
        peer=((Head(), Until(_LONG.encode(), quiet=True), OK),),
    ),
    _play(
        "switch: proxy-sendcl and a long body in chunks RB-3",
        "SetEnv proxy-sendcl 1",
        (chunked("b" * 300000),),
        peer=((Head(), Until(b"b" * 300000, quiet=True), OK),),
    ),
    _play(
        "switch: proxy-sendcl and proxy-sendchunked RB-4",
        "SetEnv proxy-sendcl 1\nSetEnv proxy-sendchunked 1",
        (chunked(_LONG),),
        peer=((Head(), Chunks(), OK),),
    ),
    _play(
        "switch: proxy-sendchunked and a length RB-4",
        "SetEnv proxy-sendchunked 1",
        (post(_LONG),),
        peer=((Head(), Until(_LONG.encode(), quiet=True), OK),),
    ),
    _play(
        "switch: proxy-sendextracrlf, a small body RB-12",
        "SetEnv proxy-sendextracrlf 1",
        (post("hello"),),
        peer=((Head(), Until(b"hello\r\n"), OK),),
    ),
    _play(
        "switch: proxy-sendextracrlf, no body RB-12",
        "SetEnv proxy-sendextracrlf 1",
        _TWO,
        peer=((Head(), Until(b"\r\n"), OK, Head(), Until(b"\r\n"), OK),),
    ),
    _play(
        "switch: proxy-sendextracrlf, chunks RB-12",
        "SetEnv proxy-sendextracrlf 1",
        (chunked(_LONG),),
        peer=((Head(), Chunks(), Until(b"\r\n"), OK),),
    ),
    _play(
        "switch: proxy-prefetch-nonblocking RQ-27",
        "SetEnv proxy-prefetch-nonblocking 1",
        (post("hello"),),
        peer=((Head(), Until(b"hello"), OK),),
    ),
    *(
        _play(
            f"switch: proxy-interim-response {word or 'unset'} RS-19",
            f"SetEnv proxy-interim-response {word}" if word else "",
            (get(last=True),),
            peer=((Head(), _CONTINUE + _EARLY, OK),),
        )
        for word in ("", "RFC", "rfc", "Suppress", "maybe")
    ),
)

_STAYING = get(lines="Connection: keep-alive\r\n")
_OLD = get(lines="Connection: keep-alive\r\n", version="1.0")
_IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
_VARIES = ((Head(), answer("Vary: A\r\nVary: B\r\n")),)
CLIENTS = (
    _play("switch: nokeepalive RQ-19 RS-33", "SetEnv nokeepalive 1", (get(),), (_STAYING,)),
    _play(
        "switch: downgrade-1.0 RQ-19 RS-33",
        "SetEnv downgrade-1.0 1",
        (get(),),
        (_STAYING, Until(b"ok"), get(last=True)),
    ),
    _play("switch: downgrade-1.0 and chunks RS-8", "SetEnv downgrade-1.0 1", (_STAYING,), peer=((Head(), _IN_CHUNKS),)),
    _play("switch: force-response-1.0 RS-33", "SetEnv force-response-1.0 1", (get(last=True),), (_OLD,)),
    _play(
        "switch: downgrade and force RS-33",
        "SetEnv force-response-1.0 1\nSetEnv downgrade-1.0 1",
        (get(),),
        (_STAYING,),
    ),
    _play("switch: force-no-vary RS-33", "SetEnv force-no-vary 1", (get(),), peer=_VARIES),
    _play("switch: force-no-vary on a staying client RS-33", "SetEnv force-no-vary 1", (_STAYING,), peer=_VARIES),
    _play(
        "switch: BrowserMatch RQ-27",
        "BrowserMatch Old nokeepalive downgrade-1.0 force-response-1.0",
        (get(lines="User-Agent: Old\r\n"),),
        (get(lines="User-Agent: New\r\n"), Until(b"ok"), get(lines="User-Agent: Old\r\n")),
    ),
    Play(
        "switch: answers made here RS-33",
        "SetEnvIf Request_URI k nokeepalive\nSetEnvIf Request_URI d downgrade-1.0\n"
        "SetEnvIf Request_URI f force-response-1.0\nRedirect /r http://y.example/\n",
        ((get("/r/k"),), (get("/r/d"),), (get("/r/f", version="1.0"),), (get("/r/no", last=True),)),
    ),
)
VARY = tuple(
    _play(f"vary: {name} RS-32", "", (get(last=True),), peer=((Head(), answer(lines)),))
    for name, lines in {
        "several lines": "Vary: A, b\r\nX: y\r\nVary: B, a\r\nVary: c\r\n",
        "one name twice": "vary: A, A,A\r\n",
        "a star": "Vary: A\r\nVary: *\r\n",
        "nothing": "Vary:\r\nX: y\r\n",
        "odd commas": "Vary: , a ,,b,\r\nX: y\r\n",
    }.items()
)


def _last(lines: str = "", host: str = "example.com", version: str = "1.1") -> tuple[Act, ...]:
    return (get(lines=lines, version=version, last=True).replace(b"example.com", host.encode(), 1),)


def _proxy(name: str, lines: str, *clients: tuple[Act, ...], peer: tuple[tuple[Act, ...], ...] = ()) -> Play:
    """A play about the fields that a proxy adds."""
    shown = ("Via", "Max-Forwards", "X-Forwarded-For", "Expect")
    return Play(name, f"ProxyPass / http://{{P}}/\n{lines}", clients, peer, show=shown)


_VIA = ((Head(), answer("Via: 1.1 x\r\n"), Head(), OK, Head(), OK, Head(), OK),)
_FRED = "Via: 1.0 fred\r\n"
FIELDS = (
    _proxy(
        "via: On RQ-16 RS-7",
        "ProxyVia On",
        _last(),
        _last(_FRED),
        _last(version="1.0"),
        _last("Via: a\r\nVia: b\r\n"),
        peer=_VIA,
    ),
    _proxy("via: Full RQ-16 RS-7", "ProxyVia Full", _last(), _last(_FRED), peer=_VIA),
    _proxy("via: Block RQ-16 RS-7", "ProxyVia Block", _last(), _last(_FRED), peer=_VIA),
    _proxy("via: Off RQ-16 RS-7", "ProxyVia Off", _last(), _last(_FRED), peer=_VIA),
    _proxy(
        "via: other names and ports RQ-16",
        "ProxyVia On",
        *(_last(host=host) for host in ("example.com:81", "EXAMPLE.com:80", "other.example")),
    ),
    _proxy("via: the canonical name RQ-16", "ProxyVia On\nUseCanonicalName On", _last(host="example.com:81")),
    _proxy("via: edited RQ-15 RQ-16", "ProxyVia On\nRequestHeader set Via q\nHeader set Via r", _last()),
    _proxy(
        "via: pages and interim answers RS-7",
        "ProxyVia On",
        _last(),
        _last(),
        peer=((Head(), Close()), (Head(), b"HTTP/1.1 103 Early\r\nVia: z\r\n\r\n" + OK)),
    ),
    _proxy(
        "forwards: some RQ-17",
        "ProxyMaxForwards 5",
        _last(),
        _last("Max-Forwards: 3\r\n"),
        _last("Max-Forwards: 0\r\n"),
    ),
    _proxy("forwards: none RQ-17", "ProxyMaxForwards 0", _last(), _last("Max-Forwards: 3\r\n")),
    _proxy(
        "continue: said here RQ-21", "Proxy100Continue Off", expecting("hello"), peer=((Head(), Until(b"hello"), OK),)
    ),
    _proxy(
        "continue: said here, and no body RQ-21",
        "Proxy100Continue Off",
        _last("Expect: 100-continue\r\n"),
        _last("Content-Length: 0\r\nExpect: 100-continue\r\n"),
    ),
    _proxy(
        "continue: asked for, and no body RQ-20",
        "",
        _last("Expect: 100-continue\r\n"),
        _last("Content-Length: 0\r\nExpect: 100-continue\r\n"),
    ),
    _proxy(
        "continue: said in one place RQ-21",
        "<Location /x>\nProxy100Continue Off\n</Location>",
        (
            get("/x", "Content-Length: 5\r\nExpect: 100-continue\r\n", method="POST", last=True),
            Until(b"Continue\r\n\r\n"),
            b"hello",
        ),
        peer=((Head(), Until(b"hello"), OK),),
    ),
)
_BAD = b"HTTP/1.1 200 OK\r\nX: y\r\n%bContent-Length: 2\r\n\r\nok"
BAD = tuple(
    _play(
        f"bad header: {what}, {word} RS-16",
        f"ProxyBadHeader {word}",
        (get(last=True),),
        peer=((Head(), text, Close()),),
    )
    for word in ("IsError", "Ignore", "StartBody")
    for what, text in {
        "no colon": _BAD % b"nonsense\r\n",
        "no colon, folded": _BAD % b"nonsense\r\n more\r\n",
        "no colon, first": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nok",
        "after a length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nnonsense\r\nX: y\r\n\r\nok",
        "no name": _BAD % b": z\r\n",
        "a blank before the colon": _BAD % b"Y : z\r\n",
    }.items()
)

_WRONG = b"HTTP/1.1 200 OK\r\n"
PAGES = tuple(
    _play(
        f"page: {what}",
        "",
        (get(last=True),),
        (get(), Until(end), Close()),
        (get(version="1.0"),),
        (get(method="HEAD", last=True),),
        peer=((Head(), data, Close()),) * 4,
    )
    for what, end, data in (
        ("a bad name RS-18", b"</html>\n", _WRONG + b": x\r\nContent-Length: 2\r\n\r\nok"),
        ("a bad chunk RS-28 RS-31", b"\r\n0\r\n\r\n", _WRONG + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nok"),
        ("a bad length RS-10 RS-31", b"\r\n0\r\n\r\n", _WRONG + b"Content-Length: x\r\n\r\nok"),
        ("no colon RS-16", b"</html>\n", _WRONG + b"xx\r\n\r\n"),
        ("a long line RS-17", b"</html>\n", _WRONG + b"X: " + b"y" * 9000 + b"\r\n\r\n"),
    )
)


_WAITING = (get(), Until(b"ok"), Pause(1.6), get(last=True))
IDLE = (
    _play("idle: as long as it takes KP-3 WP-3", "", _WAITING, worker="smax=0"),
    _play("idle: not longer than ttl KP-3 WP-4", "", _WAITING, worker="ttl=1"),
    _play("idle: ttl, with a minimum WP-1 WP-4", "", _WAITING, worker="ttl=1 min=1 smax=1"),
    _play("idle: shorter than ttl WP-4", "", _WAITING, worker="ttl=9 smax=0"),
    _play("idle: no address is kept WP-12", "", _TWO, worker="addressttl=0"),
    _play("idle: an address is kept for a while WP-12", "", _TWO, worker="addressttl=1"),
)

_DATED = "Wed, 21 Oct 2015 07:28:00 GMT"
_WARNINGS = (
    f"""110 x "y, z" "{_DATED[:-5]}1 GMT", 111 a "b"\r\nWarning: 110 x "z" "{_DATED}"\r\nWarning: 199 m "n"\r\n"""
)
_EDITS = "ProxyVia On\nHeader set X-Set a\nHeader always set X-Always b\nHeader add X-Add c"
_FIELDS = "X-One: 1\r\nServer: o\r\nSet-Cookie: a=b\r\nX-Two: 2\r\nContent-Type: text/plain\r\n"
HEADS = (
    _proxy("head: its order RS-6 RS-5", _EDITS, _last(), peer=((Head(), answer(_FIELDS)),)),
    _proxy("head: Server taken away RS-4", "Header unset Server", _last()),
    _proxy(
        "head: warnings of another time RS-22",
        "",
        _last(),
        peer=((Head(), answer(f"Date: {_DATED}\r\nWarning: {_WARNINGS}X: y\r\n")),),
    ),
    _proxy(
        "head: warnings without a Date RS-22", "", _last(), peer=((Head(), answer(f"Warning: {_WARNINGS}X: y\r\n")),)
    ),
    _play("requests in a row HP-5", "", (get("/1") + get("/2", method="HEAD") + get("/3", last=True),)),
)

PLAYS = (*HEADS, *IDLE, *PAGES, *PING, *ORIGINS, *CLIENTS, *VARY, *FIELDS, *BAD)
