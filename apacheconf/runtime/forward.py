"""The request as the origin gets it (RQ-2 to RQ-15): header fields in, header lines out. Pure.

Order: Host first, then the client's fields in the client's order (repeated ones merged at the first), then what
is added, then framing, then Connection (RQ-2). The client's address is left out of the middle as a hole, so
that a header block seen before is forwarded by one join (see ``blocks``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.program.forward import FORWARDS_UNREAD
from apacheconf.runtime import faults
from apacheconf.runtime.errors import ClientBroke, proxy_error
from apacheconf.runtime.framing import listed
from apacheconf.runtime.strict import Fields

#: RQ-5. Host and the framing fields are written anew, Expect is decided by RQ-20.
NOT_FORWARDED = frozenset(
    {
        b"host", b"connection", b"proxy-connection", b"keep-alive", b"te", b"trailer", b"upgrade",
        b"transfer-encoding", b"content-length",
    }
)  # fmt: skip


@dataclass(slots=True)
class Lines:
    """Header lines around the hole for the client's address; ``hole`` False when there is none."""

    front: bytes
    back: bytes = b""
    hole: bool = False

    def with_peer(self, peer: bytes) -> bytes:
        return b"".join((self.front, peer, self.back)) if self.hole else self.front


def forwarded_fields(fields: Fields) -> dict[bytes, list[bytes]]:
    """The client's end-to-end fields, merged (RQ-4): lower-case name to [spelling, values...], in order."""
    hop = listed(value for name, value in fields if name.lower() == b"connection") | NOT_FORWARDED
    kept: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        key = name.lower()
        if key not in hop and (value or key != b"expect"):
            kept.setdefault(key, [name]).append(value)
    return kept


def header_lines(fields: Fields, add_forwarded: bool, host: bytes | None, server: bytes) -> Lines:
    """The lines after Host and before the framing. ``host`` is the request's Host, ``server`` the ServerName."""
    kept = forwarded_fields(fields)
    if not add_forwarded:
        return Lines(_written(kept))
    _append(kept, b"X-Forwarded-For", b"\n")
    if host is not None:
        _append(kept, b"X-Forwarded-Host", host)
    _append(kept, b"X-Forwarded-Server", server)
    front, _, back = _written(kept).partition(b"\n\r\n")
    return Lines(front, b"\r\n" + back, hole=True)


def with_empty_body(lines: Lines, fields: Fields) -> Lines:
    """The lines with ``Content-Length: 0`` where the client said so (RB-5)."""
    if not any(name.lower() == b"content-length" for name, _ in fields):
        return lines
    tail = b"Content-Length: 0\r\n"
    return Lines(lines.front, lines.back + tail, True) if lines.hole else Lines(lines.front + tail)


def _append(kept: dict[bytes, list[bytes]], name: bytes, value: bytes) -> None:
    kept.setdefault(name.lower(), [name]).append(value)


def _written(kept: dict[bytes, list[bytes]]) -> bytes:
    return b"".join([b"%b: %b\r\n" % (name, b", ".join(values)) for name, *values in kept.values()])


#: A number of 64 bits, as the C library reads it; it is decremented where it is above nought.
_NUMBER = re.compile(rb"\+?[0-9]{1,30}")
_MOST_FORWARDS = 2**63 - 1


def count_forwards(fields: Fields) -> tuple[Fields, int | None]:
    """Decrement Max-Forwards (RQ-17): the fields to forward and the number received, None without one.

    Raises OriginBroke(400) in httpd's words when it isn't a number.
    """
    for position, (name, value) in enumerate(fields):
        if name.lower() == b"max-forwards":
            text = value.strip()
            if not _NUMBER.fullmatch(text) or int(text) > _MOST_FORWARDS:
                raise proxy_error(400, FORWARDS_UNREAD, faults.bad_forwards(text))
            number = int(text)
            return [*fields[:position], (name, b"%d" % max(number - 1, 0)), *fields[position + 1 :]], number
    return fields, None


def expects_continue(fields: Fields) -> bool:
    """Whether Expect asks for ``100 Continue`` (RQ-20), which a client of HTTP/1.0 is never sent (RS-19).

    Raises ClientBroke(417) for any other Expect (RQ-22).
    """
    for name, value in fields:
        if name.lower() == b"expect" and value:
            if value.lower() == b"100-continue":
                return True
            note = f"Expect: {value.decode('latin-1')}"
            raise ClientBroke(417, "an expectation that nobody knows", note)
    return False


def wants_to_stay(fields: Fields, version: tuple[int, int]) -> tuple[bool, bool]:
    """Whether the client lets the connection live, and whether it asked for that by name (RQ-19)."""
    tokens = listed(value for name, value in fields if name.lower() == b"connection")
    if version < (1, 0) or b"close" in tokens:
        return False, False
    asked = b"keep-alive" in tokens
    return asked or version >= (1, 1), asked
