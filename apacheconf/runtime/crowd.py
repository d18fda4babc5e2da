"""MaxRequestWorkers: no more requests at work than that; who comes later waits, and nothing of it is read.

Only a server whose configuration says it has counted connections, so that others pay nothing for the counting.
"""

from __future__ import annotations

from collections import deque
from inspect import getattr_static
from typing import TYPE_CHECKING, Any

from apacheconf.runtime.client import ClientConnection

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


class Crowd:
    """``most`` requests may be at work at a time; ``waiting`` are connections with a request, first come first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.at_work = 0
        self.waiting: deque[CountedConnection] = deque()
        self._calling = False

    @property
    def full(self) -> bool:
        return self.at_work >= self.most

    def left(self) -> None:
        """A request is over: the next ones may begin. One that is answered at once comes back here."""
        self.at_work -= 1
        if self._calling:
            return
        self._calling = True
        while self.waiting and not self.full:
            self.waiting.popleft().called()
        self._calling = False


class CountedConnection(ClientConnection):
    """A client whose requests are counted while they are at work."""

    __slots__ = ("_crowd", "_waits")

    def __init__(self, crowd: Crowd, *given: Any) -> None:
        self._crowd, self._waits = crowd, False
        super().__init__(*given)

    @property
    def exchange(self) -> Exchange | None:
        return _EXCHANGE.__get__(self)  # type: ignore[no-any-return]

    @exchange.setter
    def exchange(self, exchange: Exchange | None) -> None:
        before = _exchange_of(self)
        _EXCHANGE.__set__(self, exchange)
        if before is None and exchange is not None:
            self._crowd.at_work += 1
        elif before is not None and exchange is None:
            self._crowd.left()

    def _receive(self, data: bytes) -> None:
        if self._waits or (self.exchange is None and self._crowd.full):
            self._arrived(data)
        else:
            super()._receive(data)

    def _read_head(self) -> bool:
        if not self._crowd.full:
            return super()._read_head()
        if not self._waits:
            self._waits = True
            self._crowd.waiting.append(self)
        self._patience = None
        self.pause_reading()
        return False

    def called(self) -> None:
        """There is room: read on."""
        self._waits = False
        if self.transport is not None:
            self.resume_reading()
            self._next()


_EXCHANGE: Any = getattr_static(ClientConnection, "exchange")


def _exchange_of(client: CountedConnection) -> Exchange | None:
    try:
        return client.exchange
    except AttributeError:  # not yet made
        return None
