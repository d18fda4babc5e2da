"""OpenSSL's own words and the rest of what TLS is told, on httpd and on nginx (NGX-181, NGX-185)."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.fronts import MODULES

_CONFIG = """
SSLStaplingCache shmcb:logs/stapling(32768)
<VirtualHost *:PORT>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile FILES/leaf.pem
    SSLCertificateKeyFile FILES/leaf.pem
    SSLCACertificateFile FILES/authorities.pem
    SSLOpenSSLConfCmd Curves secp384r1
    ProxyPass / http://127.0.0.1:1/
</VirtualHost>
"""
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n", re.DOTALL)


def _files(folder: Path) -> None:
    """A certificate alone with its key, and the authority between it and the one that clients trust."""
    blocks = _PEM.findall((certificates.folder() / "deep.pem").read_text())
    keys = [each for each in blocks if "KEY" in each]
    leaf, *between = [each for each in blocks if "CERTIFICATE" in each]
    (folder / "leaf.pem").write_text("".join([*keys, leaf]))
    (folder / "authorities.pem").write_text("".join(between))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    folder = tmp_path_factory.mktemp("words")
    _files(folder)
    found = dict(zip(("httpd", "nginx"), free_ports(2), strict=True))
    with ExitStack() as stack:
        for name, port in found.items():
            box, engine = stack.enter_context(Sandbox("words")), need(name)
            text = f"Listen 127.0.0.1:{port} https\n" + _CONFIG.replace("PORT", str(port)).replace("FILES", str(folder))
            if name == "httpd":
                modules = (*MODULES, "ssl_module", "socache_shmcb_module")
                text = httpd.preamble(engine, box, modules) + text
                stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", port)]))
            else:
                stack.enter_context(
                    nginx.start(engine, box, translated(folder, text, name).text, [("127.0.0.1", port)])
                )
        yield found


def _handshake(port: int, curve: str) -> str:
    """The name in the certificate that was shown and believed, or why there was none."""
    context = ssl.create_default_context(cafile=certificates.folder() / "ca.pem")
    context.set_ecdh_curve(curve)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            return certificates.name_of(secure.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError:
        return "not trusted"
    except (ssl.SSLError, ConnectionError):
        return "refused"


@pytest.mark.live
@pytest.mark.parametrize("name", ["httpd", "nginx"])
def test_curves_and_chains(name: str, running: dict[str, int]) -> None:
    """nginx shows what stands in the certificate's file, httpd what it finds among the authorities as well."""
    shown = _handshake(running[name], "secp384r1")
    assert (shown == "not trusted") == (name == "nginx")
    assert _handshake(running[name], "prime256v1") == "refused"


def test_what_becomes_of_them(tmp_path: Path) -> None:
    lines = ("SSLEngine On", "SSLCertificateFile /c.pem", "SSLCACertificateFile /ca.pem", "SSLUseStapling On",
             "SSLCompression Off", "SSLInsecureRenegotiation Off", "SSLOptions +StrictRequire",
             "ProxyPass / http://10.0.0.1/")  # fmt: skip
    made = translated(tmp_path, "SSLStaplingCache shmcb:s(32768)\n" + host(*lines), "nginx")
    assert {name: word for name, word in outcomes(made).items() if name[:3] == "SSL"} == {
        "SSLEngine": "exact", "SSLCertificateFile": "exact", "SSLUseStapling": "equivalent", "SSLCompression": "exact",
        "SSLInsecureRenegotiation": "exact", "SSLCACertificateFile": "approximated",
        "SSLOptions": "no effect in target", "SSLStaplingCache": "no effect in target",
    }  # fmt: skip
    assert "ssl_stapling on;" in made.text


def test_no_authorities_at_all(tmp_path: Path) -> None:
    """DES-8: where clients need no certificate they are all strangers; where they need one nobody is let in."""
    for word, proxied in (("optional", True), ("require", False)):
        lines = ("SSLEngine On", "SSLCertificateFile /c.pem", f"SSLVerifyClient {word}",
                 "ProxyPass / http://10.0.0.1/")  # fmt: skip
        made = translated(tmp_path, host(*lines), "nginx")
        assert outcomes(made)["SSLVerifyClient"] == "unsupported"
        assert ("proxy_pass http" in made.text) == proxied
        assert "ssl_verify_client" not in made.text


def test_details_of_what_has_no_counterpart(tmp_path: Path) -> None:
    lines = ("CacheEnable disk /", "CacheRoot /c", "CacheLock On", "ProxyPass / http://10.0.0.1/")
    found = outcomes(translated(tmp_path, host(*lines), "nginx"))
    assert {found["CacheEnable"], found["CacheRoot"], found["CacheLock"]} == {"unsupported"}
