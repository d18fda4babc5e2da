"""Where log lines go: files that are opened at the start and again on request, and programs that read them.

Lines are kept until the next tick of the clock, so that many of them cost one write; none waits longer than that.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from apacheconf.diagnostics import UsageError
from apacheconf.source import Place

if TYPE_CHECKING:
    from apacheconf.runtime.syslog import Syslog

#: Bytes that may wait for the next tick.
MOST_WAITING = 65536
#: Bytes that may wait for a program that reads slowly; later lines are lost then.
MOST_PENDING = 1 << 20
#: Seconds before a program that ended is started again, and that one has to end by itself.
REST = 1.0
_MODE = 0o644


class LogFile:
    """A file. Raises UsageError, in httpd's words, when it can't be opened.

    ``place`` is where a log is defined; an error log has none and is called so.
    """

    def __init__(self, path: str, place: Place | None = None, is_error_log: bool = False) -> None:
        self.path, self._place, self._is_error_log = path, place, is_error_log
        self._waiting: list[str] = []
        self._size = 0
        self._fd = self._open()

    def _open(self) -> int:
        try:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            raise UsageError(
                f"{_near(self._place)}({error.errno}){error.strerror}: {self._not_opened()}",
                "make its folder, or serve with --stub-origins to see the lines here",
            ) from None

    def _not_opened(self) -> str:
        folder = f"{Path(self.path).parent}/"
        if not Path(folder).is_dir():
            if self._is_error_log:
                return f"AH02291: Cannot access directory '{folder}' for error log '{self.path}'"
            return f"AH02297: Cannot access directory '{folder}' for log file '{self.path}'"
        if self._is_error_log:
            return f"AH00091: could not open error log file {self.path}."
        return f"AH00649: could not open transfer log file {self.path}."

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
    """A program that reads lines: ``|prog``, ``||prog`` directly, ``|$prog`` by the shell.

    It is started again when it ends, and on request, so that it opens its own files anew: the one before has read all.
    """

    def __init__(self, target: str, place: Place | None = None, is_error_log: bool = False) -> None:
        command = target.lstrip("|")
        self._command: list[str] = ["/bin/sh", "-c", command[1:]] if command[:1] == "$" else shlex.split(command)
        self._started = 0.0
        self._pending = b""
        self._leaving: list[subprocess.Popen[bytes]] = []
        super().__init__(target, place, is_error_log)

    def _open(self) -> int:
        self._started = time.monotonic()
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE)
        except OSError as error:
            program = self.path.lstrip("|")
            said = f"AH00089: Couldn't start ErrorLog process '{program}'."
            if not self._is_error_log:
                said = f"AH00104: unable to start piped log program '{program}'"
            raise UsageError(f"{_near(self._place)}({error.errno}){error.strerror}: {said}") from None
        assert self._process.stdin is not None
        os.set_blocking(self._process.stdin.fileno(), False)
        return self._process.stdin.fileno()

    def flush(self) -> None:
        super().flush()
        if self._leaving:
            self._leaving = [each for each in self._leaving if each.poll() is None]
        if self._pending:
            self._put(b"")

    def _put(self, data: bytes) -> None:
        """Give the program what it takes now; the rest waits, up to a bound, because a slow reader stops no server."""
        if len(self._pending) < MOST_PENDING:
            self._pending += data
        try:
            self._pending = self._pending[os.write(self._fd, self._pending) :]
        except BlockingIOError:
            return
        except OSError:
            if time.monotonic() - self._started > REST:
                self._end()
                with contextlib.suppress(UsageError, OSError):
                    self._fd = self._open()
                    self._pending = self._pending[os.write(self._fd, self._pending) :]

    def reopen(self) -> None:
        """Another process of the program reads from now on; this one ends once it has read what it was given."""
        self.flush()
        before = self._process
        with contextlib.suppress(UsageError):
            self._fd = self._open()
            _hang_up(before)
            self._leaving.append(before)

    def close(self) -> None:
        self.flush()
        until = time.monotonic() + REST
        while self._pending and (left := until - time.monotonic()) > 0 and select.select([], [self._fd], [], left)[1]:
            self._put(b"")
        self._end()
        for each in self._leaving:
            _wait_for(each)

    def _end(self) -> None:
        _hang_up(self._process)
        _wait_for(self._process)


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        assert process.stdin is not None
        process.stdin.close()


def _wait_for(process: subprocess.Popen[bytes]) -> None:
    """Let a program end by itself, and end one that doesn't."""
    try:
        process.wait(REST)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()


class LogFiles:
    """All logs of a server, each target once. ``instead`` takes every line where there are to be no files."""

    def __init__(self, instead: Callable[[str], object] | None = None) -> None:
        self._instead = instead
        self._files: dict[str, LogFile] = {}
        self._syslogs: dict[str, Syslog] = {}

    @property
    def are_shown(self) -> bool:
        """Whether every line is shown to whoever tries the configuration, instead of being kept in files."""
        return self._instead is not None

    def writer(self, target: str, place: Place | None = None) -> Callable[[str], object]:
        """What takes the lines for ``target``, a log of answers. Raises UsageError when it can't be opened."""
        return self._instead or self._file(target, place, is_error_log=False).write

    def error_writer(self, target: str) -> Callable[[str, int], object] | None:
        """What takes the lines of an error log, each with its level's number; they aren't kept for the next tick.

        None where there are to be no files, or ``target`` is empty. Raises UsageError when it can't be opened.
        """
        if self._instead is not None or not target:
            return None
        if is_syslog(target):
            if target not in self._syslogs:
                from apacheconf.runtime.syslog import Syslog

                self._syslogs[target] = Syslog(target)
            return self._syslogs[target].write
        file = self._file(target, None, is_error_log=True)

        def write(line: str, _: int) -> None:
            file.write(line)
            file.flush()

        return write

    def _file(self, target: str, place: Place | None, is_error_log: bool) -> LogFile:
        if target not in self._files:
            kind = LogProgram if target.startswith("|") else LogFile
            self._files[target] = kind(target, place, is_error_log)
        return self._files[target]

    def flush(self) -> None:
        for each in self._files.values():
            each.flush()

    def reopen(self) -> None:
        for each in self._files.values():
            each.reopen()

    def close(self) -> None:
        for each in self._files.values():
            each.close()
        for syslog in self._syslogs.values():
            syslog.close()
        self._files.clear()
        self._syslogs.clear()


def is_syslog(target: str) -> bool:
    """Whether an ErrorLog names syslog and no file."""
    return target.partition(":")[0].lower() == "syslog"


def _near(place: Place | None) -> str:
    return f"{place}: " if place is not None else ""
