"""``apacheconf serve`` as a process on loopback: the first minute of a newcomer, and how it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import free_ports
from tests.conftest import ROOT, SITES, Command

JSON = {"Host": "example.com", "Accept": "application/json"}


@contextmanager
def serving(site: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], int, list[str]]]:
    """The process, its port and its summary; ended by its pid whatever happens."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "apacheconf", "serve", str(site), "--listen", f"80=127.0.0.1:{port}", *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=ROOT
    )
    try:
        assert process.stderr
        summary = []
        while line := process.stderr.readline():
            summary.append(line.rstrip())
            if line.startswith("try "):
                break
        yield process, port, summary
    finally:
        process.kill()
        process.communicate(timeout=10)


def get(port: int, path: str = "/", **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={**JSON, **headers})
    return connection.getresponse()


@pytest.mark.parametrize("site", ["load-balancer/conf.d", "debian"])
def test_members_alternate_and_see_the_client_s_host(site: str) -> None:
    with serving(SITES / site, "--stub-origins") as (_, port, summary):
        seen = [json.load(get(port, "/x")) for _ in range(4)]
        assert [each["origin"] for each in seen] == ["10.0.0.1:8080", "10.0.0.2:8080"] * 2
        assert all(["Host", "example.com"] in each["headers"] for each in seen)
        assert f"listening on 127.0.0.1:{port} for *:80" in summary
        assert summary[-1] == f"try  curl -H 'Host: example.com' http://127.0.0.1:{port}/"
        assert any(line.startswith("  / -> balancer://mycluster  fixtures/sites/") for line in summary)


@pytest.mark.parametrize("site", ["reverse-proxy/conf.d", "redhat"])
def test_one_origin(site: str) -> None:
    with serving(SITES / site, "--stub-origins") as (_, port, _):
        seen = json.load(get(port, "/x"))
        assert seen["origin"] == "10.0.0.1:80" and ["Host", "10.0.0.1"] in seen["headers"]


def test_a_site_over_tls_runs_on_a_laptop_that_lacks_its_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TL-1: moved by ``--listen``, with a certificate made for the occasion; what TLS can't do here is named.

    The key that was made lies on no disk once it was read: however the process ends, nothing stays.
    """
    site, drafts, port = tmp_path / "shop.conf", tmp_path / "drafts", free_ports(1)[0]
    drafts.mkdir()
    monkeypatch.setenv("TMPDIR", str(drafts))
    site.write_text(
        "<VirtualHost *:443>\nServerName shop.example\nSSLEngine on\nSSLCertificateFile /nowhere/shop.pem\n"
        "SSLUseStapling on\nSSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\n"
        'ProxyPass "/" "http://10.0.0.1:8080/"\n</VirtualHost>\n'
    )
    with serving(site, "--stub-origins", "--listen", f"443=127.0.0.1:{port}") as (_, _, summary):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=context)
        connection.request("GET", "/x", headers={**JSON, "Host": "shop.example"})
        assert json.load(connection.getresponse())["origin"] == "10.0.0.1:8080"
        assert not list(drafts.iterdir())
    said = "\n".join(summary)
    assert "there is no /nowhere/shop.pem here: a certificate made for the occasion is shown" in said
    assert "SSLUseStapling  Python's ssl can't staple answers about revocation" in said
    assert "SSLCipherSuite  the ciphers of TLS 1.3 are OpenSSL's own" in said
    assert summary[-1] == f"try  curl -k --connect-to '::127.0.0.1:{port}' https://shop.example/"


def test_hosts_of_several_ports_are_told_apart_and_what_lacks_is_counted(tmp_path: Path) -> None:
    """A new user sees which of two hosts speaks TLS, one line for all certificates, and a curl that reaches it."""
    site, (first, port) = tmp_path / "shop.conf", free_ports(2)
    site.write_text(
        "Listen 8080\nListen 8443\nUser nobody-here\nGroup nobody-here\n"
        "<Macro Tenant $name>\n<VirtualHost *:8080>\nServerName $name\nRedirect / https://$name/\n</VirtualHost>\n"
        "<VirtualHost *:8443>\nServerName $name\nSSLEngine on\nSSLCertificateFile /nowhere/$name.pem\n"
        "ProxyPass /ws ws://10.0.0.1/\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n</Macro>\n"
        "Use Tenant a.example\nUse Tenant b.example\nUse Tenant c.example\n"
    )
    moved = ("--listen", f"8080=127.0.0.1:{first}", "--listen", f"8443=127.0.0.1:{port}")
    with serving(site, "--stub-origins", *moved) as (_, _, summary):
        pass
    assert f"{site}:13: there is no /nowhere/a.example.pem here (and 2 more such): a certificate" in "\n".join(summary)
    assert f"{site}:3: there is no user nobody-here and no group nobody-here here" in "\n".join(summary)
    assert [line for line in summary if line.startswith("host")] == [
        f"host {name}.example at {asked}  {site}:{line}"
        for name, line in (("a", 18), ("b", 19), ("c", 20)) for asked in (8080, 8443)
    ]  # fmt: skip
    assert summary[-1] == f"try  curl -k --connect-to '::127.0.0.1:{port}' https://a.example:8443/"


def test_a_site_over_tls_does_not_start_without_its_certificate(tmp_path: Path, command: Command) -> None:
    """TL-4."""
    site = tmp_path / "shop.conf"
    site.write_text("<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile /nowhere/shop.pem\n</VirtualHost>\n")
    done = command("serve", site)
    assert done.returncode == 1
    said = f"{site}:3:1: error: SSLCertificateFile: file '/nowhere/shop.pem' does not exist or is empty"
    assert said in done.stderr.replace("\n", " ").replace("  ", " ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ends_well_on_a_signal(number: signal.Signals) -> None:
    with serving(SITES / "load-balancer/conf.d", "--stub-origins", "--access-log", "-") as (process, port, _):
        assert get(port, "/seen").status == 200
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0
        assert '"GET /seen HTTP/1.1" 200 ' in out
        assert "Traceback" not in err


def test_a_laptop_sees_types_and_each_answer_once(tmp_path: Path) -> None:
    """A fragment names no TypesConfig: the system's file answers. Lines of CustomLog are shown, not said twice."""
    (tmp_path / "a.css").write_text("a {}")
    site = tmp_path / "site.conf"
    site.write_text(
        f'Listen 80\nDocumentRoot "{tmp_path}"\n<Directory "{tmp_path}">\nRequire all granted\n</Directory>\n'
        'LogFormat "own %U" own\nCustomLog logs/access.log own\n'
    )
    with serving(site, "--stub-origins", "--access-log", "-") as (process, port, _):
        assert get(port, "/a.css").getheader("Content-Type") == "text/css"
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
    assert out == "" and err.splitlines().count("own /a.css") == 1


