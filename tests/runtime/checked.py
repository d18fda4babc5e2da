"""Trials of health checks: members whose answers to checks are told by a script, before httpd and before serve.

Time is measured in checks and not in seconds: a step waits until a member was checked so many times. httpd's lines
are recorded in ``fixtures/recorded/checks.json`` (``python -m tests.runtime.checked`` makes them anew).
"""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, find
from apacheconf.program.loading import load
from apacheconf.prove import fronts
from apacheconf.prove.client import Turn, exchange
from apacheconf.prove.stage import stage
from tests.runtime import certificates
from tests.runtime.peers import Listening
from tests.runtime.recording import Recording
from tests.runtime.served import Served

RECORDING = Recording("checks")
#: Seconds that a result needs to arrive after its check was answered: httpd's watchdog steps every 100 ms.
SETTLE = 0.25
HEALTHY, ILL = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Answers:
    """From now on member ``letter`` answers its checks with these, the last one again and again; None hangs up."""

    letter: str
    texts: tuple[str | None, ...]


@dataclass(frozen=True)
class Checked:
    """Wait until member ``letter`` was checked so many times more; 5 seconds at most."""

    letter: str
    times: int = 1


@dataclass(frozen=True)
class Asks:
    """So many requests, each on a connection of its own: who answered each."""

    times: int = 4
    cookie: str = ""


@dataclass(frozen=True)
class Seen:
    """The last check that member ``letter`` received, and whether it came on a connection of its own."""

    letter: str


@dataclass(frozen=True)
class Idle:
    """Whether a member was checked at all within so many seconds."""

    letter: str
    seconds: float = 1.0


@dataclass(frozen=True)
class Serves:
    """Whether a member answers its requests, or hangs up on them without a word before they are read."""

    letter: str
    works: bool


Step = Answers | Checked | Asks | Seen | Idle | Serves


@dataclass(frozen=True)
class Trial:
    """``{A}`` in ``config`` is a member's authority, ``main`` stands outside of the virtual host."""

    name: str
    config: str
    script: tuple[Step, ...]
    main: str = ""
    tls: str = ""
    down: str = ""


class Member(Listening):
    """A member: what has no X-Client is a check, or a connection that says nothing."""

    def __init__(self, letter: str, tls: str) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.letter, self.works = letter, True
        self.answers: list[str | None] = [HEALTHY]
        self.checks: list[str] = []
        self._context = certificates.context(tls) if tls else None
        self._sni = ""
        if self._context is not None:
            self._context.sni_callback = lambda _, name, __: setattr(self, "_sni", f" sni={name}")
        super().__init__(self.listener, self._serve_one)

    def _serve_one(self, connection: socket.socket) -> None:
        self._sni = " sni=None" if self._context else ""
        if self._context is None:
            self._answer(connection)
        else:
            with self._context.wrap_socket(connection, server_side=True) as secure:
                self._answer(secure)

    def _answer(self, connection: socket.socket) -> None:
        data, requests = b"", 0
        while more := connection.recv(1 << 16):
            data += more
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                requests += 1
                text = self._reply(head.decode("latin-1"), requests)
                if text is None:
                    return
                connection.sendall(text.encode("latin-1"))
                if " HTTP/1.0" in head.decode("latin-1"):
                    return
        if not data and not requests:
            self.checks.append("nothing")

    def _reply(self, head: str, number: int) -> str | None:
        if "X-Client" in head:
            return f"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{self.letter}" if self.works else None
        self.checks.append(f"{head!r} request {number} of its connection{self._sni}")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextlib.contextmanager
def staged(trial: Trial, engine: Engine | None) -> Iterator[tuple[int, dict[str, Member]]]:
    """The trial's configuration, being served; gives the port and the members."""
    with contextlib.ExitStack() as stack:
        box = stack.enter_context(Sandbox("checks"))
        members = {letter: Member(letter, trial.tls) for letter in "ABC"}
        for letter, member in members.items():
            if letter not in trial.down:
                stack.enter_context(member)
            else:
                stack.callback(member.listener.close)
        for member in members.values():
            first = next((step for step in trial.script if isinstance(step, Answers)), None)
            if first is not None and first.letter == member.letter and trial.script[0] is first:
                member.answers = list(first.texts)
        host = f"ServerName example.com\nProxyTimeout 1\n{trial.config}\n"
        text = f"{trial.main}\n<VirtualHost *:80>\n{host}</VirtualHost>\n"
        for letter, member in members.items():
            text = text.replace("{" + letter + "}", f"localhost:{member.port}")
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "site.conf"
        file.write_text(text)
        found = stage(load([str(file)]), box, {}, find("httpd"))
        box.write(found.file.name, found.text)
        starter = Served(found.file) if engine is None else fronts.start("httpd", engine, found, found.text)
        stack.enter_context(starter)
        yield next(iter(found.ports.listeners.values())), members


def play(trial: Trial, engine: Engine | None) -> list[str]:
    """The lines of a trial at httpd, or at serve without an engine."""
    with staged(trial, engine) as (port, members):
        lines = [line for step in trial.script for line in _take(step, port, members)]
        told = "\n".join(lines)
        for letter, member in members.items():
            told = told.replace(str(member.port), "{" + letter + "}")
        return told.split("\n")


def _take(step: Step, port: int, members: dict[str, Member]) -> Iterable[str]:
    match step:
        case Answers(letter, texts):
            members[letter].answers = list(texts)
            return ()
        case Serves(letter, works):
            members[letter].works = works
            return ()
        case Checked(letter, times):
            return _wait(members[letter], times)
        case Idle(letter, seconds):
            before = len(members[letter].checks)
            time.sleep(seconds)
            return [f"{letter} was {'checked' if len(members[letter].checks) > before else 'left alone'}"]
        case Seen(letter):
            return [f"{letter}: {members[letter].checks[-1]}"]
        case Asks(times, cookie):
            return [" ".join(_ask(port, cookie) for _ in range(times))]


def _wait(member: Member, times: int) -> list[str]:
    wanted, until = len(member.checks) + times, time.monotonic() + 5
    while len(member.checks) < wanted:
        if time.monotonic() > until:
            return [f"{member.letter} was not checked {times} times"]
        time.sleep(0.005)
    time.sleep(SETTLE if member.answers and len(member.answers) == 1 else 0.02)
    return []


def _ask(port: int, cookie: str) -> str:
    lines = f"Cookie: {cookie}\r\n" if cookie else ""
    raw = f"GET / HTTP/1.1\r\nHost: example.com\r\nX-Client: yes\r\n{lines}\r\n".encode("latin-1")
    answer = next(iter(exchange(("127.0.0.1", port), (Turn(raw, ("GET",)),)).answers), None)
    if answer is None:
        return "nothing"
    return answer.body.decode("latin-1") if answer.status == 200 else str(answer.status)


def record(trials: Iterable[Trial], *, anew: bool = False) -> None:
    """Ask the installed httpd and write down its lines."""
    RECORDING.write(lambda engine: {trial.name: play(trial, engine) for trial in trials}, anew=anew)


if __name__ == "__main__":
    from tests.runtime import checked
    from tests.runtime.test_checks import TRIALS

    checked.record((each for each in TRIALS if all(word in each.name for word in sys.argv[1:])), anew=not sys.argv[1:])
