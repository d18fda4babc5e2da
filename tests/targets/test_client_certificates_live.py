"""Sections that ask for certificates, on httpd and on nginx, which asks everybody in the handshake (NGX-182)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import echo
from tests.targets.fronts import MODULES
from tests.targets.secure_clients import answer_to_client

_LINES = (
    "SSLEngine on",
    "SSLCertificateFile FILES/good.pem",
    "SSLCACertificateFile FILES/ca.pem",
    "ProxyPass / http://127.0.0.1:ORIGIN/",
    "<Location /required>\nSSLVerifyClient require\nSSLVerifyDepth 1\n</Location>",
    '<Location /told>\nSSLVerifyClient optional_no_ca\nRequestHeader set X-Cert "%{SSL_CLIENT_CERT}s"\n</Location>',
    "<Location /named>\nSSLVerifyClient require\nRequire expr %{SSL_CLIENT_S_DN_CN} in {'Ada L.', 'x'}\n</Location>",
    "<Location /nobody>\nSSLVerifyClient require\nRequire expr %{SSL_CLIENT_S_DN_CN} == 'else'\n</Location>",
    "<Location /whole>\nSSLVerifyClient require\nRequire expr %{SSL_CLIENT_S_DN} =~ /CN=Ada L/\n</Location>",
    "<Location /other>\nSSLVerifyClient require\nRequire expr %{SSL_CLIENT_S_DN} == 'CN=Ada L.'\n</Location>",
    "<Location /optional>\nSSLVerifyClient optional_no_ca\n</Location>",
)
_ASKED = ("/x", "/required", "/required/x", "/named", "/nobody", "/whole", "/other", "/optional")
_CONFIG = host(*_LINES, names="ServerName localhost", address="*:PORT")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    origin, *ports = free_ports(3)
    found = dict(zip(("httpd", "nginx"), ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(origin))
        for name, port in found.items():
            box, engine = stack.enter_context(Sandbox("certificates")), need(name)
            text = _CONFIG.replace("PORT", str(port)).replace("ORIGIN", str(origin))
            text = f"Listen 127.0.0.1:{port} https\n" + text.replace("FILES", str(certificates.folder()))
            if name == "httpd":
                text = (
                    httpd.preamble(engine, box, (*MODULES, "ssl_module", "socache_shmcb_module", "headers_module"))
                    + "\n"
                    + text
                )
                stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", port)]))
            else:
                text = translated(tmp_path_factory.mktemp("certificates"), text, name).text
                stack.enter_context(nginx.start(engine, box, text, [("127.0.0.1", port)]))
        yield found


def _status(port: int, path: str, client: str) -> str:
    return (answer_to_client(port, path, client).split() + [b"refused"] * 2)[1].decode()


@pytest.mark.live
@pytest.mark.parametrize("client", ["", "client", "named-client"])
def test_an_origin_is_shown_the_certificate(client: str, running: dict[str, int]) -> None:
    """NGX-69: in one line, as mod_headers writes it."""
    theirs, ours = (answer_to_client(running[each], "/told", client) for each in ("httpd", "nginx"))
    body = theirs.partition(b"\r\n\r\n")[2].rstrip()
    assert ours.partition(b"\r\n\r\n")[2].rstrip() == body
    assert b"x-cert=-----BEGIN" in body if client else b"x-cert=(null)" in body


@pytest.mark.live
@pytest.mark.parametrize("path", _ASKED)
@pytest.mark.parametrize("client", ["", "client", "named-client", "strange-client", "expired-client", "deep-client"])
def test_who_is_let_in(path: str, client: str, running: dict[str, int]) -> None:
    """Nobody gets in who doesn't in httpd; caveat "asked-early": a bad certificate is looked at for every path."""
    theirs, ours = (_status(running[each], path, client) for each in ("httpd", "nginx"))
    if client == "expired-client":
        assert ours == "400"
    elif theirs == "refused":
        assert ours == ("200" if path == "/optional" else "403")  # nobody has to show one there
    else:
        assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/required", "/told"])
def test_a_client_that_can_not_be_asked_later(path: str, running: dict[str, int]) -> None:
    """TL-10: httpd refuses it in TLS 1.3; nginx has asked it before, and that is told."""
    theirs, ours = (
        answer_to_client(running[each], path, "client", later=False).split()[1] for each in ("httpd", "nginx")
    )
    assert (theirs, ours) == (b"403", b"200")


def test_what_is_told(tmp_path: Path) -> None:
    made = outcomes(translated(tmp_path, _CONFIG.replace("PORT", "443").replace("ORIGIN", "81"), "nginx"))
    assert (made["SSLVerifyClient"], made["Require"]) == ("approximated", "exact")
    two = _CONFIG.replace("PORT", "443").replace("ORIGIN", "81").replace("SSLVerifyDepth 1", "SSLVerifyDepth 2")
    assert outcomes(translated(tmp_path, two, "nginx"))["SSLVerifyClient"] == "approximated"
    one = (
        host(*_LINES[:5], *_LINES[6:7], names="ServerName localhost", address="*:443")
        .replace("SSLVerifyDepth 1\n", "")
        .replace("ORIGIN", "81")
    )
    assert outcomes(translated(tmp_path, one, "nginx"))["SSLVerifyClient"] == "approximated"


def test_without_authorities_nobody_is_let_in(tmp_path: Path) -> None:
    """DES-8: nginx can verify nobody, and `$ssl_client_verify` is never SUCCESS."""
    text = host("SSLEngine on", "SSLCertificateFile /a.pem", _LINES[3], _LINES[4], names="ServerName localhost",
                address="*:443")  # fmt: skip
    made = translated(tmp_path, text.replace("ORIGIN", "81"), "nginx")
    assert "ssl_verify_client" not in made.text
    assert outcomes(made)["SSLVerifyClient"] in ("unsupported", "exact")


def test_a_bad_certificate_that_nobody_has_to_show(tmp_path: Path) -> None:
    """httpd refuses it, nginx would have to for every path or for none."""
    text = host(*_LINES[:4], _LINES[-1].replace("_no_ca", ""), names="ServerName localhost", address="*:443")
    made = translated(tmp_path, text.replace("ORIGIN", "81"), "nginx")
    assert outcomes(made)["SSLVerifyClient"] == "unsupported"
