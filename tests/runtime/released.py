"""Plays about when a connection to an origin is free for the next request, each name ending with its statements.

The first client doesn't read until the second has been answered; the number of the connection on which the second
one's request arrives says whether the first one's was free by then.
"""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Gate, Head, Pause, Play, Reset, Size, Until, get, post

#: What the system takes for a client that doesn't read, and far more than that; what httpd doesn't cut.
_LITTLE, _MUCH, _ONE_CHUNK = 100_000, 40_000_000, 8_000
_MAP = "ProxyPass / http://{P}/"


def _length(count: int) -> tuple[Act, ...]:
    return (b"HTTP/1.1 200 OK\r\nServer: o\r\nContent-Length: %d\r\n\r\n" % count, Size(count))


def _chunked(count: int, last: bytes = b"\r\n0\r\n\r\n") -> tuple[Act, ...]:
    head = b"HTTP/1.1 200 OK\r\nServer: o\r\nTransfer-Encoding: chunked\r\n\r\n"
    return (head + b"%x\r\n" % count, Size(count), last)


def _play(name: str, answer: tuple[Act, ...], mapping: str = _MAP, first: bytes = get("/1", last=True)) -> Play:
    """What a second client's request arrives on while the first one's answer waits for its reader."""
    waits = (first, Gate("asked"), Gate("answered"))
    asks = (Gate("asked"), Pause(0.7), get("/2", last=True), Until(b"ok"), Gate("answered"))
    peer = ((Head(), *answer, Head(), OK),)
    return Play(f"pool: {name} KP-1", mapping, (waits, asks), peer, together=True)


RELEASED = (
    _play("the client has yet to read", _length(_LITTLE)),
    _play("the client has yet to read chunks", _chunked(_ONE_CHUNK)),
    _play("the origin has yet to send", _length(_MUCH)),
    _play("the last chunk has yet to come", _chunked(_ONE_CHUNK, b"\r\n")),
    _play("the only connection is free again WP-2", _length(_LITTLE), f"{_MAP} max=1 acquire=5000"),
    _play("a body was sent", _length(_LITTLE), first=post("hello", "/1")),
    Play(
        "pool: an answer that breaks KP-1 RS-27",
        _MAP,
        ((get("/1", last=True),), (get("/2", last=True),)),
        ((Head(), b"HTTP/1.1 200 OK\r\nServer: o\r\nContent-Length: 9\r\n\r\nhalf", Pause(0.3), Reset()),),
    ),
)
