"""Plays about limits: lengths of requests, how long who may be silent, how many requests, and blank lines."""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Chunks, Close, Head, Pause, Play, Until, get, post

_MAP = "ProxyPass / http://{P}/"
_SHOWN = ("Content-Length", "Transfer-Encoding", "Connection")
_END = "Connection: close\r\n\r\n"
_HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n"


def _play(
    name: str,
    lines: str,
    *clients: tuple[Act, ...],
    peer: tuple[tuple[Act, ...], ...] = (),
    others: tuple[tuple[Act, ...], ...] = (),
    mapping: str = _MAP,
    main: str = "AcceptFilter http none",
    together: bool = False,
    logs: tuple[str, ...] = (),
) -> Play:
    return Play(f"limit: {name}", f"{lines}\n{mapping}", clients, peer, others, main, _SHOWN, together, logs)


def _sized(name: str, directive: str, *requests: str) -> Play:
    """Requests beside the limit of ``directive``."""
    return _play(name, directive, *((each.encode("latin-1"),) for each in requests))


def _line(length: int) -> str:
    """A request whose first line has so many bytes without its line end."""
    return f"GET /{'x' * (length - len('GET / HTTP/1.1'))} HTTP/1.1\r\nHost: example.com\r\n{_END}"


def _field(length: int, extra: str = "") -> str:
    """A request with a header line of so many bytes without its line end."""
    return f"GET / HTTP/1.1\r\nHost: example.com\r\nX: {'x' * (length - 3)}\r\n{extra}{_END}"


def _fields(count: int) -> str:
    """A request with so many fields."""
    return "GET / HTTP/1.1\r\nHost: example.com\r\n" + "X: y\r\n" * (count - 2) + _END


_CHUNKED = get(lines="Transfer-Encoding: chunked\r\n", method="POST", last=True)
SIZES = (
    _sized("LimitRequestLine RB-10", "LimitRequestLine 60", *(_line(n) for n in (57, 58, 59, 60, 61, 62, 200))),
    _sized("LimitRequestLine 0 RB-10", "LimitRequestLine 0", _line(20)),
    _sized("LimitRequestFields RB-10", "LimitRequestFields 5", *map(_fields, (4, 5, 6, 7))),
    _sized("no LimitRequestFields RB-10", "LimitRequestFields 0", *map(_fields, (4, 150))),
    _sized(
        "LimitRequestFieldSize RB-10",
        "LimitRequestFieldSize 40",
        *map(_field, (37, 38, 39, 40, 41, 42)),
        *(_field(n, " " + "x" * 20 + "\r\n") for n in (10, 15, 16, 17, 18, 19, 20, 21, 30)),
        _field(10, f"X: {'y' * 30}\r\nX: {'z' * 30}\r\n"),
    ),
    _sized("larger RB-10", "LimitRequestLine 20000\nLimitRequestFieldSize 20000", _line(15000), _field(15000)),
    *(_play(f"{n} blank lines RB-13", "", (b"\r\n" * n + get(last=True),)) for n in (9, 10, 11)),
    _play("blank lines in a row RB-13", "", (get() + b"\r\n" * 3 + get("/2", last=True),)),
    *(
        _play(
            f"a body of {size} RB-1 RB-2 RB-3",
            "",
            (post("b" * size),),
            (_CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (size, b"b" * size)),
            peer=((Head(), Until(b"b" * size, quiet=True), OK, Head(), reading, OK),),
        )
        for size, reading in ((10000, Until(b"b" * 10000, quiet=True)), (17000, Chunks()))
    ),
)

