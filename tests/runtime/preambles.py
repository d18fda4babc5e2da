"""Plays about the PROXY protocol: what a preamble says, and what is none (RI-4, RI-5, RI-7).

They ask who the client is for headers, expressions, rules, logs and access, at the edges of both versions.
"""

from __future__ import annotations

from tests.runtime.scripted import OK, Play, get

_V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_SHOWN = ("X-Forwarded-For", "X-Client", "X-Port")
_CONFIG = """RemoteIPProxyProtocol On
ServerAlias *
SetEnvIfExpr "%{REMOTE_PORT} =~ /(.+)/" CONN=$1
RewriteEngine On
RewriteCond %{ENV:CONN}=%{REMOTE_PORT} !^(.+)=\\1$
RewriteRule ^ - [E=PORT:%{REMOTE_PORT}]
RequestHeader set X-Client "expr=%{REMOTE_ADDR} %{REMOTE_HOST} %{CONN_REMOTE_ADDR}"
CustomLog logs/access.log "%a %h %{c}a %{remote}p %>s" env=PORT
CustomLog logs/access.log "%a %h %{c}a %>s" env=!PORT
<Location />
  Require ip 8.0.0.0/8 127.0.0.1 2001:db8::/32
</Location>
ProxyPass / http://{P}/ disablereuse=on
"""
_PORT = "RequestHeader set X-Port %{PORT}e\n"
_PLACES = "8.8.8.8 127.0.0.1 5555 80"


def _asks(name: str, *begins: bytes, config: str = _CONFIG + _PORT, lines: str = "", last: bool = True) -> Play:
    """The same request after each of these beginnings, each on a connection of its own."""
    end = get("/x", lines, last=True) if last else get("/x", lines) + get("/y", lines, last=True)
    clients = tuple((begin + end,) for begin in begins)
    asked = len(begins) * (1 if last else 2)
    logs = ("access.log", "error.log")
    return Play(f"preamble: {name} RI-5", config, clients, show=_SHOWN, answers=(OK,) * asked, logs=logs)


def _line(text: str) -> bytes:
    return f"PROXY {text}\r\n".encode("latin-1")


def _block(command: int, family: int, rest: bytes, length: int | None = None) -> bytes:
    size = len(rest) if length is None else length
    return _V2 + bytes((command, family)) + size.to_bytes(2, "big") + rest


_V4 = b"\x08\x08\x08\x08\x7f\x00\x00\x01\x15\xb3\x00\x50"
_V6 = bytes.fromhex("20010db8000000000000000000000001") + bytes(15) + b"\x01\x15\xb3\x00\x50"
_MAPPED = bytes(10) + b"\xff\xff\x08\x08\x08\x08" + bytes(15) + b"\x01\x15\xb3\x00\x50"
_LINES = (
    *(f"TCP4 8.8.8.8 127.0.0.1 {port} 80" for port in (0, 65535, 65536, 99999999999, -1, -70000, "+80", "80x", "x")),
    *(f"TCP4 8.8.8.8 127.0.0.1{end}" for end in ("", " ", "  80", " 5555", " 5555 ", " 5555 x", " 5555 80 more")),
    *(f"TCP4 8.8.8.8 {other} 5555 80" for other in ("x", "::1")),
    *(f"TCP4 {client} 127.0.0.1 5555 80" for client in ("8.8.8", "010.8.8.8", "134744072", "08.8.8.8", "300.8.8.8")),
    *(
        f"TCP4 {client} 127.0.0.1 5555 80"
        for client in ("8.8.8.8.8", "2001:db8::1", "localhost", "8.8.8.8\x01", "\x00")
    ),
    *(f"TCP6 {client} ::1 5555 80" for client in ("2001:db8::1", "2001:DB8:0:0::1", "::ffff:8.8.8.8", "::8.8.8.8")),
    *(f"TCP6 {client} ::1 5555 80" for client in ("fe80::1%lo", "[::1]", "2001:db8::1::2", "8.8.8.8", "2001:db8::x")),
    *("TCP4", "TCP4 ", "TCP4 8.8.8.8", "TCP4 8.8.8.8 ", "TCP4 localhost", "TCP4 300.1.1.1 127.0.0.1 x"),
    *(f"{family} {_PLACES}" for family in ("tcp4", "UDP4", "UNKNOWNX", " TCP4", "TCP4 ", "TCP4\t")),
    *("UNKNOWN ", "UNKNOWN ff:: ff:: 1 2", "unknown x", "UDP6 ::1 ::1 1 2", " "),
    *(f"UNKNOWN {'x' * (size - 16)}" for size in (107, 108, 109)),
    f"TCP4 {'1' * 150}",
)
_NONE = (
    b"", b"proxy TCP4 8.8.8.8 127.0.0.1 5555 80\r\n", b"PROXY\tTCP4 8.8.8.8 127.0.0.1 5555 80\r\n",
    b"PROXY TCP4 8.8.8.8 127.0.0.1 5555 80\n", b"\r\n" + _line(f"TCP4 {_PLACES}"), b"PROXY\r\n",
    b"\r\n\r\n\x00\r\nQUIX\n\x21\x11\x00\x0c" + _V4, _line(f"TCP4 {_PLACES}") * 2, _block(0x21, 0x11, _V4) * 2,
)  # fmt: skip
_BLOCKS = (
    *(_block(0x21, 0x11, _V4 + bytes(more)) for more in (0, 3, 204, 205, 1000)),
    *(_block(0x21, 0x21, each) for each in (_V6, _V6 + bytes(9), _MAPPED, bytes(36), _V6[:-1], bytes(12))),
    *(_block(0x20, family, rest) for family, rest in ((0, b""), (0x11, _V4), (0xFF, b"x"), (0, bytes(216)))),
    *(_block(0x20, 0, bytes(217)), _block(0x21, 0x11, b""), _block(0x21, 0x11, _V4[:8])),
    *(_block(0x21, family, bytes(216)) for family in (0x00, 0x01, 0x10, 0x12, 0x22, 0x31, 0x32)),
    *(_block(command, 0x11, _V4) for command in (0x11, 0x22, 0x2F, 0x30, 0x31)),
    _block(0x21, 0x11, bytes(12)),
)
_TOLD = (_line(f"TCP4 {_PLACES}"), _line("UNKNOWN x"), _block(0x20, 0, b""), _block(0x21, 0x21, _V6))
_HEADER = "X-Forwarded-For: 8.9.9.9, 10.1.1.1\r\n"
_BY_HEADER = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1 10.0.0.0/8\n"
PREAMBLES = (
    _asks("lines", *map(_line, _LINES)),
    _asks("what is none", *_NONE),
    _asks("blocks", *_BLOCKS),
    _asks("it holds for the connection", *_TOLD, last=False),
    _asks("a header beside it is not believed RI-1", *_TOLD, config=_BY_HEADER + _CONFIG + _PORT, lines=_HEADER),
    _asks(
        "who is excepted sends none, and is asked by his header RI-1",
        b"",
        _TOLD[0],
        config="RemoteIPProxyProtocolExceptions 10.1.1.1 127.0.0.0/8\n" + _BY_HEADER + _CONFIG + _PORT,
        lines=_HEADER,
        last=False,
    ),
    _asks(
        "others are not excepted",
        b"",
        *_TOLD,
        config="RemoteIPProxyProtocolExceptions 10.0.0.0/8 ::1\n" + _CONFIG + _PORT,
    ),
    _asks(
        "a header alone RI-4",
        b"",
        config=(_BY_HEADER + _CONFIG + _PORT).replace("Protocol On", "Protocol Off"),
        lines=_HEADER,
    ),
)
