"""The real servers start in a sandbox on loopback, answer, and leave nothing behind (ENG-1, ENG-2, ENG-6, ENG-7)."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.diagnostics import CheckerError
from apacheconf.engines import (
    Engine,
    EngineFailed,
    Sandbox,
    Server,
    Verdict,
    check,
    find,
    find_all,
    free_ports,
    sandbox,
)
from apacheconf.engines import haproxy as haproxy_engine
from apacheconf.engines import httpd as httpd_engine
from apacheconf.engines import nginx as nginx_engine
from apacheconf.engines.foreground import Foreground
from tests.engines.real import need

NGINX = "events {}\nhttp {\n    server {\n        listen 127.0.0.1:%d;\n        return 204;\n    }\n}\n"
HAPROXY = (
    "defaults\n    mode http\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n"
    "frontend f\n    bind 127.0.0.1:%d\n    http-request return status 204\n"
)


def start(name: str, box: Sandbox, port: int) -> Server:
    engine = need(name)
    at = [("127.0.0.1", port)]
    if name == "httpd":
        text = httpd_engine.preamble(engine, box, ["alias_module"])
        return httpd_engine.start(engine, box, f"{text}Listen 127.0.0.1:{port}\nRedirect 204 /\n", at)
    if name == "nginx":
        return nginx_engine.start(engine, box, NGINX % port, at)
    return haproxy_engine.start(engine, box, HAPROXY % port, at)


def ask(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return client.recv(100)


@pytest.mark.live
@pytest.mark.parametrize("name", ["httpd", "nginx", "haproxy"])
def test_starts_answers_and_leaves_nothing(name: str) -> None:
    (port,) = free_ports(1)
    with Sandbox("test") as box:
        with start(name, box, port) as server:
            assert b" 204 " in ask(port)
        assert not server.is_running
        assert not list_group(server.pid)
        with pytest.raises(OSError):
            ask(port)
    assert not box.path.exists()


def list_group(group: int) -> list[str]:
    """The processes of a process group that are no zombies."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(stat.parent.name)
    return found


@pytest.mark.live
def test_a_server_that_refuses_its_configuration_says_why() -> None:
    (port,) = free_ports(1)
    with Sandbox("test") as box, pytest.raises(EngineFailed, match="unknown directive"):
        nginx_engine.start(need("nginx"), box, "nonsense on;\n" + NGINX % port, [("127.0.0.1", port)])


