"""What is given to a library as a file is nowhere else, and nowhere at all behind the block."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.runtime import fleeting
from apacheconf.runtime.fleeting import file_of
from tests.conftest import ROOT


@pytest.mark.parametrize("with_proc", [True, False])
def test_it_is_read_within_the_block_and_gone_behind_it(with_proc: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not with_proc:
        monkeypatch.setattr(fleeting, "_OPEN", Path("/nonexistent"))
    with file_of(b"key\n") as name:
        assert Path(name).read_bytes() == Path(name).read_bytes() == b"key\n"
    assert not Path(name).exists()


@pytest.mark.skipif(sys.platform != "linux", reason="files in memory are Linux's")
def test_nothing_stays_of_a_process_that_is_killed(tmp_path: Path) -> None:
    script = "from apacheconf.runtime.fleeting import file_of\nwith file_of(b'key'): print('now', flush=True); input()"
    environ = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", script]
    with subprocess.Popen(words, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holding:
        assert holding.stdout and holding.stdout.readline() == "now\n"
        assert list(tmp_path.iterdir()) == []
        holding.kill()
        assert holding.wait(10) == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []
