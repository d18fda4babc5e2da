"""RATE_LIMIT: an answer leaves at ``rate-limit`` KiB a second, after ``rate-initial-burst`` KiB at once (DF-5).

The client's transport is stood in for until everything is out. Whoever makes the answer waits meanwhile, so that one
piece of it at most is kept here; between two chunks there is a timer of the loop, and no task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.filters import Answered

#: Seconds between two chunks, as in httpd.
INTERVAL = 0.2
#: The most that httpd can count.
_MOST = 2**63 - 1
_NUMBER = re.compile(r"\s*[+-]?\d+")


def rate_limit(about: Answered) -> None:
    """Slow the client's connection down, if the answer's variables say so; the answer itself stays as it is."""
    rate = _kibibytes(about, "rate-limit", "AH03488: rl: disabling")
    if rate:
        slow_down(about.exchange.client, rate, _kibibytes(about, "rate-initial-burst", "AH03489: rl: disabling burst"))


def _kibibytes(about: Answered, name: str, disabling: str) -> int:
    """The number that a variable begins with, in bytes; 0 where it is none, or none that makes sense."""
    text = about.variable(name)
    if text is None:
        return 0
    found = _NUMBER.match(text)
    size = int(found[0]) * 1024 if found else 0
    if 0 < size <= _MOST:
        return size
    said = f"{disabling}: {name} = {text} (too high?)"
    about.exchange.client.server.log("info", "ratelimit", said, exchange=about.exchange)
    return 0


def slow_down(client: ClientConnection, rate: int, burst: int) -> None:
    """From now on bytes leave at ``rate`` a second, but ``burst`` bytes at once, until all that is written is out."""
    if isinstance(client.transport, Paced):
        client.transport.set(rate, burst)
    elif client.transport is not None:
        client.transport = Paced(client, client.transport, rate, burst)


class Paced:
    """Stands in for a client's transport; what isn't about writing and ending is the transport's own affair."""

    def __init__(self, client: ClientConnection, transport: Any, rate: int, burst: int) -> None:
        self._client, self._transport = client, transport
        self._waiting = bytearray()
        self._then: list[Callable[[], object]] = []
        self._over: list[Callable[[], object]] = []
        self._ticks = self._pauses = False
        self.set(rate, burst)

    def set(self, rate: int, burst: int) -> None:
        """Begin anew with another ``rate`` and another ``burst``."""
        self._chunk, self._burst = max(1, int(rate * INTERVAL)), burst

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    @property
    def holds(self) -> bool:
        """Whether something waits here: nobody should write more."""
        return bool(self._waiting)

    def write(self, data: bytes) -> None:
        """Send ``data`` as soon as its turn comes."""
        self._waiting += data
        if self._burst:
            at_once, self._waiting = self._waiting[: self._burst], self._waiting[self._burst :]
            self._burst -= len(at_once)
            self._transport.write(bytes(at_once))
        if self._waiting and not self._ticks:
            self._tick()
        if self._waiting:
            self._pauses = True
            self._client.pause_writing()

    def writelines(self, parts: Iterable[bytes]) -> None:
        """The same for several parts."""
        self.write(b"".join(parts))

    def get_extra_info(self, name: str) -> Any:
        """What the transport says of itself, but for its socket: nothing may be sent past this."""
        return None if name == "socket" else self._transport.get_extra_info(name)

    def get_write_buffer_size(self) -> int:
        """Bytes that aren't out yet."""
        return len(self._waiting) + int(self._transport.get_write_buffer_size())

    def close(self) -> None:
        """Close when everything is out."""
        self._when_out(self._transport.close)

    def write_eof(self) -> None:
        """End when everything is out."""
        self._when_out(self._transport.write_eof)

    def when_over(self, act: Callable[[], object]) -> None:
        """Call ``act`` when everything is out, or the client is gone."""
        self._over.append(act)

    def give_up(self) -> None:
        """The client is gone."""
        over, self._over = self._over, []
        for act in over:
            act()

    def _when_out(self, act: Callable[[], object]) -> None:
        if self._waiting:
            self._then.append(act)
        else:
            act()

    def _tick(self) -> None:
        client = self._client
        self._ticks = False
        if client.transport is not self or not self._waiting:  # it is gone, or has had a chunk's time of silence
            return
        if not self._transport.get_write_buffer_size():
            self._transport.write(bytes(self._waiting[: self._chunk]))
            del self._waiting[: self._chunk]
            client.deadline = client.server.now + client.door.main.limits.timeout
        self._ticks = True
        client.server.call_later(INTERVAL, self._tick)
        if not self._waiting:
            self._out()

    def _out(self) -> None:
        """Everything is out: say so, then end or let who waits go on."""
        self.give_up()
        then, self._then = self._then, []
        for act in then:
            act()
        if self._pauses and not then:
            self._pauses = False
            self._client.resume_writing()
