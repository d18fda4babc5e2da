"""One side of a comparison: a server on a stage of its own, asked everything of a scenario."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from apacheconf.engines import Engine, EngineFailed, Sandbox, find
from apacheconf.engines.process import Address
from apacheconf.expand import Options
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Worker
from apacheconf.prove import announced, fronts, logs
from apacheconf.prove.aims import Target
from apacheconf.prove.announced import Announcements
from apacheconf.prove.ask import Scenario, ask
from apacheconf.prove.certificates import StandIn, stand_in, stranger
from apacheconf.prove.client import Handshake
from apacheconf.prove.deliberate import signs_of
from apacheconf.prove.observe import Observation, Tokens
from apacheconf.prove.requests import Probe
from apacheconf.prove.stage import Stage, authorities, sockets, stage
from apacheconf.prove.threaded import Origins
from apacheconf.runtime.honesty import account
from apacheconf.targets.translation import translate

Seen = dict[str, Observation]
#: How each probe begins: over TLS, or in plain HTTP.
Handshakes = Callable[[Probe], Handshake | None]


@dataclass
class Front:
    """One side of the comparison: serve, httpd, nginx or haproxy by ``name``, and what it ``said`` about itself."""

    name: str
    engine: Engine | None
    said: Announcements = Announcements()

    @classmethod
    def find(cls, name: str) -> Front:
        return cls(name, fronts.need(name))

    @property
    def title(self) -> str:
        return fronts.title_of(self.engine)

    def text_for(self, stage: Stage, program: Program) -> str:
        """The configuration for ``stage``, whose program this is; what its report announces is remembered."""
        if self.engine is None:
            said = announced.read(account(program), signs=signs_of(program))
            self.said = replace(said, keys=(*said.keys, announced.DRAWN))  # our dice are thrown anew, too
        elif self.name != "httpd":
            translation = translate(program, self.name, ".".join(self.engine.version.split(".")[:2]))
            self.said = announced.read(translation.rows, translation.differences)
            for name, text in translation.files.items():
                stage.box.write(name, text)
            return translation.text
        return stage.text


@dataclass(frozen=True, slots=True)
class Staged:
    """What ran: the stage, the program of its text, and the address that was asked, over TLS if ``secure``; what was
    logged there."""

    stage: Stage
    program: Program
    address: Address
    secure: bool = False
    sni: str = ""
    logs: logs.Lines = field(default_factory=dict)


def observe(
    loaded: Loaded, target: Target, scenario: Scenario, front: Front, progress: Callable[[str], None]
) -> tuple[Seen, Staged]:
    """Run one front for one scenario and ask it everything. Leaves no process and no file."""
    tls = stand_in()
    with standing(loaded, scenario, tls) as (staged, origins):
        box = staged.box
        program = load([], Options(file=str(staged.file))).require()
        address = staged.ports.address_for(target.address), staged.ports.listeners[target.port]
        tokens = Tokens(
            {port: name.removesuffix(":80") for name, port in origins.ports.items()},
            {real: written for written, real in staged.ports.listeners.items()},
            str(box.path),
        )
        with fronts.start(front.name, front.engine, staged, front.text_for(staged, program)) as server:
            try:
                seen = ask(address, scenario.probes, origins, tokens, progress, handshakes(target, tls, box))
            except ConnectionError as error:
                raise EngineFailed(f"{server.title} stopped answering:\n{box.log().strip()}") from error
        lines = logs.read(box.path / "logs", tokens)
        return seen, Staged(staged, program, address, target.secure, _sni(target), lines)


@contextmanager
def standing(loaded: Loaded, scenario: Scenario, tls: StandIn | None) -> Iterator[tuple[Stage, Origins]]:
    """The stage, its text in its file, and the origins that are up in this scenario."""
    workers = authorities(loaded.require())
    with Sandbox("prove") as box:
        at = sockets(loaded.require(), box)
        with Origins(workers, _secured(workers, tls, box), at, _secured(workers, stranger(), box)) as origins:
            origins.up(scenario.up, scenario.strange)
            staged = stage(loaded, box, origins.ports, find("httpd"), tls, at, hurried=scenario.hurried, steady=True)
            box.write(staged.file.name, staged.text)
            yield staged, origins


def _secured(workers: Mapping[str, Worker], tls: StandIn | None, box: Sandbox) -> dict[str, ssl.SSLContext]:
    """How the origins speak that are spoken to over TLS."""
    secure = [name for name, worker in workers.items() if worker.scheme in SECURE]
    return dict.fromkeys(secure, tls.server(box.path)) if tls and secure else {}


def handshakes(target: Target, tls: StandIn | None, box: Sandbox) -> Handshakes:
    """How each probe begins: in plain HTTP, or over TLS with a certificate or without.

    Where everybody needs a certificate, only the probes that ask about just that lack one.
    """
    if not target.secure or tls is None:
        return lambda probe: None
    name = _sni(target)
    anybody, known = Handshake(tls.client(), name), Handshake(tls.client(box.path), name)
    usual = known if target.needs_certificate else anybody
    return lambda probe: known if probe.certificate else anybody if probe.about == "condition" else usual


def _sni(target: Target) -> str:
    """The name that a handshake asks for: addresses are none."""
    return "" if _is_address(target.aim.host) else target.aim.host


def _is_address(name: str) -> bool:
    return ":" in name or name.replace(".", "").isdecimal()
