"""SSLStrictSNIVHostCheck on httpd and nginx: who must name a host in its handshake (TL-3, NGX-183)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest

from tests.runtime import certificates
from tests.targets.fronts import MODULES, Fronts, fronts

_HOST = """
<VirtualHost *:{port}>
    ServerName NAME.test
    SSLEngine on
    SSLCertificateFile FOLDER/good.pem
    LINE
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_STRICT = "SSLStrictSNIVHostCheck on"
#: Which of the hosts of an address are strict.
_CASES = {"first": (_STRICT, ""), "second": ("", _STRICT), "alone": (_STRICT,), "none": ("", "")}


@pytest.fixture(scope="module", params=_CASES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    lines = zip(("a", "b"), _CASES[request.param], strict=False)
    text = "".join(_HOST.replace("NAME", name).replace("LINE", line) for name, line in lines)
    modules = (*MODULES, "ssl_module", "socache_shmcb_module")
    folder = tmp_path_factory.mktemp(request.param)
    with fronts(text.replace("FOLDER", str(certificates.folder())), folder, modules, targets=("nginx",)) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("host", ["a.test", "b.test"])
@pytest.mark.parametrize("named", [None, "a.test", "b.test", "else.test"])
def test_who_must_name_a_host(named: str | None, host: str, running: Fronts) -> None:
    theirs, ours = (_status(running.at[each], named, host) for each in ("httpd", "nginx"))
    assert ours == theirs


def _status(port: int, named: str | None, host: str) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname=named) as secure,
    ):
        secure.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        return secure.recv(65536).split()[1]
