"""Logs that are moved away and opened anew on USR1, and programs that read them, of httpd and of serve (LG-1, LG-5)."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.engines.process import Server
from apacheconf.prove.client import Turn, exchange
from tests.engines.real import need

pytestmark = pytest.mark.live

_DEVICE = Path("/dev/log")
_CONFIG = """
LogFormat "%>s %U" short
GlobalLog logs/global.log short
CustomLog logs/errors.log short "expr=%{REQUEST_STATUS} >= 404"
CustomLog logs/loud.log short env=!quiet
CustomLog "|/usr/bin/tee -a {box}/logs/tee.log" short
CustomLog "||/usr/bin/tee -a {box}/logs/direct.log" short
CustomLog "|$/bin/cat >> {box}/logs/shell.log" short
ErrorLog "|$/bin/cat >> {box}/logs/said.log"
ErrorLogFormat "%l %M"
SetEnvIf Request_URI quiet quiet
Redirect /moved http://elsewhere.example/
ProxyPass /dead http://127.0.0.1:{dead}/
"""
#: What httpd says of its start, its restart, and the programs that it has started before.
_OF_RESTARTS = ("notice ", "info ", "warn AH00488: ")
_MODULES = ("authz_core_module", "alias_module", "proxy_module", "proxy_http_module", "setenvif_module")


@contextmanager
def _running(engine: str, box: Sandbox, port: int, dead: int, config: str = _CONFIG) -> Iterator[Server]:
    httpd = need("httpd")
    head = engine_httpd.preamble(httpd, box, _MODULES)
    body = config.replace("{box}", str(box.path)).replace("{dead}", str(dead))
    text = f"{head}\nListen 127.0.0.1:{port}\nServerName example.com\n{body}"
    at = [("127.0.0.1", port)]
    if engine == "httpd":
        with engine_httpd.start(httpd, box, text, at) as server:
            yield server
        return
    command = [sys.executable, "-m", "apacheconf", "serve", "-f", str(box.write("httpd.conf", text))]
    environ = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with Server("apacheconf serve", command, at, box.path / "serve.out", environ) as server:
        yield server


def _lines(folder: Path) -> dict[str, list[str]]:
    """The lines of each log, without those about starts and stops."""
    found = {}
    for path in sorted(folder.glob("*.log*")):
        lines = path.read_text("latin-1").splitlines()
        found[path.name] = [line for line in lines if not line.startswith(_OF_RESTARTS)]
    return found


def _after_a_while(folder: Path, wanted: int) -> dict[str, list[str]]:
    """The logs, once every program has written so many lines in all."""
    until = time.monotonic() + 20
    while sum(map(len, _lines(folder).values())) < wanted:
        assert time.monotonic() < until, f"{wanted} lines were expected: {_lines(folder)}"
        time.sleep(0.05)
    time.sleep(0.3)  # and no more than that
    return _lines(folder)


def _rotated(engine: str) -> list[dict[str, list[str]]]:
    """What the logs hold before USR1, after it, and in the end."""
    port, dead = free_ports(2)
    told = []
    with Sandbox("rotation") as box:
        logs = box.path / "logs"
        with _running(engine, box, port, dead) as server:
            _ask(port, "/moved/1", "/quiet/2", "/dead/3")
            told.append(_after_a_while(logs, 4 * 3 + 3 * 2))
            for path in list(logs.glob("*.log")):
                if path.name != "error.log":
                    path.rename(path.with_suffix(".log.1"))
            os.kill(server.pid, signal.SIGUSR1)
            time.sleep(2)
            _ask(port, "/after/4", "/dead/5")
            told.append(_after_a_while(logs, 18 + 7 * 2))
        told.append(_lines(logs))
    return [
        {name: [line.replace(str(dead), "{dead}") for line in each] for name, each in logs.items()} for logs in told
    ]


def _ask(port: int, *paths: str) -> None:
    for path in paths:
        data = f"GET {path} HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n".encode()
        assert exchange(("127.0.0.1", port), (Turn(data),)).answers
        time.sleep(0.1)  # lines come in the order of the requests


def test_logs_are_opened_anew_and_programs_started_again() -> None:
    theirs, ours = _rotated("httpd"), _rotated("serve")
    for part in (*theirs, *ours):
        part.pop("error.log", None)  # the preamble's own, which the main server's takes the place of
    assert ours == theirs
    assert theirs[-1]["tee.log"] == ["404 /after/4", "503 /dead/5"]
    assert re.match(r"error AH00957: ", theirs[-1]["said.log"][0])


@contextmanager
def _daemon() -> Iterator[list[str]]:
    """What would be syslog's daemon, where there is none: the messages, with pids and times left out."""
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        try:
            listening.bind(str(_DEVICE))
        except OSError as error:
            pytest.skip(f"{_DEVICE} can't be made here: {error}")
        try:
            _DEVICE.chmod(0o666)
            listening.settimeout(0.5)
            yield heard
            with contextlib.suppress(TimeoutError):
                while True:
                    heard.append(listening.recv(4096).decode("latin-1"))
        finally:
            _DEVICE.unlink()


def _to_syslog(engine: str, target: str) -> list[str]:
    port, dead = free_ports(2)
    config = f"ErrorLog {target}\nLogLevel info\nProxyPass /dead http://127.0.0.1:{{dead}}/\n"
    with _daemon() as heard, Sandbox("syslog") as box, _running(engine, box, port, dead, config):
        _ask(port, "/dead/1", '/none"\\', "/%2f")
    heard = [line for line in heard if not re.search(r"\[mpm_event:|:notice\]|AH00096", line)]  # of start and stop
    plain = [re.sub(r"^(<\d+>).{15} ", r"\1(time) ", line) for line in heard]
    plain = [re.sub(r"\[\d+\]: ", "[pid]: ", re.sub(r"\[pid \d+:tid \d+\] ", "", line)) for line in plain]
    plain = [re.sub(r"\[client 127.0.0.1:\d+\]", "[client]", line).replace(str(dead), "{dead}") for line in plain]
    return [re.sub(r"/\S+(?=/html)", "{box}", line) for line in plain]


@pytest.mark.parametrize("target", ["syslog", "syslog:user", "syslog:local3:shop", "syslog::shop"])
def test_syslog_hears_the_same_of_both(target: str) -> None:
    """LG-5, LG-6, LG-8: priority, tag and text."""
    theirs = _to_syslog("httpd", target)
    assert _to_syslog("serve", target) == theirs
    assert len(theirs) == 4
