"""Lines for syslog (``ErrorLog syslog[:facility[:tag]]``), as the C library writes them to its socket (RFC 3164, 4.1).

Where nobody listens the lines are lost, as they are there; the server stays up.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time

from apacheconf.diagnostics import UsageError

#: Where the system's daemon listens.
SOCKET = "/dev/log"
#: RFC 3164, table 1, by the names that httpd knows.
FACILITIES = {
    "kern": 0, "user": 1, "mail": 2, "daemon": 3, "auth": 4, "security": 4, "syslog": 5, "lpr": 6, "news": 7, "uucp": 8,
    "cron": 9, "authpriv": 10, "ftp": 11, **{f"local{number}": 16 + number for number in range(8)},
}  # fmt: skip
DEFAULT_FACILITY = "local7"
#: Levels beyond debug are debug to syslog.
_DEBUG = 7


class Syslog:
    """``target`` is ErrorLog's word. Raises UsageError, in httpd's words, for a facility that nobody knows."""

    def __init__(self, target: str, tag: str = "apache2") -> None:
        _, _, rest = target.partition(":")
        facility, _, given = rest.partition(":")
        number = FACILITIES.get((facility or DEFAULT_FACILITY).lower())
        if number is None:
            raise UsageError(
                f"AH10036: could not open syslog error log {rest}.",
                f"name one of the facilities {', '.join(sorted(FACILITIES))}",
            )
        self._facility, self._tag = number, given or tag
        self._socket: socket.socket | None = None

    def write(self, line: str, level: int) -> None:
        """Send a line; ``level`` is its number, emerg being 0."""
        stamp = time.strftime("%b %e %H:%M:%S")
        text = f"<{self._facility * 8 + min(level, _DEBUG)}>{stamp} {self._tag}[{os.getpid()}]: {line}"
        data = text.encode("latin-1", "replace")
        if not self._send(data):
            self.close()  # the daemon may have been started again
            self._send(data)

    def _send(self, data: bytes) -> bool:
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
                self._socket.connect(SOCKET)
            self._socket.send(data)
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None
