"""Upgrades on httpd and both targets: which are handed on, and that bytes then go both ways (WS-1 to WS-5)."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.runtime.peers import Listening
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPreserveHost On
    ProxyPass /ws http://127.0.0.1:{one} upgrade=websocket
    ProxyPass /two http://127.0.0.1:{one}/two upgrade=h2c,websocket
    ProxyPass /any http://127.0.0.1:{two} upgrade=ANY
    ProxyPass /scheme ws://127.0.0.1:{one}/scheme
    ProxyPass /none http://127.0.0.1:{two}/none
    ProxyPass /talk http://127.0.0.1:SOCKET/ upgrade=websocket
</VirtualHost>
"""
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="
_HANDSHAKE = f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}"


class Handshaking(Listening):
    """A WebSocket origin: a correct handshake, then every byte comes back."""

    def __init__(self) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        super().__init__(listener, self._talk)

    def _talk(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)
        digest = hashlib.sha1((key[1] if key else b"") + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        while data := connection.recv(65536):
            connection.sendall(data)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Handshaking() as origin:
        text = _CONFIG.replace("SOCKET", str(origin.port))
        with fronts(text, tmp_path_factory.mktemp("upgrades"), MODULES) as found:
            yield found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("asked", ["websocket", "WebSocket", "h2c", "websocket2", "other", "HTTP/2.0"])
def test_which_upgrades_reach_the_origin(asked: str, target: str, running: Fronts) -> None:
    """HAP-51: where no mapping names it, none does."""
    for path in ("/ws", "/two", "/any", "/scheme", "/none"):
        header = f"Upgrade: {asked}\r\n{_HANDSHAKE}"
        theirs = ask(running.at["httpd"], "first.test", path, header=header)
        assert ask(running.at[target], "first.test", path, header=header) == theirs, path


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("status", ["200 OK", "426 Upgrade Required"])
@pytest.mark.parametrize("offer", ["websocket", "WebSocket", "h2c", "h2c, websocket", "websocket, h2c", "websocket2"])
def test_which_offers_of_an_origin_reach_the_client(target: str, offer: str, status: str, running: Fronts) -> None:
    """RS-2, NGX-77: an Upgrade in another answer than 101 ends here, but for one that the mapping names."""
    for path in ("/ws", "/two", "/any", "/scheme", "/none"):
        header = f"X-Status: {status}\r\nX-Reply: Upgrade: {offer}"
        theirs, ours = (exchange(running.at[name], "first.test", path, header=header)[0] for name in ("httpd", target))
        assert _offers(ours) == _offers(theirs), path


def _offers(head: list[str]) -> list[str]:
    return [line.partition(":")[2].strip() for line in head if line.lower().startswith("upgrade:")]


@pytest.mark.parametrize("name", ["httpd", *TARGETS])
def test_bytes_go_both_ways(name: str, running: Fronts) -> None:
    """WS-2, WS-5, TRAP-88."""
    with socket.create_connection(("127.0.0.1", running.at[name]), 10) as client:
        client.sendall(f"GET /talk HTTP/1.1\r\nHost: first.test\r\nUpgrade: websocket\r\n{_HANDSHAKE}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(65536)
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"\r\nupgrade: websocket\r\n" in head.lower()  # without it a browser takes no 101 (RFC 6455, 4.1)
        client.sendall(b"hello")
        said = b""
        while len(said) < 5:
            said += client.recv(5)
        assert said == b"hello"
