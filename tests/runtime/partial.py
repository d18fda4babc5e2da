"""Contests about Range where the origin ignores it: how an answer is framed, and how long it is, decides (RQ-8)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.runtime.contest import Ask, Contest

_SIZES = (10, 9000, 40000)
_WANTED = ("bytes=-3", "bytes=2-4", "bytes=0-", "bytes=50000-", "bytes=0-99")


def _asks(framing: str) -> Iterator[Ask]:
    for size in _SIZES:
        for wanted in _WANTED:
            order = json.dumps({"body": "x" * size, "framing": framing})
            yield Ask("GET /", headers=f"Range: {wanted}\r\n", ctl=order, show=("Content-Range", "reason"))


PARTIAL = tuple(
    Contest(f"ranges: an answer framed by {framing} RQ-8", "ProxyPass / http://{A}/\n", tuple(_asks(framing)))
    for framing in ("length", "chunked", "close")
)
