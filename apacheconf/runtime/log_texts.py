"""What lines of a log are written with: text as httpd escapes it, and what a request line says (DEF-48, LG-2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from apacheconf.program.uri import PathRefused, normalise, parse_target

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange

#: Reads an item; None where it is unset.
Read = Callable[["Exchange"], str | None]


@lru_cache(maxsize=4096)
def escaped(text: bytes) -> str:
    """Text as httpd's logs write it: quotes, backslashes and what can't be printed are escaped (DEF-48)."""
    decoded = text.decode("latin-1")
    if decoded.isascii() and decoded.isprintable() and '"' not in decoded and "\\" not in decoded:
        return decoded
    return "".join(_ESCAPES.get(char) or _printed(char) for char in decoded)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def _printed(char: str) -> str:
    return char if " " <= char <= "~" else f"\\x{ord(char):02x}"


_PASSWORD = re.compile(rb"(?<=://)([^/:@? ]*):[^/@? ]*@")


def without_password(line: bytes) -> bytes:
    """A request line with the password in its URL made unreadable."""
    return _PASSWORD.sub(rb"\1:XXXXXXXX@", line) if b"@" in line else line


def of_text(text: str) -> str:
    return escaped(text.encode("latin-1", "replace"))


@lru_cache(maxsize=4096)
def split_line(line: bytes) -> tuple[str, str, str]:
    """Method, target and protocol of a request line, as far as there are any."""
    words = line.decode("latin-1").split(" ")
    last = words[-1] if len(words) > 2 else "HTTP/0.9" if len(words) == 2 else ""
    return words[0], " ".join(words[1:-1] if len(words) > 2 else words[1:]), last


@lru_cache(maxsize=4096)
def path_and_query(line: bytes) -> tuple[str, str]:
    method, target, _ = split_line(line)
    try:
        found = parse_target(method, target)
        path = normalise(found.raw_path, "NoDecode", True)
    except PathRefused:
        return target.partition("?")[0] or "/", ""
    return path, "" if found.query is None else f"?{found.query}"


def path_of(exchange: Exchange) -> str:
    """The path of the request as messages name it: decoded, without its query."""
    decision = exchange.plan.decision
    if decision is not None and decision.path:
        return decision.path
    return path_and_query(exchange.request_line)[0]
