"""A forward proxy: what httpd does for its clients (FW-2 to FW-5, FW-7 to FW-11), and that serve does none of it.

``ProxyRequests On`` is named when serve starts; a request for another server is refused, and never answered with what
lies here.
"""

from __future__ import annotations

import base64
import contextlib
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from apacheconf.engines import Engine
from apacheconf.engines import httpd as engine_httpd
from tests import wire
from tests.engines.real import need
from tests.lint.cases import findings
from tests.runtime.peers import Listening

pytestmark = pytest.mark.live

_LOADED = "--- modules proxy_module proxy_http_module proxy_connect_module\n"
_SHOWN = "--- show Host X-Forwarded-For Connection Proxy-Authorization\n"
_OPEN = "ProxyRequests On\n"


@pytest.fixture(scope="module")
def httpd() -> Engine:
    return need("httpd")


def _case(config: str, asks: Sequence[str]) -> wire.Case:
    text = f"{_LOADED}--- config\n{config}{_SHOWN}" + "".join(f"--- ask {ask}\n" for ask in asks)
    found = [wire.Part(kind, words.strip(), below) for kind, words, below in wire._ENTRY.findall(text)]
    return wire.Case(Path("forward"), "", tuple(found))


def _statuses(told: Sequence[str]) -> list[str]:
    return [each.partition("\n")[0] for each in told]


def _arrived(told: str) -> list[str]:
    """What origins were asked, with the header lines that are shown."""
    return told[told.index("> ") :].splitlines() if "> " in told else []


def test_a_url_is_fetched_untouched_and_without_a_trace_of_the_proxy(httpd: Engine) -> None:
    """FW-2, FW-3: no decoding, an empty path becomes a slash; Host is the URL's, nothing is forwarded."""
    case = _case(_OPEN, ["GET http://{A}/x//y%2f%7e?q=%20\nHost: other\n", "GET http://{A}"])
    first, second = wire.play(case, httpd)
    assert _arrived(first) == ["> A GET /x//y%2f%7e?q=%20 HTTP/1.1", "  Host: {A}", "  Connection: close"]
    assert _arrived(second)[0] == "> A GET / HTTP/1.1"
    assert _statuses(wire.play(case, None)) == ["500 Internal Server Error"] * 2


def test_urls_that_nobody_can_ask_for_are_errors(httpd: Engine) -> None:
    """FW-5: https without SSLProxyEngine, and a scheme without its module."""
    case = _case(_OPEN, ["GET https://{A}/x", "GET ftp://{A}/x", "GET nonsense://{A}/x"])
    assert _statuses(wire.play(case, httpd)) == ["500 Internal Server Error"] * 3


def test_connect_reaches_the_ports_of_tls_alone(httpd: Engine) -> None:
    """FW-4: 443 and 563 unless AllowCONNECT says otherwise; nobody there is a 503."""
    asks = ["CONNECT 127.0.0.1:443", "CONNECT 127.0.0.1:563", "CONNECT {A}"]
    usual, ranged = (
        _case(_OPEN, asks),
        _case(f"{_OPEN}AllowCONNECT 1024-65535\n", [*asks[:1], "CONNECT 127.0.0.1:{dead}"]),
    )
    nobody, forbidden = "503 Service Unavailable", "403 Proxy Error"
    assert _statuses(wire.play(usual, httpd)) == [nobody, nobody, forbidden]
    assert _statuses(wire.play(ranged, httpd)) == [forbidden, nobody]
    assert _statuses(wire.play(usual, None)) == ["405 Method Not Allowed"] * 3


def test_a_tunnel_carries_what_both_say(httpd: Engine) -> None:
    """FW-4: the answer to CONNECT, then bytes."""
    case = _case(f"{_OPEN}AllowCONNECT 1024-65535\n", ["CONNECT {A}"])
    with wire.scene(case, httpd) as scene, _served(scene, httpd), _talking(scene.port) as client:
        client.sendall(scene.fill("CONNECT {A} HTTP/1.1\r\nHost: {A}\r\n\r\n").encode())
        head = client.recv(4096).decode()
        assert head.startswith("HTTP/1.0 200 Connection Established\r\nProxy-agent: Apache")
        client.sendall(b"GET /inside HTTP/1.0\r\n\r\n")
        assert b"200 OK" in client.recv(4096)
        assert [each.request_line for each in scene.origins.take()] == ["GET /inside HTTP/1.0"]