def test_origin_moves_the_connect_only(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as origin:
        moved = f"10.0.0.1:80=127.0.0.1:{origin.getsockname()[1]}"
        log = tmp_path / "access.log"
        with serving(SITES / "reverse-proxy/conf.d", "--origin", moved, "--access-log", str(log)) as (_, port, summary):
            assert any(line.startswith("  http://10.0.0.1/ at 127.0.0.1:") for line in summary)
            client = socket.create_connection(("127.0.0.1", port), 10)
            client.sendall(b"GET /a HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
            origin.settimeout(10)
            asked, _ = origin.accept()
            assert asked.recv(65536).startswith(b"GET /a HTTP/1.1\r\nHost: 10.0.0.1\r\n")
            asked.sendall(b"HTTP/1.1 204 No Content\r\nLocation: http://10.0.0.1/b\r\n\r\n")
            asked.close()
            with client, client.makefile("rb") as answer:
                assert b"\r\nLocation: http://example.com/b\r\n" in answer.read()
        assert '"GET /a HTTP/1.1" 204' in log.read_text()


def test_a_port_in_use_is_said(command: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = command("serve", SITES / "load-balancer/conf.d", "--listen", f"80=127.0.0.1:{port}")
        assert done.returncode == 2
        assert f"Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:{port}" in done.stderr
        assert "help: listen elsewhere with --listen 80=" in done.stderr


def test_a_restriction_stops_serve_until_it_is_accepted(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    text = (SITES / "reverse-proxy/conf.d/example.com.conf").read_text()
    file.write_text(text.replace("</Virt", "SecRuleEngine On\n</Virt"))
    port = free_ports(1)[0]
    done = command("serve", file, "--stub-origins", "--listen", f"80=127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"{file}:7:1: error: SecRuleEngine takes something away from clients and is not honoured" in done.stderr
    assert "help: serve it all the same with --accept SecRuleEngine" in done.stderr
    with serving(file, "--stub-origins", "--accept", "SecRuleEngine") as (_, port, summary):
        assert get(port, "/").status == 200
        assert "not honoured" in summary and any(f"{file}:7: SecRuleEngine" in line for line in summary)


def test_what_is_missing_here_gets_a_stand_in(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    text = (SITES / "reverse-proxy/conf.d/example.com.conf").read_text()
    file.write_text(f"User nosuchuser\nErrorLog /nosuch/folder/error.log\n{text}")
    with serving(file, "--stub-origins") as (_, port, summary):
        assert get(port).status == 200
        assert f"{file}:1: there is no user nosuchuser here: running as who started it" in summary
        assert f"{file}:2: there is no /nosuch/folder here: logs go to stderr" in summary


def test_options_that_nothing_answers_to_are_told() -> None:
    words = ("--listen", "81=8081", "--origin", "10.0.0.9:80=127.0.0.1:9", "--accept", "Requier", "--stub-origins")
    with serving(SITES / "load-balancer/conf.d", *words, "--origin", "10.0.0.1:8080=127.0.0.1:9") as (_, _, summary):
        assert [line for line in summary if line.startswith("--")] == [
            "--listen 81: no Listen names it, so nothing is moved",
            "--origin 10.0.0.9:80: no mapping and no member names it",
            "--accept Requier: there is no such directive in the configuration",
        ]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_stops_no_server(tmp_path: Path) -> None:
    """Every log on a full disk: requests are answered, and nobody sees a traceback."""
    file = tmp_path / "site.conf"
    file.write_text(
        'ServerName example.com\nErrorLog /dev/full\nCustomLog /dev/full "%r"\nProxyPass / http://127.0.0.1:1/\n'
    )
    with serving(file, "--access-log", "/dev/full") as (process, port, _):
        assert [get(port).status for _ in range(3)] == [503, 503, 503]
        process.terminate()
        assert process.wait(20) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_a_folder_of_logs_that_is_missing_is_said(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text(f"Listen 127.0.0.1:{free_ports(1)[0]}\nServerName a\nErrorLog {tmp_path}/none/error.log\n")
    done = command("serve", file)
    assert done.returncode == 2
    said = f"AH02291: Cannot access directory '{tmp_path}/none/' for error log '{tmp_path}/none/error.log'"
    assert f"(2)No such file or directory: {said}" in done.stderr
