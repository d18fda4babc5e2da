"""Plays with a scripted origin: bytes in and out on numbered connections, for httpd and for serve.

What ``contest`` can't order: how an origin accepts, resets, stops or talks too much, on which of its connections a
request arrives, and what a client does in the meantime. A play's connections to the peer ``{P}`` (``{P6}`` by IPv6)
follow ``peer`` one after the other (a further one answers everything with 200), its clients follow ``clients`` one
after the other. Nobody ever accepts connections at ``{full}``.
Told are the requests with the number of their connection, what each client heard, and how its connection ended.

httpd's lines are recorded in ``fixtures/recorded/scripted.json``; ``python -m tests.runtime.scripted [NAME]`` makes
them anew, ``--ours [NAME]`` shows where serve says something else.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, find, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.model.views.modules import needed
from apacheconf.program.loading import load
from apacheconf.prove.stage import LOADED_FIRST
from tests.runtime.recording import Recording
from tests.runtime.served import Served
from tests.wire import plain_line

RECORDING = Recording("scripted", "plays")
#: Seconds after which a peer or a client that waits gives up: it is told, and never reached in a good run.
PATIENCE = 10.0
OK = b"HTTP/1.1 200 OK\r\nServer: o\r\nContent-Length: 2\r\n\r\nok"


# --- acts: bytes are sent; the others follow ----------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """A peer reads a request's head, which is told, with these headers of it."""

    show: tuple[str, ...] = ()


@dataclass(frozen=True)
class Until:
    """Read until these bytes came; a peer tells what came (``quiet``: how much, or that it ended early)."""

    end: bytes
    quiet: bool = False


class Chunks:
    """A peer reads a body in chunks to its end; how it is cut is not told."""


@dataclass(frozen=True)
class Pause:
    """Let so many seconds pass: enough for what the other side does by its clock."""

    seconds: float


@dataclass(frozen=True)
class Size:
    """Send so many bytes, as long as they are taken."""

    count: int


@dataclass(frozen=True)
class Gate:
    """Wait until the other thread, peer or client, comes to the gate of this name."""

    name: str


class Reset:
    """Close so that the other side gets an error, at once."""


class HalfClose:
    """Say that nothing more comes, and go on reading."""


class Close:
    """Close, without reading the rest."""


class Refuse:
    """From here on the peer accepts no connection: its port is closed."""


Act = bytes | Head | Until | Chunks | Pause | Size | Gate | Reset | HalfClose | Close | Refuse


@dataclass(frozen=True)
class Play:
    """``peer`` are the acts of its connections, ``others`` those of a second peer ``{Q}``.

    A client reads to the end of its connection after its acts; ``together`` lets all clients begin at once. ``logs``
    are files below ``logs/`` whose lines are told, without notices. The peer's ``answers`` are to requests as they
    come, whatever their connections, which are not told then.
    """

    name: str
    config: str
    clients: tuple[tuple[Act, ...], ...]
    peer: tuple[tuple[Act, ...], ...] = ()
    others: tuple[tuple[Act, ...], ...] = ()
    main: str = ""
    show: tuple[str, ...] = ()
    together: bool = False
    logs: tuple[str, ...] = ()
    answers: tuple[Act, ...] = ()


def get(path: str = "/", lines: str = "", version: str = "1.1", method: str = "GET", last: bool = False) -> bytes:
    """A request for example.com; the ``last`` one of its connection says so."""
    end = "Connection: close\r\n" if last else ""
    return f"{method} {path} HTTP/{version}\r\nHost: example.com\r\n{lines}{end}\r\n".encode("latin-1")


def post(body: str, path: str = "/", lines: str = "", last: bool = True) -> bytes:
    return get(path, f"{lines}Content-Length: {len(body)}\r\n", method="POST", last=last) + body.encode("latin-1")


