"""What is to go when this process has gone, however it ended: told to a ``cleaner`` that outlives it.

The cleaner starts with the first thing that it is told of, and ends when this process does.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

_CLEANER = Path(__file__).with_name("cleaner.py")
#: The cleaner of the process with this id: a fork of it has another one.
_cleaners: dict[int, subprocess.Popen[bytes]] = {}
_starting = threading.Lock()

#: A server tells of itself before it begins: there is no moment in which it runs and nobody knows of it.
_TELL = 'printf "server $$\\0" >&0; exec "$@" </dev/null'


def told(command: Sequence[str]) -> list[str]:
    """``command`` as it tells the cleaner of itself first, where ``pipe`` is its standard input."""
    return ["/bin/sh", "-c", _TELL, "sh", *command]


def pipe() -> int:
    """The file descriptor that leads to the cleaner."""
    with _starting:
        cleaner = _cleaners.get(os.getpid())
        if cleaner is None or cleaner.poll() is not None:
            cleaner = _cleaners[os.getpid()] = _start()
    assert cleaner.stdin is not None
    return cleaner.stdin.fileno()


def _start() -> subprocess.Popen[bytes]:
    """Not of our session: neither Ctrl-C nor the end of a terminal reaches it."""
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(_CLEANER)], bufsize=0, cwd="/", start_new_session=True,
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@atexit.register
def _end() -> None:
    """It has nothing to do any more, as a rule, and is gone before we are."""
    cleaner = _cleaners.pop(os.getpid(), None)
    if cleaner is not None:
        cleaner.communicate()


def stopped(pid: int) -> None:
    """The server with this pid, and its whole group, is no more."""
    _tell(f"stopped {pid}".encode())


def made(folder: Path) -> None:
    """This folder is to go, with all that is in it."""
    _tell(b"folder " + os.fsencode(folder))


def removed(folder: Path) -> None:
    """It has gone."""
    _tell(b"removed " + os.fsencode(folder))


def _tell(record: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):
        os.write(pipe(), record + b"\0")
