"""Start a server in the foreground, wait until it answers, stop it: by its pid and nothing else.

Every server runs in a process group of its own, so that its children end with it. It ends with the ``with``
block, on an exception and on Ctrl-C too; whatever is still running when Python exits is stopped then, and when Python
is killed its cleaner (``afterwards``) stops it.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType, TracebackType

from apacheconf.diagnostics import ApacheconfError, UsageError
from apacheconf.engines import afterwards

Address = tuple[str, int]

#: Seconds a server has to answer after its start, and to end after TERM.
START_SECONDS = 20.0
STOP_SECONDS = 5.0


class EngineFailed(UsageError):
    """A server did not start; the message holds what it said."""


class Server:
    """A running server. ``pid`` is its first process; ``output`` what it has printed so far.

    With ``shown`` it prints where we print, and ``output`` stays empty.
    """

    def __init__(
        self,
        title: str,
        command: Sequence[str | Path],
        answers_at: Iterable[Address],
        log: Path,
        environ: Mapping[str, str] | None = None,
        shown: bool = False,
    ) -> None:
        self.title = title
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                afterwards.told([str(word) for word in command]),
                stdin=afterwards.pipe(),
                stdout=None if shown else output,
                stderr=None if shown else output,
                cwd=log.parent,
                env={**os.environ, **(environ or {})},
                start_new_session=True,
            )
        self.pid = self._process.pid
        _running.append(self)
        try:
            self._wait_until_it_answers(list(answers_at))
        except BaseException:
            self.stop()
            raise

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def output(self) -> str:
        return self._log.read_text("latin-1") if self._log.exists() else ""

    def _wait_until_it_answers(self, addresses: list[Address]) -> None:
        deadline = time.monotonic() + START_SECONDS
        for address in addresses:
            while not _answers(address):
                if not self.is_running:
                    raise EngineFailed(f"{self.title} did not start:\n{self.output.strip()}")
                if time.monotonic() > deadline:
                    where = "{}:{}".format(*address)
                    raise EngineFailed(f"{self.title} does not answer at {where}:\n{self.output.strip()}")
                time.sleep(0.01)
        if not self.is_running:  # somebody else answered there
            raise EngineFailed(f"{self.title} did not start:\n{self.output.strip()}")

    def send(self, number: int) -> None:
        """A signal for the first process, which passes on what its children must hear."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def stop(self) -> None:
        """TERM, then KILL after STOP_SECONDS; to the whole process group. Stopping twice is fine."""
        if self not in _running:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._signal(signal.SIGKILL)  # children that outlived it, too
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        afterwards.stopped(self.pid)
        _running.remove(self)

    def _signal(self, number: int) -> None:
        """To the group, whose id is the pid of its first process (start_new_session)."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _answers(address: Address) -> bool:
    try:
        with socket.create_connection(address, 0.5):
            return True
    except OSError:
        return False


_running: list[Server] = []


@atexit.register
def stop_all() -> None:
    """Stop every server that this process has started and not yet stopped."""
    for server in list(_running):
        server.stop()


class Terminated(ApacheconfError):
    """TERM or HUP arrived while servers were running; they have been stopped."""

    exit_code = 130


@contextlib.contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Within the block TERM, HUP and QUIT unwind the stack as Ctrl-C does, so that servers and files go away."""

    def unwind(number: int, frame: FrameType | None) -> None:
        raise Terminated(f"stopped by signal {signal.Signals(number).name}")

    before: dict[signal.Signals, Callable[[int, FrameType | None], object] | int | None] = {}
    try:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            with contextlib.suppress(ValueError):  # not in the main thread: then nothing can be done
                before[number] = signal.signal(number, unwind)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