class _Gates:
    """Where peer and clients wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, threading.Barrier] = {}

    def wait(self, name: str) -> None:
        with self._lock:
            gate = self._made.setdefault(name, threading.Barrier(2))
        with contextlib.suppress(threading.BrokenBarrierError):
            gate.wait(PATIENCE)


class Peer:
    """A scripted origin on a port of its own, within a ``with`` block. ``lines`` tell what arrived."""

    def __init__(
        self,
        letter: str,
        scripts: tuple[tuple[Act, ...], ...],
        gates: _Gates,
        show: tuple[str, ...],
        answers: tuple[Act, ...] = (),
    ) -> None:
        self._letter, self._scripts, self._gates, self._show = letter, scripts, gates, show
        self.lines: list[tuple[int, str]] = []
        first = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = first.getsockname()[1]
        self._listeners = [first]
        with contextlib.suppress(OSError):  # a play that needs IPv6 says so
            self._listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6, backlog=50))
        self._numbers = itertools.repeat(0) if answers else itertools.count(1)
        self._answers = iter(answers)
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._accepting = [threading.Thread(target=self._accept, args=(each,), daemon=True) for each in self._listeners]

    def __enter__(self) -> Peer:
        for each in self._accepting:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._refuse()
        for each in self._accepting:
            each.join(5)
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _refuse(self) -> None:
        for each in self._listeners:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            number = next(self._numbers)
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(PATIENCE)
        self._open.add(connection)
        talk = Talk(connection, lambda text: self.lines.append((number, text)), self._gates, self._refuse, self._show)
        script = self._scripts[number - 1] if 0 < number <= len(self._scripts) else ()
        with contextlib.suppress(OSError, EOFError), connection:
            for act in script:
                talk.take(act)
            while not talk.over:
                talk.take(Head())
                talk.take(next(self._answers, OK))
        self._open.discard(connection)

    def told(self) -> list[str]:
        """By connection, and in order on each: between connections the order is chance."""
        for thread in self._threads:
            thread.join(5)
        return [f"{self._letter}{number} {text}" for number, text in sorted(self.lines, key=lambda line: line[0])]


class Talk:
    """One side of a connection, following acts."""

    def __init__(
        self,
        connection: socket.socket,
        tell: object,
        gates: _Gates,
        refuse: object = None,
        show: tuple[str, ...] = (),
    ) -> None:
        self.connection, self._gates, self._show = connection, gates, show
        self._tell, self._refuse = tell, refuse
        self._rest = b""
        self.heard = b""
        self.over = False

    def take(self, act: Act) -> None:
        """Raises OSError, EOFError."""
        match act:
            case bytes():
                self.connection.sendall(act)
            case Head(show):
                self._head(show or self._show)
            case Until(end, quiet):
                data = self.until(end, quiet)
                self._say(f"{len(data)} bytes" if quiet else repr(data.decode("latin-1")))
            case Chunks():
                self._say(f"{self._chunks()} bytes in chunks")
            case Pause(seconds):
                time.sleep(seconds)
            case Size(count):
                for _ in range(count // 65536):
                    self.connection.sendall(b"x" * 65536)
                self.connection.sendall(b"x" * (count % 65536))
            case Gate(name):
                self._gates.wait(name)
            case Reset():
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._end()
            case HalfClose():
                self.connection.shutdown(socket.SHUT_WR)
            case Close():
                self._end()
            case Refuse() if callable(self._refuse):
                self._refuse()

    def _end(self) -> None:
        self.over = True
        self.connection.close()

    def _say(self, text: str) -> None:
        if callable(self._tell):
            self._tell(text)

    def _head(self, show: tuple[str, ...]) -> None:
        line, *fields = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        wanted = {name.lower() for name in show}
        kept = [field for field in fields if field.partition(":")[0].lower() in wanted]
        self._say(" | ".join([line, *kept]))

    def _chunks(self) -> int:
        total = 0
        while size := int(self.until(b"\r\n"), 16):
            self._exactly(size + 2)
            total += size
        self.until(b"\r\n")
        return total

    def _exactly(self, count: int) -> None:
        while len(self._rest) < count:
            more = self.connection.recv(65536)
            if not more:
                raise EOFError
            self._rest += more
        self._rest = self._rest[count:]

    def until(self, end: bytes, quiet: bool = False) -> bytes:
        """What came up to and with ``end``; the rest waits. Raises EOFError."""
        while end not in self._rest:
            more = self.connection.recv(65536)
            if not more:
                if self._rest and quiet:
                    self._say("ended early")
                elif self._rest:
                    self._say(f"ended after {self._rest.decode('latin-1')!r}")
                raise EOFError
            self._rest += more
            self.heard += more
        found, _, self._rest = self._rest.partition(end)
        return found + end

    def to_the_end(self) -> str:
        """How the connection ended; ``heard`` is then all that came."""
        while True:
            try:
                more = self.connection.recv(1 << 20)
            except TimeoutError:
                return "left open"
            except OSError:
                return "reset"
            if not more:
                return "closed"
            self.heard += more


# --- what is told ---------------------------------------------------------------------------------------------------


def _client(port: int, acts: tuple[Act, ...], gates: _Gates, lines: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        talk = Talk(connection, None, gates)
        end = "left"
        try:
            for act in acts:
                talk.take(act)
            if not talk.over:
                end = talk.to_the_end()
        except EOFError:
            end = "closed early"
        except OSError:
            end = "reset early"
        lines += [*_plain(talk.heard), end]


def _plain(heard: bytes) -> list[str]:
    """What a client heard, as lines, without Date and Server; a page of the server's own by its title."""
    text = re.sub(r"(?m)^(Date|Server|Expires): .*\r\n", "", heard.decode("latin-1"))
    text = re.sub(r"<!DOCTYPE HTML PUBLIC(?s:.*?)<title>(.*?)</title>(?s:.*?)</html>\n", r"(page \1)", text)
    text = text.replace("Apache/2.4.71", "Apache/2.4")
    text = re.sub(r"x{200,}", lambda found: f"(x times {len(found[0])})", text)
    text = re.sub(r"(?m)^Content-Length: \d+(?=\r\n(?:.+\r\n)*\r\n\(page)", "Content-Length: (page)", text)
    text = re.sub(r"(?m)^[0-9a-f]+(?=\r\n\(page)", "(chunk)", text)
    return [line for line in text.split("\r\n") if line]


