"""serve with a configuration file, as a user would start it, in a thread of the test."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from apacheconf.expand import Options
from apacheconf.program.loading import load
from apacheconf.runtime.options import ServeOptions
from apacheconf.runtime.server import Server, loop_factory


class Served:
    """It serves within a ``with`` block; a fault that keeps it from that is raised there."""

    def __init__(self, file: Path) -> None:
        self._ready = threading.Event()
        self._fault: list[BaseException] = []
        program = load([], Options(file=str(file))).require()
        self.server = Server(program, ServeOptions(on_ready=lambda _: self._ready.set(), grace=0.5))
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self.server.run())
        except BaseException as fault:
            self._fault.append(fault)
        finally:
            self._ready.set()

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._ready.wait(30)
        if self._fault:
            raise self._fault[0]
        return self.server

    def __exit__(self, *_: object) -> None:
        self.server.loop.call_soon_threadsafe(self.server.stop)
        self._thread.join(20)
        assert not self._thread.is_alive()
