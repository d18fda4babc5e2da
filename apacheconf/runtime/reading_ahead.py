"""A request's body that is read before its client is asked for a certificate, as httpd does it (TL-10).

The certificate decides what becomes of the request, and TLS asks for it between two messages: so the body is read
first, as many bytes as SSLRenegBufferSize says, and stays in the connection's buffer meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from apacheconf.program.authority import Pending
from apacheconf.runtime.framing import BadChunk, BodyReader

#: All of the body is here.
WHOLE = 200


class BodyAhead:
    """A body that ``reader`` reads, of ``most`` bytes at most. ``status`` is 0 until it is WHOLE, or is refused.

    ``then`` is called when it is neither to be waited for any more.
    """

    def __init__(self, reader: BodyReader, most: int) -> None:
        self._reader, self._left = reader, most
        self.status = 0 if most else 413
        self.then: Callable[[BaseException | None], None] | None = None

    def feed(self, data: bytes) -> None:
        """More of what the client sends."""
        if self.status:
            return
        try:
            pieces = self._reader.feed(data)
        except BadChunk as bad:
            self.status = 413 if bad.overflow else 400
            return
        self._left -= sum(map(len, pieces))
        if self._left < 0:
            self.status = 413
        elif self._reader.done:
            self.status = WHOLE


class BodyWanted(Pending):
    """The rest of the body is waited for."""

    def __init__(self, ahead: BodyAhead) -> None:
        self.ahead = ahead
        super().__init__("a request's body")
