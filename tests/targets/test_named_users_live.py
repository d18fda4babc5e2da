"""Who it is, told to origins: by a rule's look-ahead, by a certificate, and what sections and requests are called."""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir

import pytest

from apacheconf.engines import Sandbox, haproxy, httpd
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask, echo, exchange
from tests.targets.fronts import MODULES, Fronts, fronts

#: The password is ``secret``.
_USERS = "joe:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.\n"
_CONFIG = """
<VirtualHost *:{port}>
    ServerName panels.test
    <Location /panels>
        AuthType Basic
        AuthName "panels"
        AuthBasicProvider file
        AuthUserFile {users}
        Require valid-user
        RewriteEngine On
        RewriteRule .* - [E=PROXY_USER:%{LA-U:REMOTE_USER},NS]
        RequestHeader set X-Webauth-User "%{PROXY_USER}e"
        RequestHeader unset Authorization
    </Location>
    <Location /panels/open>
        AuthMerging Off
        Require all granted
    </Location>
    <LocationMatch "^/events/(?<channel>[a-z]+)">
        RequestHeader set X-Channel "%{MATCH_CHANNEL}e"
        Header set X-Told "%{MATCH_CHANNEL}e"
    </LocationMatch>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module",
            "rewrite_module", "headers_module")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("users")
    (folder / "users").write_text(_USERS)
    folder.chmod(0o755)
    for above in folder.parents:
        if above != Path(gettempdir()) and above.is_relative_to(gettempdir()):
            above.chmod(0o755)
    with fronts(_CONFIG.replace("{users}", str(folder / "users")), folder, _MODULES) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("credentials", ["", "joe:secret", "joe:wrong"])
@pytest.mark.parametrize("path", ["/panels/x", "/panels/open/x", "/events/news/1", "/events/1", "/other"])
def test_what_origins_are_told(path: str, credentials: str, running: Fronts) -> None:
    """RW-40, HAP-47: an empty name where nobody has said one."""
    header = f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""

    def given(server: str) -> tuple[object, ...]:
        lines, _ = exchange(running.at[server], "panels.test", path, header=header)
        told = [line.lower() for line in lines if line.lower().startswith("x-told")]
        return *ask(running.at[server], "panels.test", path, header=header), told

    theirs, ours = given("httpd"), given("haproxy")
    if path == "/panels/open/x" and credentials:  # caveat "look-ahead": nobody has checked the name
        theirs = tuple(each.removesuffix("=joe") + "=" if isinstance(each, str) and "=joe" in each else each
                       for each in theirs)  # fmt: skip
    assert ours == theirs


_WITH_CERTIFICATE = (
    "SSLEngine on", "SSLCertificateFile FILES/good.pem", "SSLCACertificateFile FILES/ca.pem",
    "SSLVerifyClient optional", "SSLUserName SSL_CLIENT_S_DN_CN",
    'RequestHeader set X-Certificate "%{SSL_CLIENT_CERT}s"', 'RequestHeader set X-User "expr=%{REMOTE_USER}"',
    "ProxyPass / http://127.0.0.1:ORIGIN/",
)  # fmt: skip


def _answer(port: int, client: str) -> bytes:
    context = ssl.create_default_context(cafile=certificates.folder() / "ca.pem")
    if client:
        context.load_cert_chain(certificates.folder() / f"{client}.pem")
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(b"GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")[2]


@pytest.mark.live
def test_what_a_certificate_says(tmp_path: Path) -> None:
    """HAP-47, HAP-112: the certificate itself, and its name as the user's."""
    origin, *ports = free_ports(3)
    config = host(*_WITH_CERTIFICATE, names="ServerName localhost", address="*:PORT")
    at = dict(zip(("httpd", "haproxy"), ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(origin))
        for name, port in at.items():
            box, engine = stack.enter_context(Sandbox("certificates")), need(name)
            text = config.replace("PORT", str(port)).replace("ORIGIN", str(origin))
            text = f"Listen 127.0.0.1:{port} https\n" + text.replace("FILES", str(certificates.folder()))
            if name == "httpd":
                modules = (*MODULES, "ssl_module", "socache_shmcb_module", "headers_module")
                text = httpd.preamble(engine, box, modules) + "\n" + text
            else:
                text = translated(tmp_path, text, name).text
            start = httpd.start if name == "httpd" else haproxy.start
            stack.enter_context(start(engine, box, text, [("127.0.0.1", port)]))
        for client in ("", "client"):
            theirs, ours = (_answer(at[name], client) for name in at)
            assert (b"BEGIN CERTIFICATE" in theirs) == bool(client)
            assert ours == theirs


def test_an_identifier_is_haproxys_own(tmp_path: Path) -> None:
    """Caveat "unique-id"."""
    lines = 'RequestHeader set X-Request-Id "%{UNIQUE_ID}e"', "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "haproxy")
    assert outcomes(made)["RequestHeader"] == "equivalent"
    assert "set-var(txn.env_UNIQUE_ID) uuid()" in made.text
