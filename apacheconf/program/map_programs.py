"""RewriteMap prg: a program that is given keys and gives values, a line each (RW-43).

It is started when it is first asked, with the words of the directive and without a shell, and ends when its input does.
One lock serves all of them, as httpd's does, so that keys and values belong together. A program that says nothing
for ten seconds is given up; it is started anew by the next look-up, as one is that has ended.
"""

from __future__ import annotations

import atexit
import os
import selectors
import shlex
import subprocess
import threading
import time

#: Seconds that a value may take.
PATIENCE = 10.0
_LOCK = threading.Lock()
_RUNNING: dict[str, subprocess.Popen[bytes]] = {}


def ask_program(command: str, key: str) -> str | None:
    """The value that the program gives for a key; None for ``NULL``, and where it can't be asked."""
    if "\n" in key:
        return None
    with _LOCK:
        was_running, line = command in _RUNNING, None
        try:
            line = _line(command, key)
            if line is None and was_running:
                line = _line(command, key)
        except TimeoutError:
            _give_up(command)
    return None if line is None or line.lower() == b"null" else line.decode("latin-1")


def _line(command: str, key: str) -> bytes | None:
    """What the program answers; None where it has ended or can't be started. Raises TimeoutError."""
    try:
        found = _ask(_running(command), key.encode("latin-1") + b"\n")
    except TimeoutError:
        raise
    except (OSError, ValueError):
        found = None
    if found is None:
        _give_up(command)
    return found


def _running(command: str) -> subprocess.Popen[bytes]:
    known = _RUNNING.get(command)
    if known is None or known.poll() is not None:
        known = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        _RUNNING[command] = known
    return known


def _ask(program: subprocess.Popen[bytes], line: bytes) -> bytes | None:
    """One line in, one line out, the last one without its end too; None where there is none. Raises TimeoutError."""
    assert program.stdin is not None and program.stdout is not None
    program.stdin.write(line)
    found, until = b"", time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(program.stdout, selectors.EVENT_READ)
        while not found.endswith(b"\n"):
            if not selector.select(until - time.monotonic()):
                raise TimeoutError
            piece = os.read(program.stdout.fileno(), 4096)
            if not piece:
                return found or None
            found += piece
    return found.partition(b"\n")[0]


def _give_up(command: str) -> None:
    program = _RUNNING.pop(command, None)
    if program is not None:
        program.kill()
        program.wait()


@atexit.register
def stop_programs() -> None:
    """End every program that was started."""
    with _LOCK:
        for command in list(_RUNNING):
            _give_up(command)
