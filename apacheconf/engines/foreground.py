"""A real server that serves, not one under test: its own master process in the foreground, reloaded gracefully.

``Foreground`` writes the files into a sandbox, asks the server's own checker, starts it there, and on ``reload``
does the same with new files; when those are refused, the old ones are put back and it goes on with them.
"""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence

from apacheconf.diagnostics import CheckerError
from apacheconf.engines import haproxy, nginx
from apacheconf.engines.checking import ask
from apacheconf.engines.installed import Engine
from apacheconf.engines.joined import with_joined_files
from apacheconf.engines.process import Address, Server
from apacheconf.engines.sandbox import Sandbox

#: What a master process takes for "read the files again, and let old connections end".
_RELOAD = {"nginx": signal.SIGHUP, "haproxy": signal.SIGUSR2}
#: What it takes for "accept nothing more, and end when the last connection has".
DRAIN = {"nginx": signal.SIGQUIT, "haproxy": signal.SIGUSR1}
_OWN_PROCESSES = re.compile(r"^[ \t]*(?:daemon|master_process|pid)[ \t][^;{}]*;", re.MULTILINE)


class Foreground:
    """``engine`` with ``files`` (name to text, the main file first) in ``box``, within a ``with`` block.

    With ``stand_ins`` it has certificates made for the occasion where its own aren't here, and logs in the sandbox.
    ``answers_at`` are the addresses where it must answer before it counts as started. Raises CheckerError when its
    checker refuses, EngineFailed when it doesn't start.
    """

    def __init__(self, engine: Engine, box: Sandbox, stand_ins: bool) -> None:
        self.engine, self._box, self._stand_ins = engine, box, stand_ins
        self._files: dict[str, str] = {}
        self.server: Server | None = None

    def start(self, files: Mapping[str, str], answers_at: Sequence[Address]) -> Server:
        self._take(files)
        self.server = Server(
            self.engine.title, self._command(), answers_at, self._box.path / "logs" / "server.out", shown=True
        )
        return self.server

    def reload(self, files: Mapping[str, str]) -> None:
        """Go on with ``files``. Raises CheckerError when they are refused; then nothing has changed."""
        self._take(files)
        if self.server:
            self.server.send(_RELOAD[self.engine.name])

    def _take(self, files: Mapping[str, str]) -> None:
        """Write ``files``, and have them checked; the old ones are back when they are refused."""
        before, self._files = self._files, {name: self._settled(text) for name, text in files.items()}
        self._write()
        try:
            self._check()
        except CheckerError:
            self._files = before
            self._write()
            raise

    def _check(self) -> None:
        asked = ask(self.engine, self._command(check=True), self._box)
        if asked.returncode != 0:
            said = (asked.stdout + asked.stderr).replace(f"{self._box.path}/", "").strip()
            raise CheckerError(f"{self.engine.title} refuses the translation:\n{said}")

    def _write(self) -> None:
        for name, text in self._files.items():
            self._box.write(name, text)

    def _settled(self, text: str) -> str:
        if self.engine.name == "haproxy":
            return haproxy.sandboxed(text, self._box) if self._stand_ins else text
        if self._stand_ins:
            return nginx.sandboxed(text, self._box)
        text = with_joined_files(text, self._box)
        return nginx.with_temporary_files(_OWN_PROCESSES.sub(lambda found: "#" + found[0], text), self._box)

    def _command(self, check: bool = False) -> list[str]:
        main = next(iter(self._files))
        if self.engine.name == "haproxy":
            return haproxy.command(self.engine, self._box, main, *(["-c"] if check else ["-W", "-db"]))
        said = "stderr" if not self._stand_ins else f"{self._box.path}/logs/error.log"
        words = [str(self.engine.path), "-p", f"{self._box.path}/", "-e", said, "-c", main]
        errors = "" if re.search(r"^error_log[ \t]", self._files[main], re.MULTILINE) else f" error_log {said};"
        return [*words, "-g", f"daemon off; pid {self._box.path}/run/nginx.pid;{errors}", *(["-t"] if check else [])]
