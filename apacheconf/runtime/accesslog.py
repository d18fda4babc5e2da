"""The access log of serve's own ``--access-log``: combined format, one line per answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

Logger = Callable[["Exchange", "ClientConnection", int, int], None]


def access_logger(write: Callable[[str], object]) -> Logger:
    """A logger that gives each line (without its end) to ``write``."""
    stamps: dict[int, str] = {}

    def stamp() -> str:
        second = int(time.time())
        if second not in stamps:
            stamps.clear()
            stamps[second] = time.strftime("[%d/%b/%Y:%H:%M:%S %z]", time.localtime(second))
        return stamps[second]

    def log(exchange: Exchange, client: ClientConnection, status: int, size: int) -> None:
        line, referer, agent = exchange.request_line, exchange.field(b"referer"), exchange.field(b"user-agent")
        write(
            f'{client.peer_address[0]} - - {stamp()} "{_escaped(line)}" {status} {size or "-"} '
            f'"{_escaped(referer)}" "{_escaped(agent)}"'
        )

    return log


def _escaped(text: bytes) -> str:
    """Text as httpd's logs write it: quotes, backslashes and what can't be printed are escaped."""
    if not text:
        return "-"
    decoded = text.decode("latin-1")
    if decoded.isascii() and decoded.isprintable() and '"' not in decoded and "\\" not in decoded:
        return decoded
    return "".join(_escape(char) for char in decoded)


def _escape(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if " " <= char <= "~" else f"\\x{ord(char):02x}"
