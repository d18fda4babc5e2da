"""A process that ends in whatever way leaves no server and no folder behind: its cleaner sees to that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: One server while it is being started: it never answers. It may be ``deaf`` to TERM.
STARTING = """
import sys
from apacheconf.engines import Sandbox, Server, free_ports, stopping_on_signals
with stopping_on_signals(), Sandbox("one") as box:
    wait = "trap '' TERM; " * int(sys.argv[1]) + "echo $$ $0 > pid.new; mv pid.new pid; while :; do sleep 0.1; done"
    Server("a server", ["sh", "-c", wait, box.path], [("127.0.0.1", free_ports(1)[0])], box.path / "logs" / "out")
"""
#: One that is up, and a process that ends at once without another word.
UP = """
import os, sys
from apacheconf.engines import Sandbox, Server
box = Sandbox("one")
server = Server("a server", ["sh", "-c", "sleep 100; :"], [], box.path / "out")
print(server.pid, os.getpid(), flush=True)
os._exit(3)
"""


def _run(script: str, temporary: Path, *words: str) -> subprocess.Popen[str]:
    environ = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *words], env=environ, cwd=temporary, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _is_there(group: int) -> bool:
    """Whether a process of the group runs: one that nobody has buried yet doesn't."""
    stats = (file.read_text().rpartition(")")[2].split() for file in Path("/proc").glob("[0-9]*/stat") if file.exists())
    return any(state != "Z" and int(of) == group for state, _, of, *_ in stats)


def _nothing_is_left(temporary: Path, group: int) -> None:
    deadline = time.monotonic() + 15
    while (_is_there(group) or any(temporary.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_there(group)
    assert list(temporary.iterdir()) == []


@pytest.mark.live
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are listed in /proc on Linux alone")
@pytest.mark.parametrize(
    ("number", "deaf"),
    [(signal.SIGINT, "0"), (signal.SIGTERM, "0"), (signal.SIGHUP, "0"), (signal.SIGQUIT, "0"), (signal.SIGKILL, "1")],
)
def test_one_that_ends_while_a_server_starts(tmp_path: Path, number: signal.Signals, deaf: str) -> None:
    """The signal reaches its whole group, as that of a terminal does."""
    with _run(STARTING, tmp_path, deaf) as running:
        while not (found := list(tmp_path.glob("apacheconf-one-*/logs/pid"))):
            assert running.poll() is None
            time.sleep(0.02)
        server = int(found[0].read_text().split()[0])
        assert _is_there(server)
        os.killpg(running.pid, number)
        assert running.wait(20) != 0
    _nothing_is_left(tmp_path, server)


@pytest.mark.live
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are listed in /proc on Linux alone")
def test_one_that_ends_without_a_word(tmp_path: Path) -> None:
    with _run(UP, tmp_path) as running:
        assert running.stdout is not None
        server, own = map(int, running.stdout.readline().split())
        assert (running.wait(20), running.pid) == (3, own)
    _nothing_is_left(tmp_path, server)


def test_a_server_that_is_not_there() -> None:
    """The shell that tells of it says so in its log."""
    script = """
from apacheconf.engines import EngineFailed, Sandbox, Server
with Sandbox("one") as box:
    try:
        Server("a server", [box.path / "nothing"], [("127.0.0.1", 1)], box.path / "out")
    except EngineFailed as error:
        print(str(error).replace(str(box.path), ""))
"""
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    )
    assert said.stderr == ""
    assert "a server did not start" in said.stdout
    assert "/nothing: " in said.stdout
