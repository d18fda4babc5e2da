"""Who it is, told to origins: by a rule's look-ahead, by a certificate, and what sections and requests are called."""

from __future__ import annotations

import base64
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir

import pytest

from apacheconf.engines import Sandbox, haproxy, httpd, nginx
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
    'CustomLog logs/users.log "%u %U"', "ProxyPass / http://127.0.0.1:ORIGIN/",
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
    """HAP-47, HAP-112, NGX-189: the certificate itself, and its name as the user's, in a log, too."""
    origin, *ports = free_ports(4)
    config = host(*_WITH_CERTIFICATE, names="ServerName localhost", address="*:PORT")
    at, boxes = dict(zip(("httpd", "nginx", "haproxy"), ports, strict=True)), dict[str, Sandbox]()
    with ExitStack() as stack:
        stack.enter_context(echo(origin))
        for name, port in at.items():
            box, engine = boxes.setdefault(name, stack.enter_context(Sandbox("certificates"))), need(name)
            text = config.replace("PORT", str(port)).replace("ORIGIN", str(origin))
            text = f"Listen 127.0.0.1:{port} https\n" + text.replace("FILES", str(certificates.folder()))
            if name == "httpd":
                modules = (*MODULES, "ssl_module", "socache_shmcb_module", "headers_module", "log_config_module")
                text = httpd.preamble(engine, box, modules) + "\n" + text
            else:
                text = translated(tmp_path, text, name).text
            start = {"httpd": httpd.start, "nginx": nginx.start, "haproxy": haproxy.start}[name]
            stack.enter_context(start(engine, box, text, [("127.0.0.1", port)]))
        for client in ("", "client", "staff-client"):
            theirs, *ours = (_answer(at[name], client) for name in at)
            assert (b"BEGIN CERTIFICATE" in theirs) == bool(client)
            assert (b"prom-eu.example.com" in theirs) == (client == "staff-client")
            assert ours == [theirs, theirs]
        logs = [boxes[name].path / "logs" / "users.log" for name in ("httpd", "nginx")]
        deadline = time.monotonic() + 10
        while any(each.read_text().count("\n") < 3 for each in logs) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert [each.read_text() for each in logs] == ["- /x\n- /x\nprom-eu.example.com /x\n"] * 2


def test_what_is_said_of_users_that_certificates_name(tmp_path: Path) -> None:
    """NGX-189: a log can't tell whom one section's certificates name."""
    lines = [each for each in _WITH_CERTIFICATE if not each.startswith("SSLUserName")]
    said, log = _WITH_CERTIFICATE[4], _WITH_CERTIFICATE[-2]
    for made, outcome in (
        (_WITH_CERTIFICATE, "equivalent"),
        ([each for each in _WITH_CERTIFICATE if each != log], "exact"),
        ([*lines, f"<Location /a>\n{said}\n</Location>"], "approximated"),
        ([*lines, "SSLUserName SSL_CLIENT_A_KEY"], "unsupported"),
    ):
        text = host(*made, names="ServerName localhost", address="*:443").replace("ORIGIN", "81")
        assert outcomes(translated(tmp_path, text, "nginx"))["SSLUserName"] == outcome


def test_an_identifier_is_haproxys_own(tmp_path: Path) -> None:
    """Caveat "unique-id"."""
    lines = 'RequestHeader set X-Request-Id "%{UNIQUE_ID}e"', "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "haproxy")
    assert outcomes(made)["RequestHeader"] == "equivalent"
    assert "set-var(txn.env_UNIQUE_ID) uuid()" in made.text
