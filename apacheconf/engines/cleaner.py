"""Clean up after a process, however it ended: the servers that it started and the folders that it made go with it.

A process that is killed outright (KILL, or out of memory) can't stop its servers itself, and on some systems nobody is
told. So it starts one of these beside itself and holds the only writing end of its standard input: when that ends, so
has the process, and what is still on the list is stopped and removed. It runs as a script, of the standard library
only.

What it is told are records that end in NUL: ``server PID`` (the first process of its group), ``stopped PID``,
``folder PATH`` and ``removed PATH``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time

#: Seconds that servers have to end after TERM.
PATIENCE = 5.0


def main() -> None:
    """Read until nobody can write any more, then clean up."""
    servers: dict[int, None] = {}
    folders: dict[bytes, None] = {}
    for record in sys.stdin.buffer.read().split(b"\0"):
        word, _, value = record.partition(b" ")
        match word:
            case b"server":
                servers[int(value)] = None
            case b"stopped":
                servers.pop(int(value), None)
            case b"folder":
                folders[value] = None
            case b"removed":
                folders.pop(value, None)
    _stop(servers)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _stop(servers: dict[int, None]) -> None:
    """TERM to every group, and KILL to those that are there after PATIENCE seconds."""
    deadline = time.monotonic() + PATIENCE
    left = [pid for pid in servers if _send(pid, signal.SIGTERM)]
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = [pid for pid in left if _send(pid, 0)]
    for pid in left:
        _send(pid, signal.SIGKILL)


def _send(group: int, number: int) -> bool:
    """Whether there was anybody to hear it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
        return True
    return False


if __name__ == "__main__":
    main()
