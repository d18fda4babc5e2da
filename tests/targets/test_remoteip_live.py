"""Who the client is behind other proxies, on httpd and the targets: for origins, for access rules and in logs."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    RemoteIPHeader X-Forwarded-For
    RemoteIPInternalProxy 127.0.0.1 10.0.0.0/8 2001:db8::/32
    <Location /friends>
        Require ip 9.9.9.0/24
    </Location>
    <Location /bare>
        ProxyAddHeaders Off
    </Location>
    ProxyAddHeaders On
    <Location /edited>
        RequestHeader append X-Forwarded-For unknown
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName second.test
    RemoteIPHeader X-Client
    RemoteIPInternalProxy 127.0.0.1
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName third.test
    RemoteIPHeader X-Client
    RemoteIPInternalProxy 10.0.0.0/8
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_SAID = (
    "", "1.1.1.1", "1.1.1.1, 9.9.9.9, 10.2.2.2", "1.1.1.1,9.9.9.9", "10.1.1.1, 10.1.1.1", "10.1.1.1", "no address",
    "9.9.9.9, 9.9.9.9", "1.1.1.1, no address", "1.1.1.1, 9.9.9.9, 2001:db8::1", " 9.9.9.9 , 10.2.2.2 ",
    "2001:4860::1, 10.0.0.1", "no address, 10.0.0.1",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("remoteip"), (*MODULES, "remoteip_module", "headers_module")) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("path", ["/x", "/friends/x", "/bare/x", "/edited/x"])
@pytest.mark.parametrize("name", ["first.test", "second.test", "third.test"])
@pytest.mark.parametrize("said", _SAID)
def test_remote_ip(said: str, name: str, path: str, running: Fronts) -> None:
    """RI-1 to RI-4; NGX-64, NGX-191, HAP-49."""
    field = "X-Forwarded-For" if name == "first.test" else "X-Client"
    header = f"{field}: {said}" if said else ""
    expected = ask(running.at["httpd"], name, path, header=header)
    assert expected[0] == ("200" if path != "/friends/x" or name != "first.test" or "9.9.9.9" in said else "403")
    assert ask(running.at["nginx"], name, path, header=header) == expected
    assert ask(running.at["haproxy"], name, path, header=header) == expected


@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "header"),
    [("first.test", "X-Forwarded-For: 9.9.9.9:80"), ("second.test", "X-Client: 9.9.9.9\r\nX-Client: 1.1.1.1")],
)
def test_addresses_that_only_nginx_takes(name: str, header: str, running: Fronts) -> None:
    """NGX-191: one with a port, and the first of several lines; both are told of."""
    theirs, ours = (ask(running.at[each], name, "/x", header=header) for each in ("httpd", "nginx"))
    assert "9.9.9.9" in ours[2]
    assert ours != theirs


_PREAMBLE = """
<VirtualHost *:{port}>
    ServerName first.test
    RemoteIPProxyProtocol On
    <Location /friends>
        Require ip 9.9.9.0/24
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""


def _with_preamble(port: int, preamble: bytes, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(preamble + f"GET {path} HTTP/1.1\r\nHost: first.test\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b" ")[1] + b" " + (body if b" 200 " in head else b"")


@pytest.mark.live
def test_proxy_protocol(tmp_path: Path) -> None:
    """RI-5; NGX-191: the address in front of the first request counts."""
    with fronts(_PREAMBLE, tmp_path, (*MODULES, "remoteip_module")) as running:
        for preamble in (b"PROXY TCP4 9.9.9.9 1.2.3.4 55 80\r\n", b"PROXY TCP4 8.8.8.8 1.2.3.4 55 80\r\n"):
            for path in ("/x", "/friends/x"):
                expected = _with_preamble(running.at["httpd"], preamble, path)
                assert expected.split()[0] == (b"403" if "friends" in path and b"8.8.8.8" in preamble else b"200")
                assert _with_preamble(running.at["nginx"], preamble, path) == expected
                assert _with_preamble(running.at["haproxy"], preamble, path) == expected


def test_what_is_announced(tmp_path: Path) -> None:
    """RI-2: httpd believes no private address that an outer proxy names."""
    lines = ("RemoteIPHeader X-Client", "RemoteIPTrustedProxy 1.2.3.0/24", "RemoteIPProxiesHeader X-Seen",
             "ProxyPass / http://10.0.0.1/")  # fmt: skip
    found = outcomes(translated(tmp_path, host(*lines), "nginx"))
    assert found["RemoteIPHeader"] == found["RemoteIPTrustedProxy"] == "approximated"
    assert found["RemoteIPProxiesHeader"] == "unsupported"


@pytest.mark.parametrize("header", ["X-Client", "X-Forwarded-For"])
def test_forms_of_addresses_are_announced(header: str, tmp_path: Path) -> None:
    lines = f"RemoteIPHeader {header}", "RemoteIPInternalProxy 10.0.0.0/8", "ProxyPass / http://10.0.0.1/"
    made = translated(tmp_path, host(*lines), "nginx")
    (said,) = (row for row in made.rows if row.name == "RemoteIPHeader")
    assert said.outcome.words == "approximated"
    assert any("several lines" in each.caveat for each in said.answers) == (header == "X-Client")


_OUTSIDE = """
<VirtualHost *:{port}>
    ServerName outside.test
    RemoteIPHeader X-Forwarded-For
    RemoteIPTrustedProxy 127.0.0.1 9.9.9.0/24
    RemoteIPInternalProxy 8.8.8.0/24
    RemoteIPProxiesHeader X-Via
    RemoteIPProxyProtocol On
    RemoteIPProxyProtocolExceptions 127.0.0.1
    <Location /friends>
        Require ip 7.7.7.0/24
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName everybody.test
    RemoteIPHeader X-Client
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""


@pytest.mark.live
def test_proxies_on_the_way_in_haproxy(tmp_path: Path) -> None:
    """RI-2, RI-5; HAP-49: private addresses that an outer proxy names, who is on the way, and lines that are joined."""
    said = ("7.7.7.7", "7.7.7.7, 9.9.9.9", "7.7.7.7, 8.8.8.8, 9.9.9.9", "10.1.1.1, 9.9.9.9", "10.1.1.1, 8.8.8.8",
            "7.7.7.7\r\nX-Forwarded-For: 9.9.9.9\r\nX-Client: 6.6.6.6", "2001:4860::1, 9.9.9.9", "fd00::1",
            "7.7.7.7:80", "[2001:4860::1]")  # fmt: skip
    with fronts(_OUTSIDE, tmp_path, (*MODULES, "remoteip_module")) as running:
        for name in ("outside.test", "everybody.test"):
            field = "X-Forwarded-For" if name == "outside.test" else "X-Client"
            for value in said:
                for path in ("/x", "/friends/x"):
                    header = f"{field}: {value}"
                    theirs, ours = (ask(running.at[each], name, path, header=header) for each in ("httpd", "haproxy"))
                    assert ours == theirs, (name, value, path)


def test_what_is_announced_of_haproxy(tmp_path: Path) -> None:
    """HAP-49: no more than four proxies are followed."""
    lines = ("RemoteIPHeader X-Client", "RemoteIPTrustedProxy 1.2.3.0/24", "RemoteIPProxiesHeader X-Seen",
             "ProxyPass / http://10.0.0.1/")  # fmt: skip
    found = outcomes(translated(tmp_path, host(*lines), "haproxy"))
    assert found["RemoteIPHeader"] == "approximated"
    assert found["RemoteIPTrustedProxy"] == found["RemoteIPProxiesHeader"] == "exact"
