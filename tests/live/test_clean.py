"""prove leaves no process and no file behind, also when it is interrupted or killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests import record
from tests.engines.real import need

PROVE = """
import sys
from apacheconf.prove import prove
asked = 0
def tell(probe):
    global asked
    asked += 1
    if asked == int(sys.argv[2]):
        print("now", flush=True)
        __import__("time").sleep(30)
prove([sys.argv[1]], against="nginx", reference="httpd", progress=tell)
"""


def processes_naming(text: str) -> list[str]:
    """The command lines of running processes that hold ``text``."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode("latin-1")
        except OSError:
            continue
        if text in line:
            found.append(line)
    return found


def nothing_is_left(temporary: Path) -> None:
    """No process of a sandbox below ``temporary``, and no file; whoever was killed has left that to its cleaner."""
    deadline = time.monotonic() + 10
    while (processes_naming(f"{temporary}/apacheconf-") or any(temporary.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_naming(f"{temporary}/apacheconf-") == []
    assert list(temporary.iterdir()) == []


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("probe", [3, 260], ids=["in the reference", "in the other"])
def test_an_interrupted_comparison_leaves_nothing(tmp_path: Path, number: signal.Signals, probe: int) -> None:
    need("httpd")
    need("nginx")
    site = str(record.ROOT / record.SITES["load-balancer"])
    command = [sys.executable, "-c", PROVE, site, str(probe)]
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(record.ROOT)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ, cwd=tmp_path
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "now\n"
        assert processes_naming(f"{tmp_path}/apacheconf-"), "no server runs in a sandbox"
        os.kill(running.pid, number)
        assert running.wait(20) != 0
    nothing_is_left(tmp_path)


MEMBERS = """\
Listen 8081
<VirtualHost *:8081>
    ServerName www.example.com
    <Proxy balancer://two>
        BalancerMember http://one.internal:8080
        BalancerMember http://two.internal:8080
    </Proxy>
    ProxyPass / balancer://two/
</VirtualHost>
"""


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_an_interrupted_command_leaves_nothing(tmp_path: Path, against: str, number: signal.Signals) -> None:
    """Mid-way, while the other side runs: nginx has a socket for each member, which lies in the sandbox too."""
    need("httpd")
    if against != "serve":
        need(against)
    (tmp_path / "site.conf").write_text(MEMBERS)
    with tempfile.TemporaryDirectory(prefix="t") as temporary:  # a socket's path may not be long
        _interrupt(tmp_path, Path(temporary), against, number)


def _interrupt(folder: Path, temporary: Path, against: str, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "apacheconf", "prove", str(folder / "site.conf"), "--against", against]
    environ = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(record.ROOT)}
    sockets = set(Path("/run").glob("nginx-*.sock"))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environ, cwd=folder) as run:
        deadline = time.monotonic() + 60
        name = "apacheconf serve" if against == "serve" else against
        while not any(name in line for line in processes_naming(f"{temporary}/apacheconf-")):
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.02)
        time.sleep(0.2)
        os.kill(run.pid, number)
        assert run.wait(20) == 130
        assert run.stderr is not None
        assert b"Traceback" not in run.stderr.read()
    assert processes_naming(f"{temporary}/apacheconf-") == []
    assert list(temporary.iterdir()) == []
    assert set(Path("/run").glob("nginx-*.sock")) <= sockets
