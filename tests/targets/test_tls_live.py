"""TLS with clients on httpd and in each target: which certificate is shown, who gets in (NGX-180 ff., HAP-110 ff.)."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from apacheconf.engines import Sandbox, haproxy, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from apacheconf.targets import TARGETS
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
    origin, *ports = free_ports(4)
    found = dict(zip(("httpd", *TARGETS), ports, strict=True))
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
                files = translated(tmp_path_factory.mktemp("tls"), f"Listen 127.0.0.1:{port} https\n{text}", name).files
                for file, content in files.items():
                    box.write(file, content)
                start = {"nginx": nginx.start, "haproxy": haproxy.start}[name]
                stack.enter_context(start(engine, box, next(iter(files.values())), [("127.0.0.1", port)]))
        yield found


def _ask(
    port: int, name: str, most: ssl.TLSVersion, client: str = "", location: str = "", host: str = ""
) -> tuple[str, ...]:
    """Whose certificate is shown, and what is answered: status, Location, HSTS and the path at the origin."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one that trusts nobody sends no authority with its own
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
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
            secure.sendall(f"GET /x HTTP/1.1\r\nHost: {host or name}\r\n{order}Connection: close\r\n\r\n".encode())
            answer = b"".join(iter(lambda: secure.recv(65536), b"")).decode("latin-1")
    except (ssl.SSLError, ConnectionError):
        return ("refused",)
    head, _, body = answer.partition("\r\n\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
    own = (fields.get("location", "").replace(f":{port}", ":PORT"), fields.get("strict-transport-security", ""))
    return shown, head.split()[1], *own, body.split()[1] if body[:1].isdigit() else ""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("name", "most", "client"),
    [
        ("a.example", _TLS_12, ""), ("b.example", _TLS_12, ""), ("b.example", _TLS_13, ""), ("other", _TLS_12, ""),
        ("localhost", _TLS_12, ""), ("localhost", _TLS_12, "client"), ("localhost", _TLS_12, "strange-client"),
        ("localhost", _TLS_12, "expired-client"), ("localhost", _TLS_12, "deep-client"),
    ],
)  # fmt: skip
def test_who_is_answered(target: str, name: str, most: ssl.TLSVersion, client: str, running: dict[str, int]) -> None:
    """TRAP-75: nginx answers 400, and HAProxy to a chain that is too long 403, where httpd ends the handshake: nobody
    without a good certificate is let in by any."""
    theirs, ours = (_ask(running[each], name, most, client) for each in ("httpd", target))
    if theirs == ("refused",):
        assert ours == theirs or ours[1] in ("400", "403")
    else:
        assert ours == theirs


@pytest.mark.parametrize("target", TARGETS)
def test_urls_of_its_own_say_https(target: str, running: dict[str, int]) -> None:
    order = "http://127.0.0.1:1/a/new"
    theirs, ours = (_ask(running[each], "a.example", _TLS_12, location=order) for each in ("httpd", target))
    assert ours == theirs
    assert theirs[3] == "max-age=9"


@pytest.mark.parametrize(("shown", "asked"), [("a.example", "b.example"), ("b.example", "localhost"),
                                              ("other", "a.example"), ("other", "b.example")])  # fmt: skip
@pytest.mark.parametrize("target", TARGETS)
def test_what_the_handshake_was_not_about(target: str, shown: str, asked: str, running: dict[str, int]) -> None:
    """TRAP-74, VH-51, NGX-183, HAP-111, SEM-38, DEF-32: 421 where the host asked for has other settings than that of
    the handshake."""
    theirs, ours = (_ask(running[each], shown, _TLS_12, host=asked) for each in ("httpd", target))
    assert ours[:2] == theirs[:2]
    assert (theirs[1] == "421") == (shown != "other" or asked != "a.example")
