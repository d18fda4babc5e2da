"""A request's body that is read before its client is asked for a certificate, as httpd does it (TL-10).

The certificate decides what becomes of the request, and TLS asks for it between two messages: so the body is read
first, as many bytes as SSLRenegBufferSize says, and stays in the connection's buffer meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable

from apacheconf.program.authority import Pending
from apacheconf.runtime.complaints import MALFORMED
from apacheconf.runtime.errors import Said
from apacheconf.runtime.framing import BadChunk, BodyReader

#: All of the body is here.
WHOLE = 200


class BodyAhead:
    """A body that ``reader`` reads, of ``most`` bytes at most. ``status`` is 0 until it is WHOLE, or is refused.

    ``said`` is for the error log then. ``then`` is called when there is nothing to wait for any more.
    """

    def __init__(self, reader: BodyReader, most: int) -> None:
        self._reader, self._most, self._size = reader, most, 0
        self.status = 0 if most else 413
        self.said: tuple[Said, ...] = ()
        self.then: Callable[[BaseException | None], None] | None = None

    def feed(self, data: bytes) -> None:
        """More of what the client sends."""
        if self.status:
            return
        try:
            pieces = self._reader.feed(data)
        except BadChunk as bad:
            self.status = 413 if bad.overflow else 400
            self.said = (Said("error", "ssl", "AH02015: could not read request body for SSL buffer", MALFORMED),)
            return
        self._size += sum(map(len, pieces))
        if self._size > self._most:
            self.status = 413
            text = f"AH02018: request body exceeds maximum size ({self._most}) for SSL buffer"
            self.said = (Said("error", "ssl", text),)
        elif self._reader.done:
            self.status = WHOLE


class BodyWanted(Pending):
    """The rest of the body is waited for."""

    def __init__(self, ahead: BodyAhead) -> None:
        self.ahead = ahead
        super().__init__("a request's body")
