"""What a worker's parameters make of its sockets, and when bytes come through: WP-11, WP-13, WP-14, WP-16."""

from __future__ import annotations

import re
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, free_ports
from apacheconf.engines import httpd as engine_httpd
from tests.engines.real import need
from tests.runtime.served import Served

pytestmark = [pytest.mark.live, pytest.mark.skipif(sys.platform != "linux", reason="sockets are told by Linux")]

#: Where struct tcp_info has tcpi_snd_wnd, since Linux 5.4.
_WINDOW = 228
#: The timer of a socket that the system probes, in /proc/net/tcp.
_KEEPALIVE = "02"
_MODULES = ("authz_core_module", "proxy_module", "proxy_http_module", "proxy_fcgi_module")


@contextmanager
def running(engine: str, lines: str) -> Iterator[int]:
    """httpd or serve with these lines; the port at which it answers."""
    httpd = need("httpd")
    (port,) = free_ports(1)
    with Sandbox("sockets") as box:
        text = (
            f"{engine_httpd.preamble(httpd, box, _MODULES)}\nListen 127.0.0.1:{port}\nServerName example.com\n{lines}\n"
        )
        if engine == "httpd":
            with engine_httpd.start(httpd, box, text, [("127.0.0.1", port)]):
                yield port
        else:
            with Served(box.write("httpd.conf", text)):
                yield port


def seen(engine: str, parameters: str) -> tuple[bool, bool]:
    """Whether the system probes the idle connection with the origin, and whether the origin may send little of late."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with running(engine, f"ProxyPass / http://127.0.0.1:{port}/ {parameters}") as front:
            asking = threading.Thread(target=_ask, args=(front,))
            asking.start()
            listener.settimeout(20)
            origin, peer = listener.accept()
            with origin:
                while b"\r\n\r\n" not in origin.recv(65536):
                    pass
                window = struct.unpack_from("I", origin.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), _WINDOW)
                origin.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                asking.join(20)
                return _timer(peer[1], port) == _KEEPALIVE, window[0] < 5000


def _ask(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        while client.recv(65536):
            pass


def _timer(local: int, remote: int) -> str:
    """Which timer runs for a connection, by its ports."""
    own = re.compile(rf"[0-9A-F]+:{local:04X} [0-9A-F]+:{remote:04X} \S+ \S+ (\d\d):")
    found = own.search(Path("/proc/net/tcp").read_text())
    assert found is not None, "the connection isn't there any more"
    return found[1]


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("keepalive=On", (True, False)),  # WP-11
        ("keepalive=Off", (False, False)),
        ("", (False, False)),
        ("receivebuffersize=2048", (False, True)),  # WP-16
        ("receivebuffersize=0", (False, False)),
        ("keepalive=On receivebuffersize=2048", (True, True)),
    ],
)
def test_sockets_to_origins(parameters: str, expected: tuple[bool, bool]) -> None:
    assert seen("httpd", parameters) == expected
    assert seen("serve", parameters) == expected


_END_OF_INPUT = b"\x01\x05\x00\x01\x00\x00\x00\x00"


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(data), 0) + data


def arrives_early(engine: str, parameters: str) -> bool:
    """Whether the first piece of a FastCGI answer reaches the client before the second is there."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        mapping = f"ProxyPass / fcgi://127.0.0.1:{listener.getsockname()[1]}/ {parameters}"
        with running(engine, mapping) as front, socket.create_connection(("127.0.0.1", front), 20) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
            listener.settimeout(20)
            origin, _ = listener.accept()
            with origin:
                asked = b""
                while _END_OF_INPUT not in asked:
                    asked += origin.recv(65536)
                origin.sendall(_record(6, b"Content-Type: text/plain\r\n\r\none"))
                client.settimeout(0.8)
                early = _heard(client)
                origin.sendall(_record(6, b"two") + _record(6, b"") + _record(3, bytes(8)))
                client.settimeout(20)
                assert b"two" in _heard(client)
            return b"one" in early


def _heard(client: socket.socket) -> bytes:
    """What comes up to the end, or to a silence."""
    heard = b""
    try:
        while more := client.recv(65536):
            heard += more
    except TimeoutError:
        pass
    return heard


@pytest.mark.parametrize(
    ("parameters", "early"),
    [
        ("", False),
        ("flushpackets=off", False),
        ("flushpackets=on", True),
        ("flushpackets=auto", True),
        ("flushpackets=auto flushwait=1000", False),
    ],
)
def test_when_pieces_of_fastcgi_reach_the_client(parameters: str, early: bool) -> None:
    """WP-13, WP-14."""
    assert arrives_early("httpd", parameters) is early
    assert arrives_early("serve", parameters)
