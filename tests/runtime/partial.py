"""Contests about Range where the origin ignores it: how an answer is framed, and how long it is, decides (RQ-8)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from tests.runtime.contest import Ask, Contest

_WANTED = ("bytes=-3", "bytes=2-4", "bytes=0-", "bytes=50000-", "bytes=0-99")
_MAP = "ProxyPass / http://{A}/\n"


def _asks(framing: str, sizes: Sequence[int], ranges: Sequence[str] = _WANTED) -> Iterator[Ask]:
    for size in sizes:
        for wanted in ranges:
            order = json.dumps({"size": size, "framing": framing})
            yield Ask(headers=f"Range: {wanted}\r\n", ctl=order, show=("content-range", "content-length", "reason"))


def _at_a_time(name: str, directive: str, *sizes: int, main: str = "") -> Contest:
    """Answers that are read in one piece, and longer ones."""
    asks = tuple(_asks("length", sizes, _WANTED[1:2]))
    return Contest(f"ranges: {name} RQ-8", f"{directive}\n{_MAP}", asks, main)


PARTIAL = (
    *(
        Contest(f"ranges: an answer framed by {framing} RQ-8", _MAP, tuple(_asks(framing, (10, 8000, 9000, 40000))))
        for framing in ("length", "chunked", "close")
    ),
    _at_a_time("read at a time", "", 8191, 8192, 8193),
    _at_a_time("ProxyIOBufferSize", "ProxyIOBufferSize 600", 512, 600, 601, 8000),
    _at_a_time("ProxyIOBufferSize, larger", "ProxyIOBufferSize 20000", 8193, 12000, 30000),
    _at_a_time("ProxyIOBufferSize 0", "ProxyIOBufferSize 0", 8192, 8193, main="ProxyIOBufferSize 600"),
    _at_a_time("ProxyIOBufferSize of the server", "", 600, 601, main="ProxyIOBufferSize 600"),
    _at_a_time("iobuffersize= of a worker WP-15", "<Proxy http://{A}/>\nProxySet iobuffersize=600\n</Proxy>", 600, 601),
)
