"""``apacheconf serve --engine``: the real server with the same configuration, reloaded by HUP, or refused."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import free_ports
from tests.conftest import ROOT, SITES, Command
from tests.engines.real import need

pytestmark = [pytest.mark.live, pytest.mark.parametrize("engine", ["nginx", "haproxy"])]
#: Sites, a host of each, the port where it answers and a path that is mapped there.
FIVE = {
    "reverse-proxy/conf.d": ("example.com", 80, "/x", "10.0.0.1:80"),
    "blue-green-by-define": ("app.example.com", 80, "/x", "10.22.1.1:8080"),
    "rocketchat": ("chat.company.example", 443, "/x", "localhost:3000"),
    "nexus": ("repo.example.com", 443, "/x", "localhost:8081"),
    "gitea": ("git.example.org", 80, "/git/x", "localhost:3000"),
}


class Running:
    """``apacheconf serve --engine`` as a process; ``said`` is what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, port: int) -> None:
        self.process, self._log, self.port = process, log, port

    @property
    def said(self) -> str:
        return self._log.read_text()

    def wait_for(self, text: str, times: int = 1) -> None:
        deadline = time.monotonic() + 30
        while self.said.count(text) < times:
            assert time.monotonic() < deadline and self.process.poll() is None, self.said
            time.sleep(0.02)

    def wait_for_origin(self, name: str) -> None:
        """While old children end, some connections are still theirs."""
        deadline = time.monotonic() + 10
        while self.get("example.com")["origin"] != name:
            assert time.monotonic() < deadline, self.said

    def get(self, host: str, path: str = "/x", secure: bool = False) -> dict[str, object]:
        """What the stub of the origin has received."""
        connection = socket.create_connection(("127.0.0.1", self.port), 10)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            connection = context.wrap_socket(connection, server_hostname=host)
        asked = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        with connection:
            connection.sendall(asked.encode())
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            body = answer.read()
        assert answer.status == 200, (answer.status, body, self.said)
        found = json.loads(body)
        assert isinstance(found, dict)
        return found


@contextmanager
def serving(engine: str, site: Path, *words: str, listen: int = 80) -> Iterator[Running]:
    """Ended by its pid whatever happens; its sandbox is gone then."""
    port = free_ports(1)[0]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "said"
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "TMPDIR": folder}
        command = [sys.executable, "-m", "apacheconf", "serve", str(site), "--engine", engine, "--stub-origins"]
        command += ["--listen", f"{listen}=127.0.0.1:{port}", *words]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environ, cwd=ROOT)
        running = Running(process, log, port)
        try:
            running.wait_for("listening on")
            yield running
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0, running.said
            assert not list(Path(folder).glob("apacheconf-*"))
        finally:
            process.terminate()  # so that the server ends with it when a test has failed
            process.wait(30)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1).close()


def accepting(engine: str, site: Path, command: Command) -> list[str]:
    """The flags that the refusal names; none when nothing is refused."""
    done = command("translate", site, "--to", engine, "--strict", "-o", "/dev/null", "--force")
    found = re.search(r"accept what is named: (.*)", done.stderr)
    assert (done.returncode == 3) == (found is not None), done.stderr
    return found[1].split() if found else []


def test_members_alternate_and_see_the_client_s_host(engine: str) -> None:
    need(engine)
    with serving(engine, SITES / "load-balancer/conf.d") as running:
        seen = [running.get("example.com") for _ in range(8)]
    assert {str(each["origin"]) for each in seen} == {"10.0.0.1:8080", "10.0.0.2:8080"}
    headers = seen[0]["headers"]
    assert isinstance(headers, list)
    assert ["host", "example.com"] in [[name.lower(), value] for name, value in headers]


@pytest.mark.parametrize("site", FIVE)
def test_sites(site: str, engine: str, command: Command) -> None:
    need(engine)
    host, port, path, origin = FIVE[site]
    with serving(engine, SITES / site, *accepting(engine, SITES / site, command), listen=port) as running:
        assert running.get(host, path, secure=port == 443)["origin"] == origin


def test_hup_reloads_and_an_error_changes_nothing(engine: str, tmp_path: Path) -> None:
    need(engine)
    site = tmp_path / "conf.d"
    shutil.copytree(SITES / "reverse-proxy/conf.d", site)
    file = next(site.glob("*.conf"))
    with serving(engine, site) as running:
        text = file.read_text()
        file.write_text(text.replace("10.0.0.1", "10.0.0.9"))
        running.process.send_signal(signal.SIGHUP)
        running.wait_for(" reloaded")
        running.wait_for_origin("10.0.0.9:80")
        file.write_text(text + "ProxyPas / nowhere\n")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("goes on with the configuration that it has")
        assert "Invalid command 'ProxyPas'" in running.said
        file.write_text(text + "ProxyPassInherit Off\nMDomain shop.example\n")
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("goes on with the configuration that it has", times=2)
        assert "MDomain unsupported" in running.said
        running.wait_for_origin("10.0.0.9:80")


def test_what_would_differ_is_refused_and_named(engine: str, tmp_path: Path, command: Command) -> None:
    need(engine)
    site = tmp_path / "site.conf"
    site.write_text("MDomain shop.example\nProxyPass / http://10.0.0.1/\n")
    done = command("serve", site, "--engine", engine)
    assert done.returncode == 3
    assert f"serve --engine {engine}: it would answer differently" in done.stderr
    assert "site.conf:1:1: MDomain unsupported" in done.stderr or "site.conf:1: MDomain unsupported" in done.stderr
    assert "accept what is named: --accept MDomain\n" in done.stderr


def test_what_the_server_refuses_is_told(engine: str, tmp_path: Path, command: Command) -> None:
    """Without stand-ins a certificate that isn't there is the server's own error, not a stand-in."""
    need(engine)
    site = tmp_path / "site.conf"
    site.write_text(
        "Listen 18443\n<VirtualHost *:18443>\nServerName a.test\nSSLEngine on\nSSLCertificateFile /nowhere/a.pem\n"
        "ProxyPass / http://10.0.0.1/\n</VirtualHost>\n"
    )
    flags = accepting(engine, site, command)
    done = command("serve", site, "--engine", engine, *flags)
    assert done.returncode == 4
    assert "refuses the translation" in done.stderr and "/nowhere/a.pem" in done.stderr


def test_a_server_that_is_not_there_is_said(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from apacheconf.cli import engine as under_test
    from apacheconf.cli.options import Reading
    from apacheconf.diagnostics import UsageError
    from apacheconf.runtime import ServeOptions

    monkeypatch.setattr(under_test, "find", lambda name: None)
    with pytest.raises(UsageError, match=f"{engine} is not installed") as refused:
        under_test.serve(Reading(), engine, ServeOptions())
    assert refused.value.help == f"install {engine}, or: pip install 'apacheconf[engines]'"
