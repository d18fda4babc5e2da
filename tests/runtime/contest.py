"""Contests: the same configuration and the same requests for httpd and for serve, told as short lines.

A contest is a configuration with origins ``{A}``, ``{B}``... and a script. What each step showed is one line: who
was asked, the status, and what the step wants to see of the answer. httpd's lines are recorded in
``fixtures/recorded/contests.json``; ``make record``, or ``python -m tests.runtime.contest [NAME]``, makes them anew.
serve must say the same.
"""

from __future__ import annotations

import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, find
from apacheconf.program.loading import load
from apacheconf.prove import fronts
from apacheconf.prove.client import Answer, Turn, exchange
from apacheconf.prove.stage import Stage, stage
from apacheconf.prove.threaded import Origins
from tests.runtime.peers import Bridge, Switching, talk
from tests.runtime.recording import Recording
from tests.runtime.served import Served

RECORDING = Recording("contests", "contests")
LETTERS = "ABCDEF"


@dataclass(frozen=True)
class Ask:
    """``line`` is a request line without its version; ``times`` such requests follow each other, one connection each.

    ``headers`` are its further lines, ``ctl`` what the origin is ordered to do, ``show`` what is told beside the
    status: names of response headers, ``body``, ``reason``, ``target`` (the request line at the origin), ``came`` (how
    many bytes of a body are there) or ``sent:NAME`` (a header, or a variable of FastCGI).
    """

    line: str = "GET /"
    times: int = 1
    headers: str = ""
    body: str = ""
    ctl: str = ""
    show: tuple[str, ...] = ()

    @property
    def raw(self) -> bytes:
        head = f"{self.line} HTTP/1.1\r\nHost: example.com\r\n{self.headers}"
        head += f"X-Ctl: {self.ctl}\r\n" if self.ctl else ""
        head += f"Content-Length: {len(self.body)}\r\n" if self.body else ""
        return f"{head}\r\n{self.body}".encode("latin-1")


@dataclass(frozen=True)
class Turns:
    """These requests, told as a circle from its least line on: who takes turns counts, not who begins."""

    ask: Ask


@dataclass(frozen=True)
class Up:
    """From now on only these origins accept connections."""

    letters: str


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class Together:
    """These requests at the same time, told in this order; ``who`` tells which origins were asked, in order."""

    asks: tuple[Ask, ...]
    apart: float = 0.1
    who: bool = False


@dataclass(frozen=True)
class Log:
    """What stands in the access log so far, with numbers that differ from run to run replaced."""


@dataclass(frozen=True)
class Talk:
    """``first`` on a connection, then each of ``then`` after a silence, then the end; all that comes back is told."""

    first: str
    then: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raw:
    """These bytes on a connection; told are the statuses that come back and what the origins were asked."""

    data: str


Step = Ask | Turns | Up | Pause | Together | Log | Talk | Raw


@dataclass(frozen=True)
class Contest:
    """``main`` are lines outside the virtual host."""

    name: str
    config: str
    script: tuple[Step, ...]
    main: str = ""
    up: str = LETTERS


def cluster(*members: str, settings: str = "", mapping: str = "", before: str = "") -> str:
    """A balancer of members (``{A} route=a``) and a mapping of everything to it."""
    lines = "\n".join(f"  BalancerMember http://{member}" for member in members)
    proxyset = f"\n  ProxySet {settings}" if settings else ""
    return f"{before}\n<Proxy balancer://c>\n{lines}{proxyset}\n</Proxy>\nProxyPass / balancer://c/ {mapping}\n"


@dataclass(frozen=True)
class Set:
    """What stands on the stage."""

    stage: Stage
    origins: Origins
    switching: Switching


@contextmanager
def staged(contest: Contest) -> Iterator[Set]:
    """The contest's configuration, ready to run on loopback."""
    names = {letter: f"10.0.0.{number}:8080" for number, letter in enumerate(LETTERS, 1)}
    text = f"{contest.main}\n<VirtualHost *:80>\nServerName example.com\n{contest.config}\n</VirtualHost>\n"
    for letter, name in names.items():
        text = text.replace("{" + letter + "}", name)
    with (
        Sandbox("contest") as box,
        Origins(names.values()) as origins,
        tempfile.TemporaryDirectory() as folder,
        Switching() as switching,
        Bridge(box.path / "a.sock", origins.ports[names["A"]]),
    ):
        text = text.replace("{box}", str(box.path)).replace("{W}", f"127.0.0.1:{switching.port}")
        file = Path(folder) / "site.conf"
        file.write_text(text)
        yield Set(stage(load([str(file)]), box, origins.ports, find("httpd")), origins, switching)


def play(contest: Contest, engine: Engine | None) -> list[str]:
    """The lines of a contest at httpd, or at serve without an engine."""
    return play_all([contest], engine)[contest.name]


def play_all(contests: Sequence[Contest], engine: Engine | None) -> dict[str, list[str]]:
    """Contests of one configuration, one after the other at one server."""
    with staged(contests[0]) as found:
        stage, origins = found.stage, found.origins
        letters = {f"10.0.0.{number}:8080": letter for number, letter in enumerate(LETTERS, 1)}
        origins.up(name for name, letter in letters.items() if letter in contests[0].up)
        stage.box.write(stage.file.name, stage.text)
        port = next(iter(stage.ports.listeners.values()))
        starter = Served(stage.file) if engine is None else fronts.start("httpd", engine, stage, stage.text)
        told = _Teller(found, port, letters)
        lines: dict[str, list[str]] = {}
        with starter:
            for contest in contests:
                told.lines = lines[contest.name] = []
                logs = any(isinstance(step, Log) for step in contest.script)
                for step in contest.script:
                    told.take(step)
                    if logs:  # a line is written when its answer has been sent, by a thread that others may overtake
                        time.sleep(0.05)
        return lines


