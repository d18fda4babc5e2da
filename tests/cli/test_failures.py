"""Every way out: what a user reads and the exit code, and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.cli.failures import tell
from apacheconf.diagnostics import (
    CheckerError,
    ConfigError,
    Diagnostic,
    InternalError,
    Level,
    StrictError,
    UsageError,
)
from tests.conftest import ROOT, SITES, Command

COMMAND = [sys.executable, "-m", "apacheconf"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("no such thing", "try this"), 2, "apacheconf: no such thing\n  help: try this\n"),
        (StrictError("nginx would differ"), 3, "apacheconf: nginx would differ\n"),
        (CheckerError("nginx refused"), 4, "apacheconf: nginx refused\n"),
        (ConfigError([Diagnostic(Level.ERROR, "n", "bad")]), 1, "error: bad [n]\n\n1 error\n"),
        (FileNotFoundError(2, "No such file or directory", "x.conf"), 2, "apacheconf: x.conf: No such file or dir"),
        (KeyboardInterrupt(), 130, ""),
        (InternalError("a directive without a row"), 70, "apacheconf: internal error: InternalError: a directive wi"),
        (ZeroDivisionError("division by zero"), 70, "please report it"),
        (RecursionError(), 70, "apacheconf: internal error: RecursionError\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_error_becomes_text_and_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tell(error) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("APACHECONF_DEBUG", "1")
    assert tell(ZeroDivisionError("x")) == 70
    assert "ZeroDivisionError: x" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("lint", "--format", "xml"), ("translate",), ("explain",), ("prove", "--against", "iis")],
    ids=" ".join,
)
def test_wrong_usage_is_2(words: tuple[str, ...], command: Command) -> None:
    done = command(*words)
    assert done.returncode == 2
    assert "Error: " in done.stderr and "Traceback" not in done.stderr


def test_version_and_help(command: Command) -> None:
    assert command("--version").stdout == "apacheconf 0.1.0\n"
    helped = command("--help")
    assert helped.returncode == 0
    for name in ("serve", "translate", "lint", "explain", "prove", "check", "vhosts", "modules", "dump"):
        assert f"\n  {name} " in helped.stdout
        assert command(name, "--help").returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["lint", "--explain", "nonsense"]], ids=" ".join)
def test_help_and_lint_load_nothing_heavy(words: list[str], command: Command) -> None:
    """Rich draws only on a terminal, and servers' libraries are for serving."""
    done = command(*words, env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time")}
    assert "typer" in loaded
    assert not loaded & {"rich", "asyncio", "uvloop", "httptools", "apacheconf.runtime", "apacheconf.prove"}


def test_a_closed_pipe_is_no_error(root: Path) -> None:
    import subprocess
    import sys

    script = '"$0" -m apacheconf --help | true; exit ${PIPESTATUS[0]}'
    done = subprocess.run(["bash", "-c", script, sys.executable], cwd=root, capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words", [("--version",), ("explain", "/"), ("dump",), ("lint", "--format", "json")], ids=" ".join
)
def test_a_full_disk_is_2(words: tuple[str, ...], root: Path) -> None:
    arguments = [*words, str(SITES / "load-balancer/conf.d")] if words[0] != "--version" else list(words)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(COMMAND + arguments, stdout=full, stderr=subprocess.PIPE, text=True, cwd=root)
    assert done.returncode == 2
    assert done.stderr.endswith("apacheconf: cannot write the output: No space left on device\n")


def test_a_reader_that_went_away_finds_no_errors(root: Path) -> None:
    """1 would mean errors or findings."""
    reading, writing = os.pipe()
    os.close(reading)
    arguments = ["explain", "/", str(SITES / "load-balancer/conf.d")]
    done = subprocess.run(COMMAND + arguments, stdout=writing, stderr=subprocess.PIPE, text=True, cwd=root)
    os.close(writing)
    assert done.returncode in (0, 141)
    assert done.stderr.startswith("reading ") and len(done.stderr.splitlines()) == 1


def test_an_interrupt_while_the_command_is_still_loading_shows_no_traceback(tmp_path: Path) -> None:
    """Nothing of ours could catch it there: the process ends as the signal has it."""
    (tmp_path / "typer.py").write_text('import time\nprint("loading", flush=True)\ntime.sleep(30)\n')
    environ = {**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"}
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ) as loading:
        assert loading.stdout and loading.stderr
        assert loading.stdout.readline() == "loading\n"
        loading.send_signal(signal.SIGINT)
        assert loading.wait(10) == -signal.SIGINT
        assert loading.stderr.read() == ""