UNDER_SIGNAL = """
import sys, time
from apacheconf.engines import Sandbox, find, nginx, stopping_on_signals
with stopping_on_signals(), Sandbox("test") as box:
    with nginx.start(find("nginx"), box, sys.argv[1], [("127.0.0.1", int(sys.argv[2]))]) as server:
        print(server.pid, box.path, flush=True)
        time.sleep(60)
"""


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_leave_no_process_and_no_file(number: signal.Signals) -> None:
    need("nginx")
    (port,) = free_ports(1)
    command = [sys.executable, "-c", UNDER_SIGNAL, NGINX % port, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        pid, path = parent.stdout.readline().split()
        os.kill(parent.pid, number)
        parent.wait(20)
    assert not list_group(int(pid))
    assert not Path(path).exists()


@pytest.mark.live
def test_check_replaces_what_belongs_to_another_machine() -> None:
    """DES-16."""
    need("nginx")
    text = NGINX.replace("127.0.0.1:%d", "10.9.8.7:80").replace(
        "return 204;", "location / {proxy_pass http://o.invalid;}"
    )
    result = check("nginx", {"nginx.conf": text})
    assert result.verdict is Verdict.VALID, result.output
    assert result.replaced == ("listen 10.9.8.7:80 -> 127.1.0.1:20080", "name o.invalid -> 127.0.0.1")


@pytest.mark.live
def test_check_shows_what_was_refused_with_our_file_name() -> None:
    need("haproxy")
    result = check("haproxy", {"site.cfg": HAPROXY.replace("mode http", "mode htpp") % 80})
    assert result.verdict is Verdict.REFUSED
    assert not result.ok
    assert "[site.cfg:2]" in result.output


@pytest.mark.live
def test_check_counts_warnings() -> None:
    need("haproxy")
    text = (
        HAPROXY.replace("    timeout connect 1s\n", "") % 80
        + "    default_backend b\nbackend b\n    server s 127.0.0.1:1\n"
    )
    result = check("haproxy", {"haproxy.cfg": text})
    assert result.verdict is Verdict.WARNED
    first, *more = result.warnings
    assert "missing timeouts for backend 'b'" in first
    assert more and all(line.startswith("   | ") for line in more)


@pytest.mark.live
def test_what_nginx_warns_of_is_told_and_what_it_says_besides_is_not() -> None:
    need("nginx")
    hosts = "server { listen 80; server_name a; }\n" * 2
    result = check("nginx", {"nginx.conf": f"events {{}}\nhttp {{\n{hosts}}}\n"})
    assert result.verdict is Verdict.WARNED
    assert result.warnings == ('nginx: [warn] conflicting server name "a" on 0.0.0.0:80, ignored',)


def test_a_missing_checker_never_reads_as_success(monkeypatch: pytest.MonkeyPatch) -> None:
    """ENG-7."""
    monkeypatch.setattr("apacheconf.engines.checking.find", lambda name: None)
    result = check("nginx", {"nginx.conf": ""})
    assert result.verdict is Verdict.NOT_VALIDATED
    assert not result.ok


def _hanging(folder: Path) -> Engine:
    program = folder / "nginx"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    return Engine("nginx", program, "1.22.1")


def test_a_checker_that_comes_to_no_end_is_told_and_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apacheconf.engines.checking.SECONDS", 0.2)
    with pytest.raises(CheckerError, match=r"^nginx 1\.22\.1 has not checked the translation within 0\.2 seconds"):
        check(_hanging(tmp_path), {"nginx.conf": "events {}\n"})


def test_files_that_nobody_could_check_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload goes on with those that it has."""
    monkeypatch.setattr("apacheconf.engines.checking.SECONDS", 0.2)
    true = tmp_path / "true"
    true.write_text("#!/bin/sh\n")
    true.chmod(0o755)
    with Sandbox("test") as box:
        foreground = Foreground(Engine("nginx", true, "1.22.1"), box, stand_ins=True)
        foreground.reload({"nginx.conf": "# first\n"})
        foreground.engine = _hanging(tmp_path)
        with pytest.raises(CheckerError):
            foreground.reload({"nginx.conf": "# second\n"})
        assert "# first" in (box.path / "nginx.conf").read_text()


def test_versions_can_be_chosen() -> None:
    for engine in find_all("nginx"):
        major = ".".join(engine.version.split(".")[:2])
        assert find("nginx", major) is not None
    assert find("nginx", "0.1") is None


def test_no_port_that_a_configuration_names_itself_is_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in at a port of the configuration would be replaced again, as if it were that origin."""
    monkeypatch.setattr(sandbox, "PORTS", range(20_000, 20_003))
    monkeypatch.setattr(random, "sample", lambda ports, count: list(ports))
    assert free_ports(1, but={20_000, 20_001}) == [20_002]
    with pytest.raises(OSError, match=r"no port of 127\.0\.0\.1 is free"):
        free_ports(1, but=range(20_000, 20_003))


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no server could listen on a port that is held")
def test_a_port_that_was_given_away_is_nobody_elses() -> None:
    (port,) = free_ports(1)
    look = f"import socket; socket.socket().bind(('127.0.0.1', {port}))"
    other = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False, timeout=60)
    assert "Address already in use" in other.stderr
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)):  # as every server does: with SO_REUSEADDR
        socket.create_connection(("127.0.0.1", port)).close()
