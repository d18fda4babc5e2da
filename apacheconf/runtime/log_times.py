"""The items of a log's format that tell times (LG-2)."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from apacheconf.runtime.log_texts import Read

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


def duration(argument: str, _: bool) -> Read:
    """How long a request has taken, in whole ``us``, ``ms`` or ``s``."""
    scale = {"us": 1_000_000, "ms": 1000, "s": 1}[argument.lower() or "s"]
    return lambda exchange: str(int((time.time() - exchange.begun) * scale))


def first_byte(exchange: Exchange) -> str:
    """Microseconds to the first byte; an answer that was sent at once is logged at that moment."""
    return str(int(((exchange.answered_at or time.time()) - exchange.begun) * 1_000_000))


_FRACTIONS = {"sec": 1, "msec": 1000, "usec": 1_000_000}


def moment(argument: str, _: bool) -> Read:
    """When a request began, or ended, in a form of its own or as httpd writes it (LG-2)."""
    edge, colon, rest = argument.partition(":")
    at_end = colon and edge == "end"
    form = rest if colon and edge in ("begin", "end") else argument

    def when(exchange: Exchange) -> float:
        return time.time() if at_end else exchange.begun

    if form in _FRACTIONS:
        return lambda exchange: str(int(when(exchange) * _FRACTIONS[form]))
    if form in ("msec_frac", "usec_frac"):
        width = 3 if form == "msec_frac" else 6
        return lambda exchange: f"{int(when(exchange) % 1 * 10**width):0{width}d}"
    if form:
        return lambda exchange: time.strftime(form, time.localtime(when(exchange)))
    if at_end:
        return lambda exchange: _stamp(int(time.time()))
    return lambda exchange: _stamp(int(exchange.begun))


@lru_cache(maxsize=8)
def _stamp(second: int) -> str:
    return time.strftime("[%d/%b/%Y:%H:%M:%S %z]", time.localtime(second))
