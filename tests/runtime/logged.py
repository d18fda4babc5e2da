"""Plays about what access logs tell of requests: bytes, trailers, times, each name ending with its statements."""

from __future__ import annotations

from collections.abc import Iterable

from tests.runtime.scripted import OK, Act, Close, Play, Until, get, post

_BYTES = 'LogIOTrackTTFB Off\nCustomLog {box}/logs/access.log "%>s %U in=%I out=%O all=%S b=%b B=%B first=%^FB k=%k"'
_TRAILERS = 'CustomLog {box}/logs/access.log "%U %{X-T}^ti %{x-t}^to %{X-T}i %{X-T}o %{none}^ti"'
_CHUNKED = get("/chunks", "Transfer-Encoding: chunked\r\n", method="POST")
_IN_CHUNKS = b"HTTP/1.1 200 OK\r\nServer: o\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n"


def _play(name: str, lines: str, clients: Iterable[tuple[Act, ...]], *answers: Act) -> Play:
    config = f"{lines}\nProxyPass / http://{{P}}/"
    return Play(f"logged: {name}", config, tuple(clients), answers=answers, logs=("access.log",))


def _answer(status: str, body: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nServer: o\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode("latin-1")


LOGGED = (
    _play(
        "bytes of requests and answers LG-2b LG-2i",
        _BYTES,
        (
            (get("/1"), Until(b"ok"), get("/2", "X: y\r\n"), Until(b"ok"), get("/3", last=True)),
            (post("hello", "/4"),),
            (post("b" * 40000, "/5"),),
            (_CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", Until(b"ok"), get("/6", last=True)),
            (get("/7", version="1.0"),),
            (b"\r\n\r\n" + get("/8", last=True),),
            (get("/9", method="HEAD", last=True),),
            (get("/10", last=True),),
            (get("/11", last=True),),
            (get("/12", last=True),),
        ),
        *[OK] * 10,
        _answer("304 Not Modified"),
        _answer("404 Not Found", "x" * 300),
        _IN_CHUNKS + b"\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
    ),
    _play(
        "trailers LG-2f RB-6 RS-8",
        _TRAILERS,
        (
            (
                _CHUNKED + b"5\r\nhello\r\n0\r\nX-T: one\r\nX-T: two\r\n\r\n",
                Until(b"0\r\n\r\n"),
                get("/none", last=True),
            ),
            (get("/last", last=True),),
        ),
        _IN_CHUNKS + b"X-T: three\r\nX-U: four\r\n\r\n",
        OK,
        _IN_CHUNKS + b"x-t:\r\n\r\n",
    ),
    _play(
        "a broken answer LG-2j LG-2p",
        'CustomLog {box}/logs/access.log "%U %>s %b %X"',
        ((get("/1", last=True),), (get("/2", last=True),)),
        Close(),
    ),
)
