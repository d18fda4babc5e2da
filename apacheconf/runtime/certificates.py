"""What must be known of an origin's certificate though nobody verifies its chain: names and dates (TB-2 to TB-5).

``ssl`` tells these only of certificates that it has verified, so the few fields are read from the DER encoding
(X.690; RFC 5280, section 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_EXTENSIONS, _DNS_NAME, _OID = 0xA3, 0x82, 0x06
_VERSION, _UTC_TIME, _BMP, _UTF8 = 0xA0, 0x17, 0x1E, 0x0C
_COMMON_NAME, _ALT_NAMES = b"\x55\x04\x03", b"\x55\x1d\x11"


@dataclass(frozen=True, slots=True)
class Certificate:
    """``dns_names`` are those of the alternative names, ``common_names`` the subject's, in order."""

    not_before: datetime
    not_after: datetime
    common_names: tuple[str, ...] = ()
    dns_names: tuple[str, ...] = ()

    def is_current(self, now: datetime) -> bool:
        return self.not_before < now < self.not_after

    def is_for(self, host: str) -> bool:
        """Whether any of its names is the host's; alternative names that are addresses don't count (TB-3)."""
        return any(name_matches(name, host) for name in (*self.dns_names, *self.common_names))

    def is_commonly_for(self, host: str) -> bool:
        """The same by the first common name alone."""
        return bool(self.common_names) and name_matches(self.common_names[0], host)


def name_matches(name: str, host: str) -> bool:
    """A name is the host, or ``*`` stands for its first label; case does not matter."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and "." in host and name[1:] == host[host.index(".") :])


def read_certificate(der: bytes) -> Certificate:
    """The certificate in DER. Raises ValueError when it is none."""
    try:
        fields = list(_items(_only(_only(der))))
        if fields[0][0] == _VERSION:
            del fields[0]
        dates = [_time(*each) for each in _items(fields[3][1])]
        return Certificate(dates[0], dates[1], tuple(_common_names(fields[4][1])), tuple(_dns_names(fields[5:])))
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("no certificate in DER") from error


def _common_names(subject: bytes) -> Iterator[str]:
    for _, parts in _items(subject):
        for _, part in _items(parts):
            (_, kind), (encoding, value) = _items(part)
            if kind == _COMMON_NAME:
                yield value.decode({_BMP: "utf-16-be", _UTF8: "utf-8"}.get(encoding, "latin-1"))


def _dns_names(fields: list[tuple[int, bytes]]) -> Iterator[str]:
    extensions = next((_only(value) for tag, value in fields if tag == _EXTENSIONS), b"")
    for _, extension in _items(extensions):
        parts = list(_items(extension))
        if parts[0] == (_OID, _ALT_NAMES):
            names = parts[-1][1]  # after the name, and perhaps a flag
            yield from (value.decode("latin-1") for tag, value in _items(_only(names)) if tag == _DNS_NAME)


def _time(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _UTC_TIME:  # RFC 5280, section 4.1.2.5.1: years from 50 are of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _only(data: bytes) -> bytes:
    """The contents of the first item."""
    (_, contents), *_ = _items(data)
    return contents


def _items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and contents of the items that follow each other in ``data``."""
    at = 0
    while at < len(data):
        tag, size, at = data[at], data[at + 1], at + 2
        if size & 0x80:
            count = size & 0x7F
            size, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + size > len(data):
            raise ValueError("a certificate is cut off")
        yield tag, data[at : at + size]
        at += size
