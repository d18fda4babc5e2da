"""Take one line after the other out of a translation, and see whether any probe notices (DIF-13).

A line that nobody misses is one that no probe asks about: what it means is then unproven, whatever the report says.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.engines import EngineFailed, Sandbox, find
from apacheconf.expand import Options
from apacheconf.program import load
from apacheconf.program.loading import Loaded
from apacheconf.prove import client, fronts
from apacheconf.prove.aims import find_targets
from apacheconf.prove.ask import Scenario, ask
from apacheconf.prove.compare import compare
from apacheconf.prove.normalise import rules_for
from apacheconf.prove.observe import Observation, Tokens
from apacheconf.prove.run import Plan, scenarios_of
from apacheconf.prove.side import Front
from apacheconf.prove.stage import Stage, authorities, sockets, stage
from apacheconf.prove.threaded import Origins

Seen = dict[str, Observation]
#: Seconds that a server may stay silent here: the same for all, so that nothing differs because of it.
PATIENCE = 0.6
#: What has no meaning of its own: comments, blank lines, and what only opens or ends a block.
_EMPTY = re.compile(r"\s*(#.*|\}|)\s*")


@dataclass
class Trial:
    """The lines of a translation, which of them are taken out, and the probes that notice it."""

    target: str
    loaded: Loaded
    stage: Stage
    origins: Origins
    text: str
    scenarios: list[Scenario]

    def lines(self, seed: int) -> list[int]:
        """The numbers of the lines that mean something, each text once, in an order that ``seed`` chooses."""
        found: dict[str, int] = {}
        for number, line in enumerate(self.text.splitlines()):
            if not _EMPTY.fullmatch(line) and not line.rstrip().endswith("{"):
                found.setdefault(line.strip(), number)
        return random.Random(seed).sample(list(found.values()), len(found))

    def without(self, number: int) -> str:
        lines = self.text.splitlines()
        return "\n".join(lines[:number] + lines[number + 1 :]) + "\n"

    def ask(self, text: str, before: list[Seen] | None = None) -> list[Seen] | None:
        """What the probes see; with what was seen ``before``: None as soon as something differs."""
        engine = find(self.target)
        address = next(iter(self.stage.sockets))
        tokens = Tokens({port: name for name, port in self.origins.ports.items()}, {}, str(self.stage.box.path))
        found: list[Seen] = []
        for number, scenario in enumerate(self.scenarios):
            self.origins.up(scenario.up)
            with fronts.start(self.target, engine, self.stage, text) as server:
                seen: Seen = {}
                for probe in scenario.probes:
                    seen |= ask(address, (probe,), self.origins, tokens)
                    if before and not self._is_equal(before[number][probe.name], seen[probe.name]):
                        return None
                assert server.is_running
            found.append(seen)
        return found

    def _is_equal(self, one: Observation, two: Observation) -> bool:
        return compare(one, two, rules_for(self.target)).equal


def unnoticed(loaded: Loaded, target: str, seconds: float, seed: int = 0) -> tuple[list[str], int, int]:
    """The lines that no probe misses, how many were tried, and how many there wasn't time for."""
    client.PATIENCE = min(client.PATIENCE, PATIENCE)
    deadline = time.monotonic() + seconds
    found, tried = [], 0
    for trial in _trials(loaded, target):
        before = trial.ask(trial.text)
        assert before is not None
        numbers = trial.lines(seed)
        for number in numbers:
            if time.monotonic() > deadline:
                break
            tried += 1
            if not _notices(trial, number, before):
                found.append(trial.text.splitlines()[number].strip())
        return found, tried, len(numbers) - tried
    raise AssertionError("no host can be asked")


def _notices(trial: Trial, number: int, before: list[Seen]) -> bool:
    """A server that doesn't start, or stops answering, has noticed too."""
    try:
        return trial.ask(trial.without(number), before) is None
    except (EngineFailed, OSError):
        return True


def _trials(loaded: Loaded, target: str) -> Iterator[Trial]:
    program = loaded.require()
    aim = find_targets(program)[0]
    asked = [each for each in scenarios_of(program, aim, Plan(), []) if each.name != "sequence of members"]
    with Sandbox("mutation") as box, Origins(authorities(program), None, at := sockets(program, box)) as origins:
        staged = stage(loaded, box, origins.ports, find("httpd"), None, at)
        box.write(staged.file.name, staged.text)
        front = Front.find(target)
        text = front.text_for(staged, load([], Options(file=str(staged.file))).require())
        yield Trial(target, loaded, staged, origins, text, asked)
