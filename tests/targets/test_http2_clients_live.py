"""Which clients get HTTP/2, by the host that they ask for: httpd, nginx before and after 1.25.1 (NGX-1, NGX-186)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, free_ports, httpd, nginx
from apacheconf.engines.installed import find_all
from apacheconf.expand import Options
from apacheconf.program.loading import load
from apacheconf.targets import translate
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import echo
from tests.targets.fronts import MODULES

_HOST = """
<VirtualHost *:PORT>
    ServerName NAME
    SSLEngine on
    SSLCertificateFile FILES/good.pem
    Protocols WORDS
    ProxyPass / http://127.0.0.1:ORIGIN/NAME/
</VirtualHost>
"""
_WORDS = {"two.example": "h2 http/1.1", "one.example": "http/1.1"}
_FRONTS = ("httpd", "nginx", "newest nginx")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    origin, *ports = free_ports(1 + len(_FRONTS))
    found = dict(zip(_FRONTS, ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(origin))
        for front, port in found.items():
            engine = find_all("nginx")[-1] if front == "newest nginx" else need(front)
            text = "".join(_HOST.replace("NAME", name).replace("WORDS", words) for name, words in _WORDS.items())
            text = text.replace("PORT", str(port)).replace("ORIGIN", str(origin))
            text = f"Listen 127.0.0.1:{port} https\n{text}".replace("FILES", str(certificates.folder()))
            box = stack.enter_context(Sandbox("http2"))
            if front == "httpd":
                modules = (*MODULES, "ssl_module", "http2_module", "socache_shmcb_module")
                text = f"{httpd.preamble(engine, box, modules)}\n{text}"
            else:
                version = ".".join(engine.version.split(".")[:2])
                text = translated(tmp_path_factory.mktemp("http2"), text, "nginx", version).text
            start = httpd.start if front == "httpd" else nginx.start
            stack.enter_context(start(engine, box, text, [("127.0.0.1", port)]))
        yield found


def _ask(port: int, name: str) -> tuple[str, ...]:
    """The version that was agreed on, the status, and the path at the origin."""
    to, spoken = f"{name}:{port}:127.0.0.1", "\n%{http_version} %{http_code}"
    command = ["curl", "-sk", "--http2", "-m", "9", "--resolve", to, "-w", spoken, f"https://{name}:{port}/x?q=1"]
    body, _, last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.rpartition("\n")
    return *last.split(), body.split()[1]


@pytest.mark.live
@pytest.mark.parametrize("name", _WORDS)
@pytest.mark.parametrize("front", _FRONTS)
def test_who_speaks_http2(front: str, name: str, running: dict[str, int]) -> None:
    theirs, ours = (_ask(running[each], name) for each in ("httpd", front))
    assert theirs == ("2" if name == "two.example" else "1.1", "200", f"/{name}/x?q=1")
    assert ours[1:] == theirs[1:]
    assert ours[0] == ("2" if front == "nginx" else theirs[0])


@pytest.mark.parametrize(
    ("version", "lines", "outcome"),
    [
        ("1.22", ["listen 443 ssl default_server http2;", "listen 443 ssl http2;"], "equivalent"),
        ("1.31", ["http2 on;"], "exact"),
    ],
)
def test_how_it_is_said(version: str, lines: list[str], outcome: str, tmp_path: Path) -> None:
    """Before 1.25.1 a socket speaks it for all of its hosts, which is told."""
    secure = "SSLEngine on\nSSLCertificateFile /c.pem\nProxyPass / http://10.0.0.1/"
    some = host(secure, "Protocols h2 http/1.1", names="ServerName a.test", address="*:443")
    text = f"Listen 443\n{some}{host(secure, names='ServerName b.test', address='*:443')}"
    translation = translated(tmp_path, text, "nginx", version)
    assert [each.strip() for each in translation.text.splitlines() if "http2" in each] == lines
    assert outcomes(translation)["Protocols"] == outcome


@pytest.mark.parametrize(
    ("line", "outcome"), [("Protocols h2c http/1.1", "equivalent"), ("Protocols http/1.1", "no effect in target")]
)
def test_without_tls_nobody_does(line: str, outcome: str, tmp_path: Path) -> None:
    translation = translated(tmp_path, host(line, "ProxyPass / http://10.0.0.1/"), "nginx")
    assert "http2" not in translation.text
    assert outcomes(translation)["Protocols"] == outcome


def test_a_server_without_the_module_speaks_none(tmp_path: Path) -> None:
    """In a whole configuration mod_http2 must be loaded."""
    tls = "SSLEngine on\nSSLCertificateFile /c.pem\nProtocols h2 http/1.1\nProxyPass / http://10.0.0.1/"
    load_module = "LoadModule {0}_module modules/mod_{0}.so\n".format
    known = "".join(map(load_module, ("mpm_event", "authz_core", "ssl", "socache_shmcb", "proxy", "proxy_http")))
    for more, spoken in (("", False), (load_module("http2"), True)):
        file = tmp_path / "httpd.conf"
        file.write_text(f"{known}{more}Listen 443\n{host(tls, address='*:443')}")
        assert ("http2" in translate(load([], Options(file=str(file))).require(), "nginx").text) is spoken