class _Teller:
    def __init__(self, found: Set, port: int, letters: dict[str, str]) -> None:
        self.origins, self.switching = found.origins, found.switching
        self.port, self.letters, self.box = port, letters, found.stage.box.path
        self.lines: list[str] = []

    def take(self, step: Step) -> None:
        match step:
            case Up(letters):
                self.origins.up(name for name, letter in self.letters.items() if letter in letters)
            case Pause(seconds):
                time.sleep(seconds)
            case Ask():
                self.lines += [self._told(step, self._ask(step)) for _ in range(step.times)]
            case Turns(ask):
                told = [self._told(ask, self._ask(ask)) for _ in range(ask.times)]
                self.lines += min(told[at:] + told[:at] for at in range(len(told)))
            case Together(asks, apart, who):
                self.lines += self._together(asks, apart, who)
            case Log():
                time.sleep(0.2)
                self.lines += self._log()
            case Raw(data):
                self.lines.append(self._raw(data))
            case Talk(first, then):
                self.lines += self._talk(first, then)

    def _log(self) -> list[str]:
        log = self.box / "logs/access.log"
        return [self._plain(line) for line in log.read_text("latin-1").splitlines()]

    def _talk(self, first: str, then: tuple[str, ...]) -> list[str]:
        back = talk(self.port, first.encode("latin-1"), tuple(each.encode("latin-1") for each in then))
        heads, self.switching.heads[:] = list(self.switching.heads), []
        return [f"origin: {self._plain(head)!r}" for head in heads] + [f"client: {self._plain(_dateless(back))!r}"]

    def _raw(self, data: str) -> str:
        back = talk(self.port, data.encode("latin-1"), (b"",))
        statuses = re.findall(rb"(?m)^HTTP/1\.1 (\d{3}) ", back)
        asked = [f"{each.request_line} {each.framing or 'bare'} {each.length}" for each in self.origins.take()]
        return f"{' '.join(status.decode() for status in statuses) or 'nothing'} <- {'; '.join(asked) or 'nobody'}"

    def _ask(self, ask: Ask) -> Answer | None:
        turn = Turn(ask.raw, (ask.line.split()[0],))
        return next(iter(exchange(("127.0.0.1", self.port), (turn,)).answers), None)

    def _together(self, asks: Iterable[Ask], apart: float, who: bool) -> list[str]:
        found: dict[int, Answer | None] = {}

        def run(number: int, ask: Ask) -> None:
            found[number] = self._ask(ask)

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(asks)]
        for thread in threads:
            thread.start()
            time.sleep(apart)
        for thread in threads:
            thread.join(20)
        asked = "".join(self.letters[each.origin] for each in self.origins.take())
        told = [f"{answer.status if answer else 'nothing'}" for _, answer in sorted(found.items())]
        return [*told, f"asked: {asked}"] if who else told

    def _told(self, ask: Ask, answer: Answer | None) -> str:
        arrived = self.origins.take()
        who = "".join(self.letters[each.origin] for each in arrived) or "-"
        words = [who, str(answer.status) if answer else "nothing"]
        for what in ask.show:
            if what == "target":
                words.append(" ".join(each.request_line for each in arrived))
            elif what == "came":
                words.append(f"came={[each.length for each in arrived]}")
            elif what.startswith("sent:"):
                words.append(f"{what[5:]}={[each.value(what[5:]) for each in arrived]}")
            elif answer is not None:
                words.append(_part(answer, what))
        return self._plain(" ".join(words))

    def _plain(self, text: str) -> str:
        """Ports and times that differ from run to run are given names."""
        for name, port in self.origins.ports.items():
            text = text.replace(f"127.0.0.1:{port}", f"{{{self.letters[name]}}}")
        text = text.replace(f"127.0.0.1:{self.switching.port}", "{W}").replace(str(self.port), "{port}")
        text = text.replace(str(self.box), "{box}")
        return re.sub(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}", "{time}", text)


def _dateless(data: bytes) -> str:
    """What came back, without what each server says about itself: Date and Server, in whatever order (N3)."""
    text = re.sub(r"(?m)^(Date|Server): .*\r\n", "", data.decode("latin-1"))
    head, blank, rest = text.partition("\r\n\r\n")
    status, *fields = head.split("\r\n")
    return "\r\n".join([status, *sorted(fields)]) + blank + rest


def _part(answer: Answer, name: str) -> str:
    if name == "body":
        return repr(answer.body.decode("latin-1"))
    if name == "reason":
        return answer.reason
    return f"{name}={answer.values(name)}"


def _told(contests: Iterable[Contest], engine: Engine) -> dict[str, list[str]]:
    """What httpd says, those of smuggling asked of one server together."""
    told: dict[str, list[str]] = {}
    alike: dict[tuple[str, str, str], list[Contest]] = {}
    for contest in contests:
        shared = contest.name.startswith("smuggle")
        alike.setdefault((contest.config, contest.main, "" if shared else contest.name), []).append(contest)
    for each in alike.values():
        told |= play_all(each, engine)
    return told


def main(words: list[str]) -> None:
    from tests.runtime.contests import CONTESTS
    from tests.runtime.smuggling import SMUGGLING

    wanted = [each for each in (*CONTESTS, *SMUGGLING) if not words or any(word in each.name for word in words)]
    RECORDING.write(lambda engine: _told(wanted, engine), anew=not words)


if __name__ == "__main__":
    from tests.runtime import contest

    contest.main(sys.argv[1:])  # not this copy of the module, whose classes are others