def _logged(play: Play, folder: Path) -> list[str]:
    """The lines of the logs, once they are written: each ends with the answer, or a moment later."""
    if play.logs:
        time.sleep(0.4)
    return [
        f"{name}: {plain_line(line)}"
        for name in play.logs
        for line in (folder / name).read_text("latin-1").splitlines()
        if ":notice]" not in line
    ]


@contextlib.contextmanager
def _staged(play: Play, engine: Engine | None, peers: dict[str, str]) -> Iterator[tuple[int, Path]]:
    port = free_ports(1)[0]
    body = f"{play.main}\n<VirtualHost *:{port}>\nServerName example.com\n{play.config}\n</VirtualHost>\n"
    for name, value in peers.items():
        body = body.replace(name, value)
    with Sandbox("scripted") as box:
        body = body.replace("{box}", str(box.path))
        modules = {"authz_core_module", *needed(load([str(box.write("fragment.conf", body))]).expanded)}
        ordered = sorted(modules, key=lambda name: (name not in LOADED_FIRST, name))
        listen = "" if re.search(r"(?m)^Listen ", body) else f"Listen 127.0.0.1:{port}"
        head = engine_httpd.preamble(engine or find("httpd"), box, ordered)
        text = f"{head}\n{listen}\nServerName main.example\nKeepAliveTimeout 20\n{body}"
        file = box.write("httpd.conf", text)
        if engine is None:
            with Served(file):
                yield port, box.path / "logs"
        else:
            with engine_httpd.start(engine, box, text, [("127.0.0.1", port)]):
                yield port, box.path / "logs"


@contextlib.contextmanager
def _full() -> Iterator[int]:
    """A port whose queue of connections is full, so that a further one comes about only when somebody accepts."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def play(play: Play, engine: Engine | None) -> list[str]:
    """The lines of a play at httpd, or at serve without an engine."""
    gates = _Gates()
    heard: list[list[str]] = [[] for _ in play.clients]
    first = Peer("P", play.peer, gates, play.show, play.answers)
    with first as peer, Peer("Q", play.others, gates, play.show) as other, _full() as full:
        names = {"{P}": f"127.0.0.1:{peer.port}", "{Q}": f"127.0.0.1:{other.port}", "{P6}": f"[::1]:{peer.port}"}
        names["{full}"] = f"127.0.0.1:{full}"
        with _staged(play, engine, names) as (port, logs):
            threads = [
                threading.Thread(target=_client, args=(port, acts, gates, heard[number]))
                for number, acts in enumerate(play.clients)
            ]
            for thread in threads:
                thread.start()
                if not play.together:
                    thread.join(3 * PATIENCE)
            for thread in threads:
                thread.join(3 * PATIENCE)
            logged = _logged(play, logs)
        # The front is gone, so every connection to a peer has ended and all that was sent there has come.
        told = [f"client {number}: {line}" for number, lines in enumerate(heard, 1) for line in lines]
        told += [line.replace("Apache/2.4.71", "Apache/2.4") for line in (*peer.told(), *other.told())]
        told += logged
        ports = {str(peer.port): "{P}", str(other.port): "{Q}", str(full): "{full}"}
        return [re.sub("|".join(ports), lambda found: ports[found[0]], line) for line in told]


def main(words: list[str]) -> None:
    from tests.runtime.plays import ALL

    ours = words[:1] == ["--ours"]
    words = words[1:] if ours else words
    chosen = [each for each in ALL if not words or any(word in each.name for word in words)]
    if not ours:
        RECORDING.write(lambda engine: {each.name: play(each, engine) for each in chosen}, anew=not words)
        return
    import difflib

    for each in chosen:
        differing = difflib.unified_diff(RECORDING.read()[each.name], play(each, None), each.name, "serve", lineterm="")
        print("\n".join(differing) or f"same: {each.name}")


if __name__ == "__main__":
    from tests.runtime import scripted

    scripted.main(sys.argv[1:])
