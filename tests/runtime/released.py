"""Plays about when a connection to an origin is free for the next request, each name ending with its statements.

The first client doesn't read until the second has been answered; the number of the connection on which the second
one's request arrives says whether the first one's was free by then.
"""

from __future__ import annotations

from tests.runtime.scripted import OK, Act, Close, Gate, HalfClose, Head, Pause, Play, Reset, Size, Until, get, post

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


def _free_last(last: int) -> Play:
    """Two requests at a time, and a third once both are answered, that of connection ``last`` after the other."""
    first, second = Gate("the first is there"), Gate("the second is there")
    sooner, both = Gate("one is answered"), Gate("both are answered")
    told = {last: both, 3 - last: sooner}
    waits: dict[int, tuple[Act, ...]] = {last: (sooner,), 3 - last: ()}
    return Play(
        f"pool: connection {last} of two is asked again, which was free last WK-7",
        _MAP,
        (
            (get("/1", last=True), Until(b"ok"), told[1]),
            (first, get("/2", last=True), Until(b"ok"), told[2]),
            (both, get("/3", last=True)),
        ),
        ((Head(), first, second, *waits[1], OK, Head(), OK), (Head(), second, *waits[2], OK, Head(), OK)),
        together=True,
    )


RELEASED = (
    _play("the client has yet to read", _length(_LITTLE)),
    _play("the client has yet to read chunks", _chunked(_ONE_CHUNK)),
    _play("the origin has yet to send", _length(_MUCH)),
    _play("the last chunk has yet to come", _chunked(_ONE_CHUNK, b"\r\n")),
    _play("the only connection is free again WP-2", _length(_LITTLE), f"{_MAP} max=1 acquire=5000"),
    _play("a body was sent", _length(_LITTLE), first=post("hello", "/1")),
    *(_free_last(which) for which in (1, 2)),
    *(
        Play(
            f"pool: {name} WK-8",
            _MAP,
            ((get("/1", last=True),), (Pause(0.3), get("/2", last=True))),
            ((Head(), OK, Pause(0.1), *acts),),
        )
        for name, acts in (
            ("the origin has closed", (Close(),)),
            ("the origin has reset", (Reset(),)),
            ("the origin closes its half", (HalfClose(), Pause(0.5))),
            ("the origin has said more", (b"HTTP/1.1 408 Too Late\r\n\r\n", Pause(0.5))),
            ("the origin has sent a blank line", (b"\r\n", Head(), OK)),
            ("the origin has sent a bare LF", (b"\n", Head(), OK)),
            ("the origin has sent two blank lines", (b"\r\n\r\n", Pause(0.5))),
            ("the origin has sent a blank", (b" \r\n", Pause(0.5))),
        )
    ),
    *(
        Play(
            f"pool: behind {name} RS-21 WK-8",
            _MAP,
            (*((get(f"/{n}", last=True),) for n in (1, 2)), (Pause(0.3), get("/3", last=True))),
            ((Head(), answer + b"\r\n", Head(), answer + b"\n", Pause(0.1), b"\r\n", Head(), OK),),
        )
        for name, answer in (
            ("a body", OK),
            ("chunks", b"HTTP/1.1 200 OK\r\nServer: o\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
            ("no body", b"HTTP/1.1 204 No\r\nServer: o\r\n\r\n"),
        )
    ),
    Play(
        "pool: an answer that breaks KP-1 RS-27",
        _MAP,
        ((get("/1", last=True),), (get("/2", last=True),)),
        ((Head(), b"HTTP/1.1 200 OK\r\nServer: o\r\nContent-Length: 9\r\n\r\nhalf", Pause(0.3), Reset()),),
    ),
)
