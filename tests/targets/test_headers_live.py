"""Header and RequestHeader on httpd and on both targets: what the origin gets, and what the client gets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName first.test
    RequestHeader set X-Forwarded-Proto "https"
    RequestHeader unset X-Secret
    RequestHeader setifempty X-Default "50%% of it"
    RequestHeader set X-Twice one
    RequestHeader set X-Twice two
    Header set X-Set "a \"b\" $c; d"
    Header always set X-Always "everywhere"
    Header unset X-Gone
    Header setifempty X-If-None mine
    Header add X-More one
    Header add X-More two
    Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"
    <Location /down/deep>
        Header always set X-Always "down here"
        Header always add X-Failed 1
        Header always add X-Failed 2
    </Location>
    <Location /down/closed>
        Header always set X-Closed 1
        Header always unset X-Always
        Require all denied
    </Location>
    ErrorDocument 403 "closed"
    ProxyPass /down http://127.0.0.1:{none}/
    <Location /deep>
        Header set X-Set deep
        Header unset X-More
        RequestHeader unset X-Forwarded-Proto
        RequestHeader set X-Deep 1
    </Location>
    ProxyPass /app http://127.0.0.1:{one}/app
    ProxyPass /deep http://127.0.0.1:{two}/deep
</VirtualHost>
"""
_REPLY = "X-Reply: X-Set: origin|X-Always: origin|X-Gone: 1|X-If-None: origin|X-More: origin|X-Own: 1"
_OF_SERVERS = ("date", "server", "content-length", "connection", "content-type", "cache-control", "transfer-encoding",
               "accept-ranges")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("headers"), (*MODULES, "headers_module")) as found:
        yield found


def _ask(port: int, path: str, header: str) -> tuple[str, list[str], str]:
    """Status, the headers that count in the order of their names, and the body of the origin."""
    head, body = exchange(port, "first.test", path, header=header)
    fields = [line.partition(":")[::2] for line in head[1:]]
    kept = [f"{name.lower()}: {value.strip()}" for name, value in fields if name.lower() not in _OF_SERVERS]
    return head[0].split()[1], sorted(kept), body if body[:1].isdigit() else ""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["/app/x", "/deep/x"])
@pytest.mark.parametrize(
    "header", ["", _REPLY, "X-Secret: 1\r\nX-Default: own", "X-Twice: own\r\nX-Forwarded-Proto: http"]
)
def test_headers(header: str, path: str, target: str, running: Fronts) -> None:
    """HD-1 to HD-4, SEM-19, SEM-34; NGX-67, NGX-84 to NGX-87, HAP-46, HAP-60, HAP-61; TRAP-30 to TRAP-35."""
    expected = _ask(running.at["httpd"], path, header)
    assert expected[0] == "200"
    assert _ask(running.at[target], path, header) == expected


@pytest.mark.parametrize("target", TARGETS)
def test_failures(target: str, running: Fronts) -> None:
    """SEM-19: an origin that is down; the answer made here has the lines of the table always only."""
    expected = _ask(running.at["httpd"], "/down/x", "")
    assert expected[0] == "503"
    assert _ask(running.at[target], "/down/x", "") == expected


@pytest.mark.parametrize("path", ["/down/deep/x", "/down/closed/x", "/down/deep/%2f"])
def test_failures_of_a_section(path: str, running: Fronts) -> None:
    """SEM-19: they have the lines of their section, and what is refused before any section those of the host."""
    expected = _ask(running.at["httpd"], path, "")
    assert expected[0] == ("404" if "%" in path else "403" if "closed" in path else "503")
    assert _ask(running.at["nginx"], path, "") == expected


def test_an_empty_header_is_there(running: Fronts) -> None:
    """HD-3: nginx can't tell it from none, and its report says so."""
    expected = _ask(running.at["httpd"], "/app/x", "X-Default: ")
    assert "x-default= " in expected[2]
    assert _ask(running.at["haproxy"], "/app/x", "X-Default: ") == expected
