"""Plays about requests that can't be read, or stop: what their client hears, and what logs say of them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.runtime.scripted import Act, HalfClose, Head, Pause, Play, Until, get, post

_HEAD = b"GET /h HTTP/1.1\r\nHost: example.com\r\n"
_LIMITS = "LimitRequestLine 100\nLimitRequestFieldSize 100\nLimitRequestFields 20"
_LOGS = 'LogLevel info\nCustomLog {box}/logs/access.log "%r|%>s|%b|%k|%X|%{Host}i|%{X}i"'
#: A client is read from as soon as it is there, whatever the system offers.
_AT_ONCE = "AcceptFilter http none"


def _play(name: str, lines: str, clients: Iterable[tuple[Act, ...]], peer: tuple[tuple[Act, ...], ...] = ()) -> Play:
    config = f"{_LOGS}\n{lines}\nProxyPass / http://{{P}}/"
    logs = ("access.log", "error.log")
    return Play(f"misread: {name}", config, tuple(clients), peer, main=_AT_ONCE, logs=logs)


def _whole(*heads: bytes) -> list[tuple[Act, ...]]:
    return [(each,) for each in heads]


def _folded(*lines: bytes) -> bytes:
    return _HEAD + b"".join(line + b"\r\n" for line in lines) + b"Connection: close\r\n\r\n"


_CHUNKED = get(lines="Transfer-Encoding: chunked\r\n", method="POST")
_STOPS = (b"GET / HT", b"GET / HTTP/1.1\r\n", _HEAD + b"X: a\r\nY", b"\r\n", b"GET /nine\r", b"")
MISREAD = (
    _play(
        "lines LG-4 RB-8 RB-10 RB-13",
        _LIMITS,
        _whole(
            b"GET /%b HTTP/1.1\r\n\r\n" % (b"x" * 200),
            b"GET /a b HTTP/1.1\r\nHost: example.com\r\n\r\n",
            b"GET  /a HTTP/1.1\r\nHost: example.com\r\n\r\n",
            b"nonsense\r\n\r\n",
            b"GET /n\0 HTTP/1.1\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
            b"PUT /0.9\r\n",
            b"GET /v HTTP/1.1 \r\nHost: example.com\r\n\r\n",
            b"GET /v HTTP/1.\r\nHost: example.com\r\n\r\n",
            b"GET /v\tw HTTP/1.1\r\nHost: example.com\r\n\r\n",
            b"G:T / HTTP/1.1\r\nHost: example.com\r\n\r\n",
            _HEAD.replace(b"\r", b"") + b"\n",
        ),
    ),
    _play(
        "fields LG-4 LG-9 RB-8 RB-8h RB-10",
        _LIMITS,
        _whole(
            _HEAD + b"X: y\r\nbad line\r\nX: z\r\n\r\n",
            _HEAD + b"X: y\r\nX : z\r\n\r\n",
            _HEAD + b"X: %b\r\n\r\n" % (b"y" * 200),
            _HEAD + b"X: y\r\n" * 40 + b"\r\n",
            _HEAD + b"Content-Length: x\r\nX: y\r\n\r\n",
            _HEAD + b"Transfer-Encoding: x\r\nX: y\r\n\r\n",
            _HEAD + b"X: a\x01b\r\n\r\n",
            b"GET /nohost HTTP/1.1\r\nX: y\r\n\r\n",
            b"GET /h HTTP/1.1\r\nX: y\r\nHost: a/b\r\n\r\n",
            _folded(b"X: y", b" "),
            _folded(b"X: y", b" \t", b" z"),
            _folded(b"X: " + b"y" * 50, b" " + b"z" * 60),
            _folded(b"X: " + b"y" * 60, b"x: " + b"z" * 60),
        ),
    ),
    _play("stops, by RequestReadTimeout LG-4 RB-11", "RequestReadTimeout header=1", [(each,) for each in _STOPS]),
    _play("stops, by Timeout LG-4 RB-11", "Timeout 1", [(each,) for each in _STOPS]),
    _play(
        "stops after one request LG-4 RB-11",
        "RequestReadTimeout header=1\nKeepAliveTimeout 1",
        [(get(), Until(b"ok"), Pause(0.1), each) for each in _STOPS],
    ),
    _play(
        "stops in a body LG-4 RB-11",
        "RequestReadTimeout body=1",
        [(post("hello")[:-2],), (post("b" * 40000)[:-2],), (get(), Until(b"ok"), post("hello")[:-2])],
        ((Head(), Until(b"never", quiet=True)),),
    ),
    _play(
        "chunks LG-4 LG-9 RB-8c RB-8d",
        "",
        _whole(
            *(
                _CHUNKED + each
                for each in (b"zz\r\n", b"4\r\nabcd\r\n-\r\n", b"fffffffffffffffffff\r\n", b"4\r\nabcdef\r\n")
            ),
            _CHUNKED.replace(b"chunked", b"gzip, chunked"),
        ),
    ),
    _play(
        "chunks later LG-4 RB-8d",
        "",
        [
            (_CHUNKED + b"5000\r\n%b\r\n" % (b"b" * 0x5000), Pause(0.3), each)
            for each in (b"zz\r\n", b"f" * 20 + b"\r\n")
        ],
        ((Head(), Until(b"never", quiet=True)),) * 2,
    ),
    _play("stops in a body, by Timeout LG-4 RB-11", "Timeout 1", [(post("hello")[:-2],)]),
    _play("ends LG-4 RB-11", "", [(each, HalfClose()) for each in (*_STOPS, post("hello")[:-2])]),
    _play(
        "ends after one request LG-4 RB-11",
        "",
        [(get(), Until(b"ok"), Pause(0.1), each, HalfClose()) for each in (*_STOPS, post("hello")[:-2])],
    ),
)