_HALF = post("hello")[:-2]
_DRIP: tuple[Act, ...] = (_HEAD, *(act for _ in range(8) for act in (Pause(0.3), b"X: yyyyyyyyyyyyyyyyyyyyy\r\n")))
TIMES = (
    _play("KeepAliveTimeout RQ-19", "KeepAliveTimeout 1", (get(), Until(b"ok"), Pause(0.5), get("/2"))),
    _play("KeepAliveTimeout in ms RQ-19", "KeepAliveTimeout 300ms", (get(lines="Connection: keep-alive\r\n"),)),
    _play("KeepAlive Off RQ-19", "KeepAlive Off", (get() + get("/2"),), (get(lines="Connection: keep-alive\r\n"),)),
    *(
        _play(
            f"MaxKeepAliveRequests {n} RQ-19",
            f"MaxKeepAliveRequests {n}\nKeepAliveTimeout 1",
            (get() + get("/2") + get("/3") + get("/4", lines="Connection: keep-alive\r\n"),),
            (get(lines="Connection: keep-alive\r\n"),),
        )
        for n in (0, 1, 2)
    ),
    _play("Timeout, half a head RB-11", "Timeout 1", (_HEAD,), (b"GET / HT",), (get(), Until(b"ok"), b"GET /")),
    _play("Timeout, half a body RB-11", "Timeout 1", (_HALF,), (get(last=True),)),
    _play(
        "Timeout, half a long body RB-11",
        "Timeout 1",
        (post("b" * 40000)[:-2],),
        (get(last=True),),
        peer=((Head(), Until(b"never", quiet=True)),),
    ),
    _play("Timeout, nothing at all RB-11", "Timeout 1", ()),
    _play("RequestReadTimeout, head RB-11", "RequestReadTimeout header=1", (_HEAD,), (b"GET / HT",), ()),
    _play("RequestReadTimeout, body RB-11", "RequestReadTimeout body=1", (_HALF,), (get(last=True),)),
    _play("RequestReadTimeout, a second head RB-11", "RequestReadTimeout header=1", (get(), Until(b"ok"), b"GET /")),
    _play("RequestReadTimeout, MinRate RB-11", "RequestReadTimeout header=1,MinRate=20", (*_DRIP, b"\r\n")),
    _play(
        "RequestReadTimeout, MinRate and an end RB-11", "RequestReadTimeout header=1-2,MinRate=20", (*_DRIP, b"\r\n")
    ),
    _play("RequestReadTimeout, too slow RB-11", "RequestReadTimeout header=1,MinRate=500", (*_DRIP, b"\r\n")),
    _play("RequestReadTimeout, no more in time RB-11", "RequestReadTimeout header=1", (*_DRIP, b"\r\n")),
    _play(
        "RequestReadTimeout, a body's MinRate RB-11",
        "RequestReadTimeout body=1,MinRate=20",
        (post("b" * 200)[:-200], *(act for _ in range(8) for act in (b"b" * 25, Pause(0.3)))),
    ),
)
#: Nothing more is said, until the other side ends.
_SILENCE = Until(b"never", quiet=True)
_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"
_IN_CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
_SLOW: dict[str, tuple[Act, ...]] = {
    "before an answer FA-8": (),
    "in a status line FA-8": (b"HTTP/1.1 2",),
    "in a head FA-9": (b"HTTP/1.1 200 OK\r\nX: y\r\n",),
    "in a body RS-27": (_LENGTH,),
    "in chunks RS-27": (_IN_CHUNKS,),
    "in a chunk RS-27": (_IN_CHUNKS[:-2],),
    "in a body without a length RS-27": (b"HTTP/1.1 200 OK\r\n\r\nhello",),
    "after an interim answer FA-8": (b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n",),
}
ORIGINS = (
    *(
        _play(
            f"an origin's silence {where} LG-9",
            "ProxyTimeout 1\nLogLevel info",
            (get(last=True),),
            peer=((Head(), *acts, _SILENCE),),
            logs=("error.log",),
        )
        for where, acts in _SLOW.items()
    ),
    _play(
        "an origin's silence after one answer FA-8",
        "ProxyTimeout 1\nKeepAliveTimeout 1",
        (get(), Until(b"ok"), get("/2")),
        peer=((Head(), OK, Head(), _SILENCE),),
    ),
    _play("Timeout is an origin's, too FA-8", "Timeout 1", (get(last=True),), peer=((Head(), _SILENCE),)),
    _play(
        "timeout= is nearer FA-8 WP-6",
        "ProxyTimeout 20",
        (get(last=True),),
        peer=((Head(), _SILENCE),),
        mapping=f"{_MAP} timeout=1",
    ),
    _play(
        "ProxyTimeout is nearer than Timeout FA-8 WP-30",
        "Timeout 20\nProxyTimeout 1",
        (get(last=True),),
        peer=((Head(), _SILENCE),),
    ),
    _play(
        "connectiontimeout= is no limit of answers WP-7 WP-30",
        "Timeout 20",
        (get(last=True),),
        peer=((Head(), Pause(1.3), OK),),
        mapping=f"{_MAP} connectiontimeout=100ms",
    ),
    _play(
        "an origin's short pauses FA-8",
        "ProxyTimeout 1",
        (get(last=True),),
        peer=((Head(), _LENGTH[:30], Pause(0.6), _LENGTH[30:-3], Pause(0.6), b"llo", Pause(0.6), b"world"),),
    ),
    _play(
        "MaxRequestWorkers",
        "",
        (get("/1"), Until(b"ok"), Pause(0.2), Close()),
        (Pause(0.3), get("/2", last=True)),
        peer=((Head(), Pause(1.0), OK, Head(), OK), (Head(), OK)),
        main="ThreadsPerChild 1\nMaxRequestWorkers 1",
        together=True,
    ),
)
_FULL = "<Proxy balancer://c>\nBalancerMember http://{full}%s\nBalancerMember http://{Q}\n</Proxy>\nProxyPass / balancer://c/"
_KEEPS = "HTTP/1.1 200 OK\r\nServer: o\r\n"
CONNECTIONS = (
    *(
        Play(
            f"limit: nobody accepts, {name} FA-1 LG-9 {more}",
            f"LogLevel info\n{lines}",
            ((get("/1", last=True),), (get("/2", last=True),), (get("/3", last=True),)),
            logs=("error.log",),
        )
        for name, more, lines in (
            ("connectiontimeout=", "WP-7", "ProxyPass / http://{full}/ connectiontimeout=1"),
            ("ProxyTimeout", "WP-7", "ProxyTimeout 1\nProxyPass / http://{full}/"),
            ("timeout=", "WP-6 WP-7", "ProxyPass / http://{full}/ timeout=1"),
            ("Timeout", "WP-7 WP-30", "Timeout 1\nProxyPass / http://{full}/"),
            (
                "the nearest of all",
                "WP-7 WP-30",
                "Timeout 9\nProxyTimeout 8\nProxyPass / http://{full}/ timeout=7 connectiontimeout=1",
            ),
            ("and another member does", "FO-4", _FULL % " connectiontimeout=500ms"),
        )
    ),
    Play(
        "limit: which answers keep their connection KP-1 RS-9 RS-13 RS-21",
        _MAP,
        ((*(act for n in range(1, 14) for act in (get(f"/{n}"), Pause(0.15))), get("/last", last=True)),),
        tuple(
            tuple(act for text in texts for act in (Head(), text.encode("latin-1"))) + ((Close(),) if closes else ())
            for texts, closes in (
                ((f"{_KEEPS}Content-Length: 2\r\n\r\nok", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"), False),
                (("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",), False),
                ((f"{_KEEPS}Connection: close\r\nContent-Length: 2\r\n\r\nok",), False),
                (
                    (
                        f"{_KEEPS}Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                        "HTTP/1.1 204 No\r\n\r\n",
                        "HTTP/1.1 304 No\r\n\r\n",
                        "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno",
                        f"{_KEEPS}Content-Length: 2\r\n\r\nok more",
                    ),
                    False,
                ),
                ((f"{_KEEPS}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",), False),
                (
                    (
                        f"{_KEEPS}Proxy-Connection: close\r\nContent-Length: 2\r\n\r\nok",
                        f"{_KEEPS}Connection: x, Close\r\nContent-Length: 2\r\n\r\nok",
                    ),
                    False,
                ),
                ((f"{_KEEPS}\r\nok",), True),
            )
        ),
    ),
)
LIMITS = (*SIZES, *TIMES, *ORIGINS, *CONNECTIONS)