def test_another_proxy_is_asked_for_what_is_its_own(httpd: Engine) -> None:
    """FW-7, FW-9: with the credentials of the line; NoProxy looks at the host that was asked for."""
    lines = "ProxyRemote http://remote.example/ http://{B} user:word\nProxyRemote * http://{C}\nNoProxy 127.0.0.1\n"
    case = _case(
        _OPEN + lines, ["GET http://remote.example/x//y", "GET http://other.example/x", "GET http://{A}/direct"]
    )
    named, other, direct = map(_arrived, wire.play(case, httpd))
    secret = base64.b64encode(b"user:word").decode()
    assert named[:2] == ["> B GET http://remote.example/x//y HTTP/1.1", "  Host: remote.example"]
    assert named[-1] == f"  Proxy-Authorization: Basic {secret}"
    assert other[0] == "> C GET http://other.example/x HTTP/1.1"
    assert direct[0] == "> A GET /direct HTTP/1.1"


def test_another_proxy_is_asked_for_mappings_too(httpd: Engine) -> None:
    """FW-7, FW-9: with X-Forwarded-For, and kept alive; NoProxy looks at the Host of the client, not at the origin."""
    lines = "ProxyRemote * http://{C}\nProxyPass /r http://remote.example/base\nProxyPass /n http://{A}/n\n"
    case = _case(f"{lines}NoProxy 127.0.0.1\n", ["GET /r/x?y", "GET /n/x"])
    mapped, own = map(_arrived, wire.play(case, httpd))
    assert mapped == [
        "> C GET http://remote.example/base/x?y HTTP/1.1",
        "  Host: remote.example",
        "  X-Forwarded-For: 127.0.0.1",
        "  Connection: Keep-Alive",
    ]
    assert own[0] == "> C GET http://{A}/n/x HTTP/1.1"
    [excepted] = wire.play(_case(f"{lines}NoProxy 127.0.0.1\n", ["GET /n/y\nHost: 127.0.0.1\n"]), httpd)
    assert _arrived(excepted)[0] == "> A GET /n/y HTTP/1.1"


def test_a_proxy_that_breaks_http_is_passed_over(httpd: Engine) -> None:
    """FW-8: after a 502 the next one that matches is asked, then the origin itself; a body ends that."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    lines = f"{_OPEN}ProxyRemote * http://127.0.0.1:{listener.getsockname()[1]}\n"
    asks = ["GET http://{A}/x", "POST http://{A}/x\nContent-Length: 1\n\na\n"]
    with Listening(listener, _says_nothing):
        got, posted = wire.play(_case(lines, asks), httpd)
        next_one, _ = wire.play(_case(f"{lines}ProxyRemote * http://{{B}}\n", asks), httpd)
    assert _arrived(got)[0] == "> A GET /x HTTP/1.1"
    assert _statuses([posted]) == ["502 Proxy Error"]
    assert _arrived(next_one)[0] == "> B GET http://{A}/x HTTP/1.1"


def test_a_name_without_a_dot_gets_the_domain(httpd: Engine) -> None:
    """FW-10: by a redirect, and for GET alone."""
    case = _case(
        f"{_OPEN}ProxyDomain .example\n", ["GET http://bare/x?y", "POST http://bare/x\nContent-Length: 1\n\na\n"]
    )
    got, posted = wire.play(case, httpd)
    assert "Location: http://bare.example/x?y\n" in got
    assert _statuses([got]) == ["301 Moved Permanently"]
    assert _statuses([posted]) == ["500 Proxy Error"]


def test_a_proxy_for_everybody_is_an_error_to_lint(httpd: Engine, tmp_path: Path) -> None:
    """FW-11: httpd fetches for whoever asks, until Proxy sections say for whom."""
    ask = ["GET http://{A}/x"]
    closed = f'{_OPEN}<Proxy "*">\nRequire ip 10.0.0.0/8\n</Proxy>\n'
    assert [_statuses(wire.play(_case(text, ask), httpd)) for text in (_OPEN, closed)] == [
        ["200 OK"],
        ["403 Forbidden"],
    ]
    told = {}
    for text in (_OPEN, closed):
        file = tmp_path / "proxy.conf"
        file.write_text(f"Listen 3128\n{text}")
        told[text] = [each.name for each in findings(file) if each.name == "open-forward-proxy"]
    assert told == {_OPEN: ["open-forward-proxy"], closed: []}


def _says_nothing(connection: socket.socket) -> None:
    connection.recv(4096)


@contextlib.contextmanager
def _served(scene: wire.Scene, httpd: Engine) -> Iterator[None]:
    with engine_httpd.start(httpd, scene.box, scene.text, [("127.0.0.1", scene.port)]):
        yield


@contextlib.contextmanager
def _talking(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.settimeout(10)
        yield client
