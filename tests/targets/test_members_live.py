"""What members of a balancer are sent and when the next one is asked, on httpd and on both targets (HAP-40, NGX-61)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_MODULES = (*MODULES, *BALANCER, "headers_module")
_CONFIG = """
<Proxy balancer://two>
    BalancerMember http://127.0.0.1:{one} route=a
    BalancerMember http://127.0.0.1:{two} route=b
    ProxySet stickysession=SID
</Proxy>
<Proxy balancer://half>
    BalancerMember http://127.0.0.1:{none}
    BalancerMember http://127.0.0.1:{two}
</Proxy>
<Proxy balancer://spare>
    BalancerMember http://127.0.0.1:{none} route=x
    BalancerMember http://127.0.0.1:{two} route=z status=+H
    ProxySet stickysession=SID
</Proxy>
<Proxy balancer://unnamed>
    BalancerMember http://127.0.0.1:{one}
    BalancerMember http://127.0.0.1:{two}
    ProxySet stickysession=SID
</Proxy>
<Proxy balancer://none>
    BalancerMember http://127.0.0.1:{none} route=x
    BalancerMember http://localhost:{none} route=y
</Proxy>
<Proxy balancer://sockets>
    BalancerMember http://127.0.0.1:{one} upgrade=websocket
    BalancerMember http://127.0.0.1:{two} upgrade=websocket
</Proxy>
<Proxy balancer://late>
    BalancerMember http://127.0.0.1:{late} timeout=1
    BalancerMember http://localhost:{late} timeout=1
</Proxy>
<VirtualHost *:{port}>
    ServerName first.test
    ErrorDocument 502 "too late"
    Header set X-Success yes
    Header always set X-Always yes
    Header add Set-Cookie "SID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
    ProxyPass /half balancer://half/base
    ProxyPass /spare balancer://spare
    ProxyPass /none balancer://none
    ProxyPass /unnamed balancer://unnamed
    ProxyPass /ws balancer://sockets
    ProxyPass /late balancer://late
    ProxyPass / balancer://two/
    ProxyPassReverse / balancer://two/
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # which takes connections and says nothing
        config = _CONFIG.replace("{late}", str(silent.getsockname()[1]))
        with fronts(config, tmp_path_factory.mktemp("members"), _MODULES) as found:
            yield found


def _seen(running: Fronts, name: str, path: str, method: str = "GET", header: str = "") -> set[tuple[str, str]]:
    """What four requests come to: each status, and what the origin says of it."""
    told = (ask(running.at[name], "first.test", path, method=method, header=header) for _ in range(4))
    return {(status, body.replace(str(running.at[name]), "PORT")) for status, _, body in told}


@pytest.mark.live
@pytest.mark.parametrize("name", TARGETS)
def test_each_member_gets_its_own_host(name: str, running: Fronts) -> None:
    hosts = {body.partition(" x-")[0] for _, body in _seen(running, name, "/x?q=%41")}
    assert hosts == {f"{port} /x?q=%41 host=127.0.0.1:{port}" for port in (running.one, running.two)}
    assert _seen(running, name, "/x?q=%41") == _seen(running, "httpd", "/x?q=%41")


_AWAY = "Content-Length: 0"


@pytest.mark.live
@pytest.mark.parametrize(("path", "method", "header"), [
    ("/half/x", "GET", ""), ("/half/x", "POST", _AWAY), ("/half/x", "DELETE", _AWAY), ("/none/x", "GET", ""),
    ("/none/x", "POST", _AWAY), ("/x/a%20b//c", "GET", "X-A: 1"), ("/x", "GET", "Cookie: SID=1.b"),
    ("/ws/x", "GET", "Upgrade: websocket"), ("/half/x", "GET", "Upgrade: websocket"),
])  # fmt: skip
def test_nginx_asks_members_as_httpd_does(path: str, method: str, header: str, running: Fronts) -> None:
    """NGX-61, NGX-106, NGX-108, FO-1: who is not reached is passed over, also for a method that is not repeated."""
    assert _seen(running, "nginx", path, method, header) == _seen(running, "httpd", path, method, header)


@pytest.mark.live
def test_a_member_that_is_too_late(running: Fronts) -> None:
    """SEM-23, NGX-61: the answer is the server's own, with its document, and without what answers of origins have."""
    for path in ("/late/x", "/none/x"):
        seen = []
        for name in ("httpd", "nginx"):
            head, body = exchange(running.at[name], "first.test", path)
            fields = sorted(line for line in head if line.lower().startswith("x-"))
            seen.append((head[0].split()[1], fields, body if path == "/late/x" else ""))
        assert seen[0] == seen[1], path


def _post(port: int, path: str, body: bytes) -> bytes:
    """The answer's head."""
    head = f"POST {path} HTTP/1.1\r\nHost: first.test\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(head.encode() + body)
        return client.recv(65536)


@pytest.mark.live
@pytest.mark.parametrize("name", ["httpd", "nginx"])
def test_a_body_goes_to_the_member_that_is_there(name: str, running: Fronts) -> None:
    """FO-1: whoever is passed over has read nothing of it."""
    answers = [_post(running.at[name], "/half/x", b"a" * size) for size in (3, 3, 3, 100_000, 100_000, 100_000)]
    assert [answer.split()[1] for answer in answers] == [b"200"] * 6


@pytest.mark.live
def test_the_cookie_of_a_session_that_begins(running: Fronts) -> None:
    """NGX-110, ST-11: httpd says which member answered where the session is new or has moved."""
    for cookie in ("", "SID=1.a", "SID=1.b", "SID=1.nobody"):
        header = f"Cookie: {cookie}" if cookie else ""
        for name in ("httpd", "nginx"):
            head, body = exchange(running.at[name], "first.test", "/x", header=header)
            route = {str(running.one): "a", str(running.two): "b"}[body.split()[0]]
            kept = cookie == f"SID=1.{route}"
            set_cookie = [line.partition(": ")[2] for line in head if line.lower().startswith("set-cookie")]
            assert set_cookie == ([] if kept else [f"SID=.{route}; path=/"]), (name, cookie)


@pytest.mark.live
def test_a_session_of_members_without_routes_always_begins(running: Fronts) -> None:
    """ST-11: nobody's route was found, whatever the cookie says."""
    for header in ("", "Cookie: SID=1.a"):
        for name in ("httpd", "nginx"):
            head, _ = exchange(running.at[name], "first.test", "/unnamed/x", header=header)
            assert "Set-Cookie: SID=.; path=/" in head, (name, header)


def test_members_over_tls_get_the_first_ones_host(tmp_path: Path) -> None:
    """NGX-61: their servers would have to check certificates for somebody else."""
    balancer = "<Proxy balancer://b>\nBalancerMember https://10.0.0.1\nBalancerMember https://10.0.0.2\n</Proxy>\n"
    made = translated(tmp_path, balancer + host("SSLProxyEngine On", "ProxyPass / balancer://b/"), "nginx")
    assert outcomes(made)["BalancerMember"] == "approximated"


@pytest.mark.live
@pytest.mark.parametrize("name", ["httpd", *TARGETS])
@pytest.mark.parametrize("header", ["", "Cookie: SID=1.x", "Cookie: SID=1.z"])
def test_a_standby_is_asked_when_nobody_else_is_there(name: str, header: str, running: Fronts) -> None:
    """HAP-81: at once, and as long as it lasts."""
    theirs = ask(running.at["httpd"], "first.test", "/spare/x", header=header)
    assert theirs[2].startswith(f"{running.two} /x ")
    assert [ask(running.at[name], "first.test", "/spare/x", header=header) for _ in range(3)] == [theirs] * 3
