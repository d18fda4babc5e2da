"""Origins that speak HTTP/2 in plain text, asked by httpd and by HAProxy (HAP-94)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import haproxy
from apacheconf.engines.sandbox import Sandbox, free_ports
from tests.engines.real import need
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

#: It tells the version that it was asked in, and what for.
_ORIGIN = """
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend origin
    bind 127.0.0.1:PORT
    http-request return status 200 content-type text/plain lf-string '%[req.ver] %[req.fhdr(host)] %[pathq]'
"""
_LINES = ('ProxyPass "/app" "h2c://127.0.0.1:PORT/base"', 'ProxyPass "/" "h2c://127.0.0.1:PORT/"')


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Fronts, int]]:
    (port,) = free_ports(1)
    text = host(*_LINES, address="*:{port}").replace("PORT", str(port))
    with Sandbox("test") as box:
        origin = _ORIGIN.replace("PORT", str(port))
        with haproxy.start(need("haproxy"), box, origin, [("127.0.0.1", port)]):
            modules = (*MODULES, "proxy_http2_module")
            with fronts(text, tmp_path_factory.mktemp("http2"), modules) as found:
                yield found, port


@pytest.mark.live
@pytest.mark.parametrize("path", ["/", "/x?y=1", "/app", "/app/a%20b", "/app/%7Ex"])
def test_they_are_asked_in_http_2(path: str, running: tuple[Fronts, int]) -> None:
    """httpd may send a page of its own behind the first answer (seen on 2.4.71)."""
    found, port = running
    bodies = (exchange(found.at[name], "a.test", path)[1] for name in ("httpd", "haproxy"))
    theirs, ours = (body.partition("<!DOCTYPE")[0] for body in bodies)
    assert ours == theirs and ours.startswith(f"2.0 127.0.0.1:{port} /")


def test_those_over_tls_say_what_is_not_checked(tmp_path: Path) -> None:
    lines = ("SSLProxyEngine On", 'ProxyPass "/" "h2://backend.example.com/"')
    made = translated(tmp_path, host(*lines), "haproxy")
    assert "backend.example.com:443 ssl verify none sni str(backend.example.com) alpn h2" in made.text
    assert outcomes(made)["ProxyPass"] == "approximated"
