"""Plays about failure: origins and clients that break off, each name ending with the statements it asks about."""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Close, HalfClose, Head, Pause, Play, Reset, Until, get, post

_SHOWN = ("Connection", "Content-Length", "Transfer-Encoding")
_WRONG = b"HTTP/1.1 200 OK\r\n"
_EARLY = b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n"


def _fails(
    name: str,
    *clients: tuple[Act, ...],
    peer: tuple[tuple[Act, ...], ...] = (),
    others: tuple[tuple[Act, ...], ...] = (),
    config: str = "ProxyPass / http://{P}/",
    logs: tuple[str, ...] = (),
) -> Play:
    return Play(f"fail: {name}", config, clients, peer, others, show=_SHOWN, logs=logs)


def _breaks(name: str, *acts: Act) -> Play:
    """One request, and what an origin does to it."""
    return _fails(name, (get(last=True),), peer=((Head(), *acts),))


def _half(name: str, data: bytes, first: bool = False) -> Play:
    """A client that ends in the middle of a request, or of its second one."""
    before = (get(), Until(b"ok")) if first else ()
    return _fails(f"a client ends {name} RB-11", (*before, data, HalfClose()))


_POST = get(lines="Content-Length: 10\r\n", method="POST")
_CHUNKED = get(lines="Transfer-Encoding: chunked\r\n", method="POST")
_IN_CHUNKS_HEAD = _WRONG + b"Transfer-Encoding: chunked\r\n\r\n"
_HUGE = "b" * 8_000_000
_CLUSTER = (
    "<Proxy balancer://c>\nBalancerMember http://{P}\nBalancerMember http://{Q}\n</Proxy>\nProxyPass / balancer://c/"
)
_UNFORCED = _CLUSTER.replace("</Proxy>", "ProxySet forcerecovery=Off\n</Proxy>")
_FOUR: tuple[Act, ...] = (
    *(act for path in ("/4", "/5", "/6") for act in (get(path), Until(b"ok"))),
    get("/7", last=True),
)
FAILURES = (
    _breaks("a body until the end, reset RS-27", _WRONG + b"\r\nhello", Pause(0.3), Reset()),
    _breaks("a body until the end RS-8", _WRONG + b"\r\nhello", Pause(0.3), Close()),
    _breaks("half a body RS-27 FA-14", _WRONG + b"Content-Length: 10\r\n\r\nhello", Pause(0.3), Close()),
    _breaks("half a body, reset RS-27 FA-14", _WRONG + b"Content-Length: 10\r\n\r\nhello", Pause(0.3), Reset()),
    _breaks("chunks without an end RS-27", _IN_CHUNKS_HEAD + b"5\r\nhello\r\n", Pause(0.3), Close()),
    _breaks("half a chunk RS-27", _IN_CHUNKS_HEAD + b"a\r\nhello", Pause(0.3), Close()),
    _breaks("half an end of chunks RS-27", _IN_CHUNKS_HEAD + b"5\r\nhello\r\n0\r\n", Pause(0.3), Close()),
    _breaks("a bad chunk later RS-27", _IN_CHUNKS_HEAD + b"5\r\nhello\r\n", Pause(0.3), b"zz\r\n", Close()),
    _breaks("reset in the head FA-9", _WRONG, Pause(0.3), Reset()),
    _breaks("reset before the head FA-6", Reset()),
    _breaks("half a status line FA-6", b"HTTP/1.1 20", Pause(0.3), Close()),
    _breaks("after an interim answer FA-6", _EARLY, Pause(0.3), Close()),
    _fails(
        "the second request, a new connection FA-7",
        (get(), Until(b"ok"), Pause(0.3), get("/2")),
        peer=((Head(), OK, Close()), (Head(), Close())),
    ),
    _fails(
        "the second request, an old connection FA-7 KP-2",
        (get(), Until(b"ok"), get("/2")),
        peer=((Head(), OK, Head(), Close()),),
    ),
    *(
        _fails(
            f"the second request, {name} FA-7",
            (get(), Until(b"ok"), get("/2")),
            peer=((Head(), OK, Head(), data, Pause(0.1), Close()),),
            config="KeepAliveTimeout 1\nProxyPass / http://{P}/",
        )
        for name, data in (
            ("half a status line", b"HTTP/1.1 20"),
            ("half a word", b"ok"),
            ("an empty line", b"\r\n"),
            ("a half line after an interim answer", _EARLY + b"HTTP/1.1"),
            ("an interim answer", _EARLY),
            ("a head without an end", _WRONG + b"X: y\r\n"),
        )
    ),
    *(
        _fails(
            f"{name}, and whose turn it is then FA-7 FO-1",
            *clients,
            peer=peer,
            config=f"KeepAliveTimeout 1\n{_UNFORCED}",
        )
        for name, clients, peer in (
            (
                "the second request, on a new connection",
                ((get("/1"), Until(b"ok"), get("/2"), Until(b"ok"), Pause(0.2), get("/3")), (*_FOUR,)),
                ((Head(), OK, Close()), (Head(), Close())),
            ),
            (
                "the second request, on an old connection",
                ((get("/1"), Until(b"ok"), get("/2"), Until(b"ok"), get("/3")), (*_FOUR,)),
                ((Head(), OK, Head(), Close()),),
            ),
        )
    ),
    *(
        _fails(
            f"silence {where}, failontimeout FO-13 {more}",
            (get("/1", last=True),),
            (*_FOUR,),
            peer=((Head(), *acts, Until(b"never")),),
            config=f"ProxyTimeout 1\n{_UNFORCED.replace('forcerecovery', 'failontimeout=On forcerecovery')}",
        )
        for where, more, acts in (
            ("before a head", "FA-8", ()),
            ("in a status line", "FA-8", (b"HTTP/1.1 2",)),
            ("in a head", "FA-9", (_WRONG,)),
            ("in a body", "RS-27", (_WRONG + b"Content-Length: 10\r\n\r\nhello",)),
        )
    ),
    _fails(
        "nobody reads a body FA-5 LG-9 WP-6",
        (post(_HUGE),),
        (get(last=True),),
        peer=((Head(), Pause(2.5), Close()),),
        config="ProxyTimeout 1\nLogLevel info\nProxyPass / http://{P}/",
        logs=("error.log",),
    ),
    _fails(
        "nobody reads a body, and another member FA-5 FO-7",
        (post(_HUGE, last=False), Until(b"</html>\n"), get(last=True)),
        (*_FOUR,),
        peer=((Head(), Pause(2.5), Close()),),
        config=f"ProxyTimeout 1\n{_UNFORCED}",
    ),
    _fails(
        "two framings of a request, and its connection RB-7",
        (
            get(lines="Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", method="POST")
            + b"5\r\nhello\r\n0\r\n\r\n"
            + get("/ignored"),
        ),
        (get("/next", last=True),),
        peer=((Head(), Until(b"hello"), OK), (Head(), OK)),
    ),
    _fails("reset while a body is sent FA-5", (post(_HUGE),), peer=((Head(), Pause(0.3), Reset()),)),
    _fails(
        "reset while a body is sent, and another member FA-5 FO-7",
        (post(_HUGE, last=False), Until(b"</html>\n"), get(last=True)),
        peer=((Head(), Pause(0.3), Reset()),),
        config=_CLUSTER,
    ),
    _fails(
        "after the request was sent, and another member FO-7",
        (post("hello"),),
        (get(last=True),),
        peer=((Head(), Until(b"hello"), Close()),),
        config=_CLUSTER,
    ),
    _fails(
        "an early answer FO-16",
        (post("b" * 400000),),
        peer=(
            (
                Head(),
                b"HTTP/1.1 413 Too\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
                HalfClose(),
                Pause(0.5),
                Close(),
            ),
        ),
    ),
    _fails("a bad line after two requests RB-8", (get() + get("/2") + b"BAD\r\n\r\n",)),
    _fails("a bad body after one request RB-8d", (get() + _CHUNKED + b"zz\r\n" + get("/3"),)),
    _fails("an overlong chunk RB-8d", (_CHUNKED + b"fffffffffffffffffff\r\n",)),
    _fails("requests after the last one KP-1", (get() + get("/2", last=True) + get("/3"),)),
    _fails("a client ends after its request RB-11", (get(), HalfClose())),
    _half("in a line", b"GET / HT"),
    _half("after a line", b"GET / HTTP/1.1\r\n"),
    _half("after an empty line", b"\r\n"),
    _half("after a line of HTTP/0.9", b"GET /\r\n"),
    _half("in a head", b"GET / HTTP/1.1\r\nHost: exa"),
    _half("in its second line", b"GET / HT", first=True),
    _half("in its second head", b"GET / HTTP/1.1\r\nHost: example.com\r\n", first=True),
    _half("before the last byte", b"GET / HTTP/1.1\r\nHost: example.com\r\n\r"),
    _half("in a body", _POST + b"hel"),
    _half("in its second body", _POST + b"hel", first=True),
    _half("in chunks", _CHUNKED + b"5\r\nhel"),
    _fails("a client resets in a body RB-11", (_POST + b"hel", Pause(0.3), Reset()), (get(last=True),)),
    _fails("two answers at once RS-21", (get(), Until(b"ok"), get("/2", last=True)), peer=((Head(), OK + OK),)),
    _fails(
        "an answer to HEAD with a body RS-12",
        (get(method="HEAD"), Until(b"\r\n\r\n"), get("/2", last=True)),
        peer=((Head(), OK),),
    ),
    *(
        _fails(
            f"a {status} with a length RS-12",
            (get(), Until(b"\r\n\r\n"), get("/2", last=True)),
            peer=((Head(), b"HTTP/1.1 %d X\r\nContent-Length: 5\r\n\r\n" % status, Head(), OK),),
        )
        for status in (204, 304)
    ),
)
