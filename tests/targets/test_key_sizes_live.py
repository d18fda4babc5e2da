"""The bits of a cipher's key on httpd and on nginx, which knows the cipher's name alone (EXPR-3, NGX-121)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from apacheconf.engines import Sandbox, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import translated
from tests.targets.fronts import MODULES

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:PORT>
    ServerName localhost
    SSLEngine on
    SSLCipherSuite ALL:!aNULL:@SECLEVEL=0
    SSLHonorCipherOrder off
    SSLCertificateFile FILES/good.pem
    SSLCertificateKeyFile FILES/good.pem
    <Location /strong>
        SSLRequire %{SSL_CIPHER_USEKEYSIZE} >= 200
    </Location>
    <Location /known>
        Require expr "%{SSL_CIPHER_ALGKEYSIZE} -ge 128"
    </Location>
    <Location /weak>
        Require expr "%{SSL_CIPHER_USEKEYSIZE} -eq 128"
    </Location>
    DocumentRoot /nowhere
</VirtualHost>
"""
_CIPHERS = (
    *("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305", "AES128-SHA256", "AES256-SHA", "AES128-CCM8"),
    *("AES256-CCM8", "CAMELLIA128-SHA256", "CAMELLIA256-SHA384", "ARIA128-GCM-SHA256", "ARIA256-GCM-SHA384", "TLSv1.3"),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    folder = tmp_path_factory.mktemp("keys")
    found = dict(zip(("httpd", "nginx"), free_ports(2), strict=True))
    with ExitStack() as stack:
        for name, port in found.items():
            box, engine = stack.enter_context(Sandbox("keys")), need(name)
            config = _CONFIG.replace("PORT", str(port)).replace("FILES", str(certificates.folder()))
            text, at = f"Listen 127.0.0.1:{port} https\n{config}", [("127.0.0.1", port)]
            if name == "httpd":
                modules = (*MODULES, "ssl_module", "alias_module", "socache_shmcb_module")
                stack.enter_context(httpd.start(engine, box, httpd.preamble(engine, box, modules) + text, at))
            else:
                stack.enter_context(nginx.start(engine, box, translated(folder, text, name).text, at))
        yield found


def _status(port: int, cipher: str, path: str) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if cipher != "TLSv1.3":
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(f"ECDHE-ECDSA-{cipher}:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as secure,
    ):
        secure.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return secure.recv(64).split()[1].decode()


@pytest.mark.parametrize("cipher", _CIPHERS)
def test_the_bits_of_a_key(cipher: str, running: dict[str, int]) -> None:
    theirs, ours = (
        {path: _status(running[each], cipher, path) for path in ("/strong", "/known", "/weak")}
        for each in ("httpd", "nginx")
    )
    assert ours == theirs
    assert theirs["/known"] == "404" and {theirs["/strong"], theirs["/weak"]} == {"403", "404"}
