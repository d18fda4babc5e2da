"""Where log lines go: files that are opened at the start and again on request, and programs that read them.

Lines are kept until the next tick of the clock, so that many of them cost one write; none waits longer than that.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Callable

from apacheconf.diagnostics import UsageError

#: Bytes that may wait for the next tick.
MOST_WAITING = 65536
#: Seconds before a program that ended is started again, and that one has to end by itself.
REST = 1.0
_MODE = 0o644


class LogFile:
    """A file. Raises UsageError, in httpd's words, when it can't be opened."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._waiting: list[str] = []
        self._size = 0
        self._fd = self._open()

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            raise UsageError(
                f"({error.errno}){error.strerror}: AH00649: could not open transfer log file {self.path}.",
                "make its folder, or serve with --stub-origins to see the lines here",
            ) from None

    def write(self, line: str) -> None:
        self._waiting.append(line)
        self._size += len(line)
        if self._size > MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            data = "\n".join([*self._waiting, ""]).encode("latin-1", "replace")
            self._waiting.clear()
            self._size = 0
            self._put(data)

    def _put(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk stops the log, not the server
            os.write(self._fd, data)

    def reopen(self) -> None:
        """The file may have been moved away: write to one of that name again."""
        self.flush()
        with contextlib.suppress(UsageError):
            new = self._open()
            os.close(self._fd)
            self._fd = new

    def close(self) -> None:
        self.flush()
        os.close(self._fd)


class LogProgram(LogFile):
    """A program that reads lines: ``|prog``, ``||prog`` directly, ``|$prog`` by the shell. It is started again."""

    def __init__(self, target: str) -> None:
        command = target.lstrip("|")
        self._command: list[str] = ["/bin/sh", "-c", command[1:]] if command[:1] == "$" else shlex.split(command)
        self._started = 0.0
        super().__init__(target)

    def _open(self) -> int:
        self._started = time.monotonic()
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        except OSError as error:
            raise UsageError(f"({error.errno}){error.strerror}: AH00104: unable to start piped log program") from None
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    def _put(self, data: bytes) -> None:
        try:
            os.write(self._fd, data)
        except OSError:
            if time.monotonic() - self._started > REST:
                self._end()
                with contextlib.suppress(UsageError, OSError):
                    self._fd = self._open()
                    os.write(self._fd, data)

    def reopen(self) -> None:
        """Programs rotate by themselves."""
        self.flush()

    def close(self) -> None:
        self.flush()
        self._end()

    def _end(self) -> None:
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(REST)
        except subprocess.TimeoutExpired:
            self._process.terminate()
            self._process.wait()


class LogFiles:
    """All logs of a server, each target once. ``instead`` takes every line where there are to be no files."""

    def __init__(self, instead: Callable[[str], object] | None = None) -> None:
        self._instead = instead
        self._files: dict[str, LogFile] = {}

    def writer(self, target: str) -> Callable[[str], object]:
        """What takes the lines for ``target``. Raises UsageError when it can't be opened."""
        if self._instead is not None or target.startswith("syslog"):
            return self._instead or _lost
        if target not in self._files:
            self._files[target] = LogProgram(target) if target.startswith("|") else LogFile(target)
        return self._files[target].write

    def flush(self) -> None:
        for each in self._files.values():
            each.flush()

    def reopen(self) -> None:
        for each in self._files.values():
            each.reopen()

    def close(self) -> None:
        for each in self._files.values():
            each.close()
        self._files.clear()


def _lost(line: str) -> None:
    """syslog isn't written; the ledger says so."""
