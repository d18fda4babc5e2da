"""TLS with clients on httpd and in nginx: which certificate is shown, who is let in (NGX-180 to NGX-182, VH-50)."""

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
from tests.targets.echoes import echo
from tests.targets.fronts import MODULES

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:PORT>
    ServerName a.example
    SSLEngine on
    SSLCertificateFile FILES/a.crt
    SSLCertificateKeyFile FILES/a.key
    SSLProtocol -all +TLSv1.2
    ProxyPass / http://127.0.0.1:ORIGIN/a/
    ProxyPassReverse / http://127.0.0.1:ORIGIN/a/
    Header always set Strict-Transport-Security max-age=9
</VirtualHost>
<VirtualHost *:PORT>
    ServerName b.example
    SSLEngine on
    SSLCertificateFile FILES/b.pem
    ProxyPass / http://127.0.0.1:ORIGIN/b/
</VirtualHost>
<VirtualHost *:PORT>
    ServerName localhost
    SSLEngine on
    SSLCertificateFile FILES/good.pem
    SSLVerifyClient require
    SSLCACertificateFile FILES/ca.pem
    SSLProtocol -all +TLSv1.2
    ProxyPass / http://127.0.0.1:ORIGIN/known/
</VirtualHost>
"""
_TLS_12, _TLS_13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    origin, *ports = free_ports(3)
    found = dict(zip(("httpd", "nginx"), ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(origin))
        for name, port in found.items():
            box, engine = stack.enter_context(Sandbox("tls")), need(name)
            text = _CONFIG.replace("PORT", str(port)).replace("ORIGIN", str(origin))
            text = text.replace("FILES", str(certificates.folder()))
            if name == "httpd":
                modules = (*MODULES, "ssl_module", "headers_module", "socache_shmcb_module")
                text = f"{httpd.preamble(engine, box, modules)}\nListen 127.0.0.1:{port} https\n{text}"
                stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", port)]))
            else:
                lowered = translated(tmp_path_factory.mktemp("tls"), text, "nginx").text
                stack.enter_context(nginx.start(engine, box, lowered, [("127.0.0.1", port)]))
        yield found


def _ask(port: int, name: str, most: ssl.TLSVersion, client: str = "", location: str = "") -> tuple[str, ...]:
    """Whose certificate is shown, and what is answered: status, Location, HSTS and the path at the origin."""
    context = ssl.create_default_context(cafile=str(certificates.folder() / "ca.pem"))
    context.check_hostname = False
    context.maximum_version = most
    if client:
        context.load_cert_chain(certificates.folder() / f"{client}.pem")
    order = f"X-Location: {location}\r\n" if location else ""
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            shown = certificates.name_of(secure.getpeercert(binary_form=True) or b"")
            secure.sendall(f"GET /x HTTP/1.1\r\nHost: {name}\r\n{order}Connection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: secure.recv(65536), b"")).decode("latin-1")
    except (ssl.SSLError, ConnectionError):
        return ("refused",)
    head, _, body = answer.partition("\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    own = (fields.get("Location", "").replace(f":{port}", ":PORT"), fields.get("Strict-Transport-Security", ""))
    return shown, head.split()[1], *own, body.split()[1] if body[:1].isdigit() else ""


@pytest.mark.parametrize(
    ("name", "most", "client"),
    [
        ("a.example", _TLS_12, ""), ("b.example", _TLS_12, ""), ("b.example", _TLS_13, ""), ("other", _TLS_12, ""),
        ("localhost", _TLS_12, ""), ("localhost", _TLS_12, "client"), ("localhost", _TLS_12, "strange-client"),
        ("localhost", _TLS_12, "expired-client"),
    ],
)  # fmt: skip
def test_who_is_answered(name: str, most: ssl.TLSVersion, client: str, running: dict[str, int]) -> None:
    """nginx answers 400 where httpd ends the handshake: nobody without a good certificate is let in by either."""
    theirs, ours = (_ask(running[each], name, most, client) for each in ("httpd", "nginx"))
    if theirs == ("refused",):
        assert ours == theirs or ours[1] == "400"
    else:
        assert ours == theirs


def test_urls_of_its_own_say_https(running: dict[str, int]) -> None:
    order = "http://127.0.0.1:1/a/new"
    theirs, ours = (_ask(running[each], "a.example", _TLS_12, location=order) for each in ("httpd", "nginx"))
    assert ours == theirs
    assert theirs[3] == "max-age=9"
