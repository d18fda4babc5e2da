"""How long a client may take to send a part of its request (RequestReadTimeout, RB-11). Pure.

A part has so many seconds at first. With a rate every ``rate`` bytes that arrive buy one second more, so that a slow
client that keeps sending is served and one that drips is not; ``most`` seconds are the end in any case.
"""

from __future__ import annotations

from apacheconf.program.hosts import Reading

#: More requests than a connection ever has: MaxKeepAliveRequests 0.
MOST_KEPT = 1 << 60


class Patience:
    """``until`` is when it ends, in seconds of the loop's clock."""

    __slots__ = ("_end", "_rate", "until")

    def __init__(self, reading: Reading, now: float) -> None:
        self.until = now + reading.initial
        self._end = now + reading.most if reading.most else float("inf")
        self._rate = reading.rate

    def got(self, count: int) -> None:
        """So many bytes have come."""
        if self._rate:
            self.until = min(self.until + count / self._rate, self._end)


def patience(reading: Reading, now: float) -> Patience | None:
    """The patience with a part that begins now; None where it has no end."""
    return Patience(reading, now) if reading.initial else None
