"""What all tests share: where things are, the command as a user runs it, and the two rings.

``make test`` is the first ring. Tests marked ``prove_all`` are the second and run only when asked for by
``-m prove_all`` or ``APACHECONF_PROVE_ALL=1`` (what ``make prove-all`` sets).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from apacheconf.engines import sandbox

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
SITES = FIXTURES / "sites"

#: No test is timed: a busy machine makes nothing wrong.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_configure(config: pytest.Config) -> None:
    """Hear Ctrl-C again where the shell has started the tests in the background: who is started here inherits it.

    Workers that run side by side look for ports in parts of their own, so that none takes what another has just found.
    """
    if worker := getattr(config, "workerinput", None):
        sandbox.PORTS = sandbox.PORTS[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long ring out unless it was asked for."""
    if "prove_all" in (config.getoption("-m") or "") or os.environ.get("APACHECONF_PROVE_ALL"):
        return
    skip = pytest.mark.skip(reason="the long ring: make prove-all")
    for item in items:
        if item.get_closest_marker("prove_all"):
            item.add_marker(skip)


@pytest.fixture(scope="session", autouse=True)
def _open_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let servers that run as somebody else reach what a test opens to them: pytest closes the folders above it."""
    base = tmp_path_factory.getbasetemp()
    for folder in (base, *base.parents):
        if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
            folder.chmod(0o755)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def sites() -> Path:
    """``fixtures/sites``."""
    return SITES


@pytest.fixture(scope="session")
def command() -> Command:
    """Run ``apacheconf ARGS...`` as a process of its own, without a terminal; gives the finished process."""

    def run(
        *args: str | Path, cwd: Path = ROOT, stdin: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        words: Sequence[str] = [sys.executable, "-m", "apacheconf", *map(str, args)]
        return subprocess.run(
            words,
            cwd=cwd,
            input=stdin if stdin is not None else "",
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100", **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
