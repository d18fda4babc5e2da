"""``apacheconf serve --engine nginx|haproxy``: the same configuration on the real server, in the foreground.

Translate, refuse what would differ, have it checked, start it; HUP does all of that again and reloads. What is
refused then leaves the server as it was.
"""

from __future__ import annotations

import contextlib
import queue
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING

from apacheconf.cli import differing, moves
from apacheconf.cli.options import Reading, lives_on
from apacheconf.diagnostics import ApacheconfError, ConfigError, UsageError
from apacheconf.engines import Engine, Sandbox, find
from apacheconf.engines.foreground import DRAIN, Foreground
from apacheconf.engines.joined import COMMANDS
from apacheconf.engines.moved import Address, move_listens, move_origins, secure_origins_in
from apacheconf.engines.standins import make_certificate

if TYPE_CHECKING:
    from apacheconf.program import Program
    from apacheconf.prove.threaded import StubOrigins
    from apacheconf.runtime import ServeOptions

#: Seconds that requests under way have to end; whoever wants it sooner asks twice.
DRAIN_SECONDS = 10
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)
_ANY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def serve(reading: Reading, engine: str, options: ServeOptions) -> None:
    """Run the real ``engine`` until a signal ends it. Raises UsageError when it isn't installed, StrictError for what
    would differ and isn't accepted, CheckerError when it refuses the translation."""
    from apacheconf.prove.threaded import StubOrigins

    found = find(engine)
    if found is None:
        raise UsageError(f"{engine} is not installed", f"install {engine}, or: pip install 'apacheconf[engines]'")
    with Sandbox("serve") as box, StubOrigins() as stubs, _signals() as signals:
        house = _House(reading, found, options, box, stubs)
        program, files = house.make()
        foreground = Foreground(found, box, stand_ins=options.stub is not None)
        server = foreground.start(files, list(house.listeners.values()))
        try:
            _announce(program, options, house.listeners, found)
            lives_on()
            _follow(foreground, house, signals)
        finally:
            server.stop()


@dataclass
class _House:
    """What each start and each reload is made from; ``listeners`` are those of the last one, reachable from here."""

    reading: Reading
    engine: Engine
    options: ServeOptions
    box: Sandbox
    stubs: StubOrigins
    listeners: dict[Address, Address] = field(default_factory=dict)

    def make(self) -> tuple[Program, Mapping[str, str]]:
        """Read, translate, refuse, move: the program and the files for the server."""
        from apacheconf.targets import translate

        _, program = self.reading.load_program()
        name = self.engine.name
        translation = translate(program, name, ".".join(self.engine.version.split(".")[:2]))
        differing.refuse(translation, self.options.accepted, f"serve --engine {name}: it would answer differently")
        for note in filter(lambda each: COMMANDS not in each, translation.notes):  # here they are run already
            print(f"note: {note}", file=sys.stderr)
        files = {each: self._with_origins(text) for each, text in translation.files.items()}
        main = next(iter(files))
        files[main], bound = move_listens(name, files[main], self.options.listen)
        self.listeners = {written: (_ANY.get(to[0], to[0]), to[1]) for written, to in bound.items()}
        return program, files

    def _with_origins(self, text: str) -> str:
        secure = secure_origins_in(self.engine.name, text)

        def where(authority: str) -> str | Address | None:
            if authority in self.options.origins:
                return self.options.origins[authority]
            if self.options.stub is None:
                return None
            certificate = make_certificate(self.box) if authority in secure else None
            return self.stubs.at(authority, certificate)

        return move_origins(self.engine.name, text, where)


def _announce(program: Program, options: ServeOptions, listeners: Mapping[Address, Address], engine: Engine) -> None:
    """The start-up summary of serve, as far as it is about the configuration and not about our engine."""
    from dataclasses import replace

    from apacheconf.cli.draw import print_lines
    from apacheconf.cli.summary import lines
    from apacheconf.runtime import Ready
    from apacheconf.runtime.summary import summarise

    for note in moves.without_effect(program, options):
        print(note, file=sys.stderr)
    summary = replace(summarise(program, options), not_honoured=())
    print(f"{engine.title} serves, from {engine.path}", file=sys.stderr)
    print_lines(lines(summary, Ready(tuple(listeners.items())), stubs=options.stub is not None), sys.stderr)
    sys.stderr.flush()


@contextlib.contextmanager
def _signals() -> Iterator[queue.SimpleQueue[int]]:
    """The signals that arrive within the block, in their order."""
    arrived: queue.SimpleQueue[int] = queue.SimpleQueue()

    def note(number: int, frame: FrameType | None) -> None:
        arrived.put(number)

    wanted = (*_ENDING, signal.SIGHUP, signal.SIGUSR1)
    before = {number: signal.signal(number, note) for number in wanted}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _follow(foreground: Foreground, house: _House, signals: queue.SimpleQueue[int]) -> None:
    """Pass signals on until the server has ended: HUP and USR1 reload, INT, TERM and QUIT drain; again ends it."""
    server = foreground.server
    while server is not None and server.is_running:
        try:
            number = signals.get(timeout=0.1)
        except queue.Empty:
            continue
        if number not in (signal.SIGHUP, signal.SIGUSR1):
            _drain(foreground, signals)
            return
        _reload(foreground, house)
    raise UsageError(f"{foreground.engine.title} has ended by itself", "what it said stands above")


def _drain(foreground: Foreground, signals: queue.SimpleQueue[int]) -> None:
    """Let what is under way end, until it has, the time is over or the next INT, TERM or QUIT.

    Asked again every second: a child that is just starting doesn't hear yet.
    """
    server = foreground.server
    for _ in range(DRAIN_SECONDS):
        if server is None or not server.is_running:
            return
        server.send(DRAIN[foreground.engine.name])
        with contextlib.suppress(queue.Empty):
            if signals.get(timeout=1 if server.is_running else 0) in _ENDING:
                return


def _reload(foreground: Foreground, house: _House) -> None:
    """New files for the running server; on an error the old ones stay, and the reason is told."""
    from apacheconf.cli.failures import tell

    before = house.listeners
    try:
        _, files = house.make()
        foreground.reload(files)
    except (ApacheconfError, ConfigError, OSError) as error:
        house.listeners = before
        tell(error)
        print(f"{foreground.engine.title} goes on with the configuration that it has", file=sys.stderr, flush=True)
    else:
        print(f"{foreground.engine.title} reloaded", file=sys.stderr, flush=True)
