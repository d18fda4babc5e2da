"""What a client says before TLS begins: the name in its ClientHello (RFC 8446, section 4.1.2; RFC 6066, section 3).

``ssl`` tells the name only when a context has been chosen, and from then on versions, ciphers and what is asked of
clients are that context's. httpd lets the named host choose all of them (TL-1), so the name is read beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

_HANDSHAKE, _CLIENT_HELLO, _SERVER_NAME, _HOST_NAME = 22, 1, 0, 0
_VERSIONS, _TLS_13 = 43, b"\x03\x04"
#: Bytes of a ClientHello that are waited for at most; what is longer is left to OpenSSL to refuse.
MOST = 1 << 16
#: How requests in plain HTTP begin, as OpenSSL knows them.
_PLAIN = (b"GET ", b"POST ", b"HEAD ", b"PUT ")


def is_plain_http(data: bytes) -> bool:
    """Whether these first bytes are a request and no ClientHello (TL-6)."""
    return data.startswith(_PLAIN)


def server_name(data: bytes) -> str | None:
    """The host name that the ClientHello in ``data`` asks for, empty for none; None while more bytes are needed."""
    try:
        hello = _hello(data)
        return None if hello is None else _name(hello)
    except (IndexError, UnicodeDecodeError):
        return ""  # no ClientHello at all: OpenSSL says so to the client


def offers_13(data: bytes) -> bool:
    """Whether the ClientHello in ``data``, which is whole, offers TLS 1.3 (RFC 8446, section 4.2.1)."""
    try:
        offered = (value[1:] for kind, value in _extensions(_hello(data) or b"") if kind == _VERSIONS)
        return any(_TLS_13 in _pairs(versions) for versions in offered)
    except IndexError:
        return False


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def _hello(data: bytes) -> bytes | None:
    """The body of the ClientHello, which may lie in several records; None while it isn't all here."""
    message, at = b"", 0
    while at + 5 <= len(data) and data[at] == _HANDSHAKE:
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        if size == 0:
            return b""
        message += data[at + 5 : at + 5 + size]
        at += 5 + size
        if len(message) >= 4:
            needed = int.from_bytes(message[1:4], "big")
            if message[0] != _CLIENT_HELLO:
                return b""
            if len(message) >= 4 + needed:
                return message[4 : 4 + needed]
    other = at < len(data) and data[at] != _HANDSHAKE
    return b"" if other or len(data) > MOST else None


def _name(hello: bytes) -> str:
    for kind, value in _extensions(hello):
        if kind == _SERVER_NAME and value[2] == _HOST_NAME:
            size = int.from_bytes(value[3:5], "big")
            return value[5 : 5 + size].decode("ascii")
    return ""


def _extensions(hello: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2 + 32  # version and random
    at += 1 + hello[at]  # session
    at += 2 + int.from_bytes(hello[at : at + 2], "big")  # ciphers
    at += 1 + hello[at]  # compression
    return _listed(hello[at + 2 :])


def _listed(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The extensions: number and value."""
    at = 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        yield int.from_bytes(data[at : at + 2], "big"), data[at + 4 : at + 4 + size]
        at += 4 + size
