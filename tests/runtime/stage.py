"""A stage for screenplays: the connection logic with pipes in place of sockets. This arrives, we send that.

``converse`` plays a whole conversation: the client's bytes, the origins' answers in the order in which they are
asked; it gives back what the client and the origins heard. Every conversation can be played with its bytes whole
or cut into single ones, and what is heard must be the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from apacheconf.program.program import Program
from apacheconf.runtime import faults
from apacheconf.runtime.client import ClientConnection
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.origin import OriginConnection
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.protocols import PROTOCOLS
from apacheconf.runtime.state import ServerState

DATE = re.compile(rb"Date: \w{3}, [^\r]*GMT")


class Pipe:
    """A transport that remembers what was written."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.protocol: Any = None
        self.written = b""
        self.closed = False
        self.ended = False
        self.paused = False
        self.waiting = 0

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def write(self, data: bytes) -> None:
        if not self.closed:
            self.written += data

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.stage.later.append(lambda: self.protocol.connection_lost(None))

    abort = close

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def get_extra_info(self, name: str) -> None:
        return None


class _Spares(list[Exchange]):
    """Exchanges that are over, each of which must be as new: nothing of a request may reach the next one."""

    def append(self, exchange: Exchange) -> None:
        """Begin it once more beside a new one, and compare all that they hold."""
        of = exchange.client, exchange.site, exchange.plan, exchange.lines, exchange.host, exchange.fields
        new = Exchange(*of, exchange.request_line)
        exchange.begin(*of, exchange.request_line)
        held = {name for part in Exchange.__mro__ for name in getattr(part, "__slots__", ())} - {"begun"}
        for name in sorted(held):
            assert getattr(exchange, name, None) == getattr(new, name, None), name
        super().append(exchange)


class Stage(ServerState):
    """A server whose connections are pipes. ``down`` names workers that refuse connections."""

    def __init__(self, program: Program, down: Sequence[str] = ()) -> None:
        self.later: list[Callable[[], object]] = []
        self.notes: list[str] = []
        super().__init__(program, self.notes.append)
        self.now = 1000.0
        self.spares = _Spares()
        self.down = set(down)
        self.origins: list[OriginConnection] = []
        self.timers: list[tuple[float, Callable[[], object]]] = []

    def connect(self, pool: Pool, exchange: Exchange) -> None:
        self.later.append(lambda: self._connect(pool, exchange))

    def _connect(self, pool: Pool, exchange: Exchange) -> None:
        if pool.worker.name in self.down:
            said = faults.not_reached(pool.worker, (pool.worker.host, pool.worker.port), "(111)Connection refused")
            exchange.connect_failed(OriginBroke(503, "connection refused", said=said, unreached=True))
            return
        connection = PROTOCOLS[pool.worker.scheme](self, pool, exchange)
        self.origins.append(connection)
        pipe = Pipe(self)
        pipe.protocol = connection
        connection.connection_made(pipe)

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        self.timers.append((self.now + seconds, callback))

    def beside(self, work: Callable[[], None], then: Callable[[BaseException | None], None]) -> None:
        def done() -> None:
            work()
            then(None)

        self.later.append(done)

    def wait(self, seconds: float) -> None:
        """Let time pass, with all that is due on the way."""
        until = self.now + seconds
        while due := [timer for timer in self.timers if timer[0] <= until]:
            first = min(due, key=lambda timer: timer[0])
            self.timers.remove(first)
            self.now = max(self.now, first[0])
            first[1]()
            self.settle()
        self.now = until

    def client(self, port: int = 80) -> ClientConnection:
        """A client that has just connected."""
        client = self.arrive(self.door(("127.0.0.1", port)), ("192.0.2.7", 40000))
        pipe = Pipe(self)
        pipe.protocol = client
        client.connection_made(pipe)
        return client

    def settle(self) -> None:
        """Let everything happen that is due."""
        while self.later:
            self.later.pop(0)()


@dataclass
class Heard:
    """What was heard: ``client`` by the client (dates as ``Date: *``), ``requests`` by origins with their names.

    ``notes`` are the lines of the error log.
    """

    client: bytes = b""
    closed: bool = False
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def statuses(self) -> list[int]:
        """The statuses of all answers, interim ones too. Bodies that look like answers would count."""
        return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3})", self.client)]


#: An answer that is the end of the connection, after these bytes.
@dataclass(frozen=True)
class Hangup:
    data: bytes = b""


Answer = bytes | Hangup


def converse(
    program: Program,
    sent: bytes,
    answers: Sequence[Answer] = (),
    cut: int = 0,
    down: Sequence[str] = (),
    port: int = 80,
) -> Heard:
    """Play a conversation; ``cut`` is the size of the pieces in which bytes arrive, 0 for whole."""
    stage = Stage(program, down)
    client = stage.client(port)
    heard = Heard()
    play = _Play(stage, heard, list(answers), cut)
    pipe = client.transport
    for piece in pieces(sent, cut):
        if not pipe.closed:
            client.data_received(piece)
            play.go_on()
    heard.client, heard.notes = DATE.sub(b"Date: *", pipe.written), stage.notes
    heard.closed = pipe.closed or pipe.ended
    for connection, pipe in play.pipes:
        heard.requests.append((connection.pool.worker.name, pipe.written))
    return heard


def pieces(data: bytes, cut: int) -> list[bytes]:
    """``data`` in pieces of ``cut`` bytes, whole when 0."""
    return [data[at : at + cut] for at in range(0, len(data), cut)] if cut else [data]


class _Play:
    """Answers each exchange once, when its request is complete."""

    def __init__(self, stage: Stage, heard: Heard, answers: list[Answer], cut: int) -> None:
        self.stage, self.heard, self.answers, self.cut = stage, heard, answers, cut
        self.pipes: list[tuple[OriginConnection, Pipe]] = []
        self._answered: list[Exchange] = []

    def go_on(self) -> None:
        self.stage.settle()
        while self._answer_next():
            self.stage.settle()

    def _answer_next(self) -> bool:
        for connection in self.stage.origins:
            if connection.transport is not None and all(connection is not known for known, _ in self.pipes):
                self.pipes.append((connection, connection.transport))
            exchange = connection.exchange
            ready = exchange is not None and exchange.sent and (exchange.body_done or exchange.expects)
            if exchange is None or not ready or exchange in self._answered or not self.answers:
                continue
            self._answered.append(exchange)
            self._give(connection, self.answers.pop(0))
            return True
        return False

    def _give(self, connection: OriginConnection, answer: Answer) -> None:
        pipe = connection.transport
        data = answer.data if isinstance(answer, Hangup) else answer
        for piece in pieces(data, self.cut):
            if not pipe.closed and piece:
                connection.data_received(piece)
                self.stage.settle()
        if isinstance(answer, Hangup):
            pipe.close()


HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: o\r\nContent-Length: 2\r\n\r\nhi"


def get(extra: bytes = b"", path: bytes = b"/", method: bytes = b"GET", version: bytes = b"1.1") -> bytes:
    """A request for example.com with ``extra`` header lines."""
    return method + b" " + path + b" HTTP/" + version + b"\r\nHost: example.com\r\n" + extra + b"\r\n"


def body_of(request: bytes) -> bytes:
    """What follows a message's head."""
    return request.partition(b"\r\n\r\n")[2]
