"""How long the lines of a request's head may be, and how many requests a connection carries, on httpd and nginx
(RB-10, NGX-76, DEF-14)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_LIMITS = {
    "fields": ("LimitRequestLine 9000", "LimitRequestFieldSize 20000", "MaxKeepAliveRequests 3"),
    "short": ("LimitRequestLine 300", "LimitRequestFieldSize 700", "ErrorDocument 414 /page", "MaxKeepAliveRequests 1"),
}
#: The longest request line and the longest field of each.
_LONGEST = {"fields": (9001, 20001), "short": (301, 701)}


@pytest.fixture(scope="module", params=_LIMITS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Fronts]]:
    lines = *_LIMITS[request.param], "ProxyPass / http://127.0.0.1:{one}/"
    folder = tmp_path_factory.mktemp(request.param)
    with fronts(host(*lines, address="*:{port}"), folder, MODULES, targets=("nginx",)) as found:
        yield request.param, found


@pytest.mark.live
@pytest.mark.parametrize(("more", "field"), [(0, 200), (1, 400)])
@pytest.mark.parametrize("kind", ["line", "field"])
def test_the_longest_lines(kind: str, more: int, field: int, running: tuple[str, Fronts]) -> None:
    name, started = running
    line = _LONGEST[name][0] + more - len("GET / HTTP/1.1") if kind == "line" else 0
    header = f"X-Long: {'x' * (_LONGEST[name][1] + more - len('X-Long: '))}" if kind == "field" else ""
    found = (exchange(port, "a.test", "/" + "x" * line, header=header)[0][0].split()[1] for port in started.at.values())
    assert [*found] == [str(414 if field == 400 and kind == "line" else field)] * 2


@pytest.mark.live
def test_requests_of_a_connection(running: tuple[str, Fronts]) -> None:
    """httpd answers one more than it is told."""
    name, started = running
    asked = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n" * 6
    assert [_answers(port, asked) for port in started.at.values()] == [{"fields": 4, "short": 2}[name]] * 2


def _answers(port: int, asked: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(asked)
        received = b""
        while more := _received(client):
            received += more
    return received.count(b"HTTP/1.1 200")


def _received(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except ConnectionResetError:  # for there were requests that nobody has read
        return b""


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [(("LimitRequestLine 9000",), "approximated"), (("LimitRequestFieldSize 9000",), "exact"),
     (("LimitRequestLine 200", "LimitRequestFieldSize 300"), "approximated")],
)  # fmt: skip
def test_fields_that_may_be_as_long_as_request_lines(lines: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    found = outcomes(translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), "nginx"))
    assert found[lines[-1].split()[0]] == outcome
