"""Contests about where messages end, and what logs say of those that end badly."""

from __future__ import annotations

import json

from tests.runtime.contest import Ask, Contest, Log, Talk

_HOST = "Host: example.com\r\n"
_EXPECTS = f"{_HOST}Expect: 100-continue\r\nX-Last: 1\r\n"
_CHUNKED = "Transfer-Encoding: chunked\r\n"
_LAST = f"GET /last HTTP/1.1\r\n{_HOST}Connection: close\r\n\r\n"
_OK = "HTTP/1.1 200 OK\r\n"


def _orders(**orders: object) -> str:
    return f"X-Ctl: {json.dumps(orders)}\r\n"


def _get(path: str, lines: str = "", version: str = "1.1") -> str:
    return f"GET {path} HTTP/{version}\r\n{_HOST}{lines}\r\n"


_LEAVES = _orders(close=True, early=True, no_continue=True)
_TRAILERS = ("X: a\0b", "X : a", ": a", "nonsense", "X: a\r\n b", "X: a\r\nX: b", "X: \x01")
_SEEN = f"POST / HTTP/1.1\r\n{_HOST}{_CHUNKED}\r\n5\r\nhello\r\n0\r\n"

ENDINGS = (
    Contest(
        "endings: trailers are read as strictly as heads RB-6 LG-2f",
        'CustomLog {box}/logs/access.log "%>s %{X}^ti"\nProxyPass / http://{A}/\n',
        (
            *(Talk(f"{_SEEN}{line}\r\n\r\n{_LAST}") for line in _TRAILERS),
            Talk(_SEEN + "".join(f"X{number}: a\r\n" for number in range(101)) + "\r\n"),
            Talk(f"{_SEEN}X: {'a' * 9000}\r\n\r\n"),
            Log(),
        ),
    ),
    Contest(
        "endings: those of an origin too RS-8 LG-2f",
        'CustomLog {box}/logs/access.log "%>s %{X}^to"\nProxyPass / http://{A}/\n',
        (
            *(
                Talk(_get("/", _orders(raw=f"{_OK}{_CHUNKED}\r\n5\r\nhello\r\n0\r\n{line}\r\n\r\n")), (_LAST,))
                for line in _TRAILERS
            ),
            Log(),
        ),
    ),
    Contest(
        "endings: a length with zeros in front RS-10",
        "ProxyPass / http://{A}/\n",
        (Ask(ctl=json.dumps({"raw": f"{_OK}Content-Length: 005\r\n\r\nhello"}), show=("content-length", "body")),),
    ),
    Contest(
        "endings: Expect stays where it was, and a length that nobody knows is waited for RQ-2 RQ-20 RB-3",
        "ProxyPass / http://{W}/\nProxyAddHeaders On\n<Location /cl>\nSetEnv proxy-sendcl 1\n</Location>\n",
        (
            Talk(f"POST /plain HTTP/1.1\r\n{_EXPECTS}Content-Length: 5\r\n\r\n"),
            Talk(f"POST /cl HTTP/1.1\r\n{_EXPECTS}{_CHUNKED}\r\n", ("5\r\nhello\r\n", "0\r\n\r\n")),
            Talk(f"POST /cl HTTP/1.1\r\n{_EXPECTS}{_CHUNKED}\r\n5\r\nhello\r\n0\r\n\r\n"),
        ),
    ),
    Contest(
        "endings: an answer that breaks off RS-27 FA-6 FA-7 LG-2j LG-2p",
        'CustomLog {box}/logs/access.log "%>s %X %k %B %U"\nProxyPass / http://{A}/\n',
        (
            Talk(_get("/length", _orders(size=50, cut=5))),
            Talk(_get("/chunks", _orders(size=50, cut=5, framing="chunked"))),
            Talk(_get("/nothing", _orders(close=True))),
            Talk(_get("/before") + _get("/nothing/more", _orders(close=True))),
            Log(),
        ),
    ),
    Contest(
        "endings: the origin leaves while the client waits for 100 Continue FA-6 RQ-20",
        "ProxyPass / http://{A}/\n",
        (
            Talk(
                f"POST / HTTP/1.1\r\n{_EXPECTS}{_LEAVES}Content-Length: 5\r\n\r\n",
                (f"hello{_LAST}",),
            ),
            Talk(f"POST / HTTP/1.1\r\n{_EXPECTS}{_LEAVES}Content-Length: 5\r\n\r\nhello{_LAST}"),
        ),
    ),
    Contest(
        "endings: a client of HTTP/1.0 is not told of its tunnel WS-5 RS-19",
        "ProxyPass / http://{W}/ upgrade=websocket\n",
        (Talk(_get("/echo/websocket", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "1.0"), ("more",)),),
    ),
    Contest(
        "endings: a folded name and value VH-30 RB-8",
        'CustomLog {box}/logs/access.log "%V %{X}i"\nProxyPass / http://{A}/\n',
        (
            Talk("GET / HTTP/1.1\r\nHost:\r\n example.com\r\nX:\r\n \t a\r\n\r\n"),
            Talk(f"POST / HTTP/1.1\r\n{_HOST}Content-Length:\r\n 5\r\n\r\nhello{_LAST}"),
            Log(),
        ),
    ),
    Contest(
        "endings: the status that the origin gave LG-2e",
        'CustomLog {box}/logs/access.log "%{proxy-status}n %>s"\nProxyPass /none !\nProxyPass /dead http://127.0.0.1:1/\n'
        "ProxyPass / http://{A}/\n<Location /over>\nProxyErrorOverride On\n</Location>\n",
        (
            *(Ask(times=2), Ask(ctl='{"status": 404}'), Ask("GET /over", ctl='{"status": 404}')),
            *(Ask("GET /dead"), Ask("GET /none"), Log()),
        ),
    ),
    Contest(
        "endings: names and passwords in logs LG-2h LG-2r",
        'UseCanonicalName Off\nCustomLog {box}/logs/access.log "%r %V"\nProxyPass / http://{A}/\n',
        (
            Talk("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
            Talk(f"GET http://joe:secret@example.com/ HTTP/1.1\r\n{_HOST}\r\n"),
            Log(),
        ),
    ),
)
