"""Take one line after the other out of a translation, and see whether any probe notices (DIF-13).

A line that nobody misses is one that no probe asks about: what it means is then unproven, whatever the report says.
The configurations are fixtures/mutations, a virtual host or whole ones each; ``{folder}`` stands for that of the files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from apacheconf.engines import EngineFailed, Sandbox
from apacheconf.engines.process import Address
from apacheconf.expand import Options
from apacheconf.program import load
from apacheconf.program.loading import Loaded
from apacheconf.program.program import Program
from apacheconf.prove import client, fronts, logs
from apacheconf.prove.aims import Target, find_targets
from apacheconf.prove.ask import SEQUENCE, Scenario, ask
from apacheconf.prove.balanced import members_as_one, without_checks
from apacheconf.prove.certificates import stand_in
from apacheconf.prove.compare import compare
from apacheconf.prove.judging import taken
from apacheconf.prove.logged import LOGS
from apacheconf.prove.normalise import Rule, rules_for
from apacheconf.prove.observe import Observation, Reply, Tokens
from apacheconf.prove.requests import Probe
from apacheconf.prove.run import Plan, scenarios_of
from apacheconf.prove.side import Front, Handshakes, handshakes, standing
from apacheconf.prove.situations import SESSION
from apacheconf.prove.stage import Stage
from apacheconf.prove.threaded import Origins
from tests.conftest import ROOT

FOLDER = ROOT / "fixtures" / "mutations"
#: The configurations: between them the constructs of the specification's sections 1 and 2.
CONFIGS = tuple(sorted(file.stem for file in FOLDER.glob("*.conf")))
#: Seconds that a server may stay silent here: the same for all, so that nothing differs because of it.
PATIENCE = 0.6
#: So many probes that speak of a line are asked first, and so many that noticed others.
LIKELY = 24
#: When the files were made, in seconds since 1970: long ago, so that clients may have asked since.
MADE = 1_600_000_000
#: So often a probe is asked again that shows something else.
AGAIN = 3
#: What has no meaning of its own: comments, blank lines, and the end of a block.
_EMPTY = re.compile(r"\s*(#.*|\}|)\s*")
#: Blocks that go as a whole; the others can't go, or a line of theirs is missed as much.
_BLOCK = re.compile(r"\s*(location|if) .*\{")
_OPENS = re.compile(r"[^#]*\{\s*")
#: Blocks in which a line means something else than the same one in another such block.
_TABLE = re.compile(r"\s*(map|geo|split_clients|upstream) .*\{")
#: Both passwords are ``pass``.
_USERS = "user:$6$abcdefgh$.Wd8gKGVv/NncIZyKrLIzwkMBRaL8yZnKz4uttpMUnlKvNdwooVmeCTgyWEOW0Smhyp/TUAtWmcz4ptHHh/u1/\n"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A probe, of which host it is asked, and how; probes of one ``up`` meet one server.

    Those of a sequence of members are one, asked of a server of its own, and those whose lines in a log are looked
    at: ``more`` are the other requests.
    """

    probe: Probe
    target: Target
    address: Address
    handshakes: Handshakes
    up: frozenset[str]
    last: bool
    text: str
    sequence: str = ""
    strange: bool = False
    more: tuple[Probe, ...] = ()

    @property
    def place(self) -> tuple[bool, str, bool, tuple[str, ...]]:
        """What is asked of one server: while all origins are up, then what may break one, then the others."""
        sequence = self.sequence and f"{self.target.host.number} {self.sequence}"
        return self.last, sequence, self.strange, tuple(sorted(self.up))


@dataclass(frozen=True, slots=True)
class Line:
    """A line with all its copies, or blocks that begin with it: the ``numbers`` of all that goes.

    ``text`` is free of what changes from run to run, ``around`` is that of the blocks in which the first one stands.
    An entry of a map or an upstream stands behind the first line of it; ``+`` says that others ask the map together
    with another one, where an empty text may not be the same as 0.
    """

    text: str
    around: str
    numbers: set[int]


@dataclass
class Trial:
    """A translation on its stage, and the probes that are to notice what is taken out of it."""

    target: str
    front: Front
    stage: Stage
    origins: Origins
    text: str
    asked: list[Asked]
    tokens: Tokens
    rules: tuple[Rule, ...]
    program: Program
    before: dict[Asked, Observation] = field(default_factory=dict)
    _killers: list[Asked] = field(default_factory=list)

    def settle(self) -> None:
        """See what is answered to all, twice in another order: what isn't the same then is asked again some times, for
        a busy machine is late now and then, and what still isn't is asked no more."""
        groups = self._groups(self.asked)
        seen = {each: found for group in groups for each, found in self._ask_all(self.text, group)}
        again = {each: found for group in groups for each, found in self._ask_all(self.text, group[::-1])}
        odd = [each for each in seen if not self._is_equal(each, seen[each], again[each])]
        more = [dict(self._asked_once_more(odd)) for _ in range(AGAIN)]
        self.before = {each: again[each] for each in seen if each not in odd} | {
            each: more[0][each] for each in odd if all(self._is_equal(each, more[0][each], one[each]) for one in more)
        }
        silent = {each for each in self.before if self.before[each].ended == "silent"}
        self.asked = sorted((each for each in self.asked if each in self.before), key=lambda each: each in silent)

    def _asked_once_more(self, asked: Iterable[Asked]) -> Iterator[tuple[Asked, Observation]]:
        for group in self._groups(asked):
            yield from self._ask_all(self.text, group)

    def unnoticed(self, lines: Sequence[Line]) -> list[Line]:
        """Those that no probe misses: a few likely ones are asked of each line, then all of what is left together."""
        return self._unnoticed_of([line for line in lines if not self._notices([line], self._likely(line))])

    def _unnoticed_of(self, lines: list[Line]) -> list[Line]:
        """Lines that nobody misses together are missed by nobody; the others are told apart by halves."""
        if not lines or not self._notices(lines, [*self._killers, *self.asked]):
            return lines
        half = len(lines) // 2
        return [*self._unnoticed_of(lines[:half]), *self._unnoticed_of(lines[half:])] if half else []

    def _notices(self, lines: Sequence[Line], asked: Iterable[Asked]) -> bool:
        """Whether a probe differs without them; a server that doesn't start, or stops answering, has noticed too."""
        gone = {number for line in lines for number in line.numbers}
        text = "".join(f"{each}\n" for number, each in enumerate(self.text.splitlines()) if number not in gone)
        try:
            return any(self._differs(text, group) for group in self._groups(dict.fromkeys(asked)))
        except (EngineFailed, OSError):
            return True

    def _differs(self, text: str, group: list[Asked]) -> bool:
        for each, seen in self._ask_all(text, group):
            if not self._is_equal(each, self.before[each], seen):
                self._killers = [each, *(other for other in self._killers if other is not each)][:LIKELY]
                return True
        return False

    def _ask_all(self, text: str, group: list[Asked]) -> Iterator[tuple[Asked, Observation]]:
        """What each shows, one after the other."""
        self.origins.up(group[0].up, group[0].strange)
        folder = self.stage.box.path / "logs"
        for file in folder.glob("access*.log") if group[0].sequence == LOGS else ():
            file.unlink()
        with fronts.start(self.target, self.front.engine, self.stage, text) as server:
            for each in group:
                seen = self._ask(each)
                if each.sequence != LOGS:
                    yield each, self._confirmed(each, seen)
            assert server.is_running
        if group[0].sequence == LOGS:
            lines = logs.read(folder, self.tokens)
            yield group[0], Observation((Reply(200, body=str(lines)),), "", ())

    def _confirmed(self, one: Asked, seen: Observation) -> Observation:
        """What it shows again where it isn't as before, for a busy machine is late now and then: once more in a few
        times is enough, for the members of a balancer may differ."""
        before = self.before.get(one, seen)
        for _ in range(AGAIN if not self._is_equal(one, before, seen) else 0):
            seen = self._ask(one)
            if not self._is_equal(one, before, seen):
                break
        return seen

    def _ask(self, one: Asked) -> Observation:
        seen = ask(one.address, (one.probe, *one.more), self.origins, self.tokens, handshake=one.handshakes)
        if not one.sequence:
            return seen[one.probe.name]
        seen = {name: without_checks(self.program).apply(each) for name, each in seen.items()}
        return Observation((Reply(200, body=taken(one.sequence, seen)),), "", ())

    def _likely(self, line: Line) -> list[Asked]:
        """The probes that speak of the line, and those that noticed others."""
        words = set(re.findall(r"[\w.-]{3,}", line.around.lower()))
        about = {each: sum(word in each.text for word in words) for each in self.asked}
        likely = sorted((each for each in self.asked if about[each]), key=lambda each: -about[each])
        return [*likely[:LIKELY], *self._killers]

    def _groups(self, asked: Iterable[Asked]) -> list[list[Asked]]:
        places = list(dict.fromkeys(each.place for each in self.asked))
        ordered = sorted(asked, key=lambda each: places.index(each.place))
        return [list(group) for _, group in groupby(ordered, key=lambda each: each.place)]

    def _is_equal(self, asked: Asked, one: Observation, two: Observation) -> bool:
        """A session's member is to be the very same."""
        exact = asked.probe.about == SESSION
        return compare(one, two, [each for each in self.rules if not (exact and each.name == "N14")]).equal

    def lines(self) -> list[Line]:
        """What means something, each text once: it goes everywhere, for copies stand for combinations of conditions."""
        found: dict[str, Line] = {}
        opened: list[int] = []
        texts = self.text.splitlines()
        for number, text in enumerate(texts):
            if self.target == "haproxy" and re.match(r"\w", text):
                opened = [number]
            elif text.strip() == "}":
                opened.pop()
            if _OPENS.fullmatch(text) and self.target == "nginx":
                opened.append(number)
                if not _BLOCK.fullmatch(text):
                    continue
            if (not _EMPTY.fullmatch(text) and opened[-1:] != [number]) or _BLOCK.fullmatch(text):
                around = " ".join(texts[each] for each in opened[-2:]) + text
                end = _end(texts, number) if _BLOCK.fullmatch(text) else number
                shown = self.tokens.hide(text.strip())
                if opened and self.target == "nginx" and _TABLE.fullmatch(texts[opened[-1]]):
                    shown = f"{self._heading(texts[opened[-1]])} {shown}"
                found.setdefault(shown, Line(shown, around, set())).numbers.update(range(number, end + 1))
        return list(found.values())

    def _heading(self, line: str) -> str:
        """The first line of a table, with a sign where the text glues its variable to another."""
        variable = re.escape(line.split()[-2])
        glued = line.split()[-2].startswith("$") and re.search(rf"{variable}\$|\w{variable}\b", self.text)
        return self.tokens.hide(line.strip()) + (" +" if glued else "")


def _end(texts: list[str], number: int) -> int:
    """The line that ends the block which begins at ``number``: it stands as far in."""
    indent = texts[number][: len(texts[number]) - len(texts[number].lstrip())]
    return next(at for at in range(number + 1, len(texts)) if texts[at] == f"{indent}}}")


@contextmanager
def laid_out(name: str) -> Iterator[Loaded]:
    """The configuration ``name`` of fixtures/mutations, with its files."""
    with Sandbox("mutation") as box:
        for file in (each for each in (FOLDER / "files").rglob("*") if each.is_file()):
            made = box.write(f"files/{file.relative_to(FOLDER / 'files')}", file.read_text("utf-8"))
            os.utime(made, (MADE, MADE))
        users = box.write("files/.htpasswd", _USERS)
        os.utime(users, (MADE, MADE))
        (box.path / "files/listed/link.txt").symlink_to("../a.txt")
        text = (FOLDER / f"{name}.conf").read_text("utf-8").replace("{folder}", str(box.path / "files"))
        yield load([str(box.write("site.conf", text))])


@contextmanager
def trial(loaded: Loaded, target: str) -> Iterator[Trial]:
    """The translation of ``loaded`` on a stage, with everything that ``prove`` asks but what is slow."""
    patience, client.PATIENCE = client.PATIENCE, min(client.PATIENCE, PATIENCE)
    try:
        with _staged(loaded, target) as found:
            yield found
    finally:
        client.PATIENCE = patience  # other tests of this process ask who is slow


@contextmanager
def _staged(loaded: Loaded, target: str) -> Iterator[Trial]:
    program, tls = loaded.require(), stand_in()
    hosts = [each for each in find_targets(program) if tls or not each.secure]
    asked = [(host, each) for host in hosts for each in scenarios_of(program, host, Plan(), [])]
    everything = asked[0][1]
    with standing(loaded, everything, tls) as (stage, origins):
        front = Front.find(target)
        text = front.text_for(stage, load([], Options(file=str(stage.file))).require())
        tokens = Tokens(
            {port: name.removesuffix(":80") for name, port in origins.ports.items()},
            {real: written for written, real in stage.ports.listeners.items()},
            str(stage.box.path),
        )
        rules = (without_checks(program), members_as_one(program), *rules_for(target))
        probes = [
            each
            for host, scenario in asked
            if not scenario.hurried
            for each in _asked(scenario, host, stage, handshakes(host, tls, stage.box))
        ]
        yield Trial(target, front, stage, origins, text, probes, tokens, rules, program)


def _asked(scenario: Scenario, host: Target, stage: Stage, how: Handshakes) -> Iterator[Asked]:
    address = stage.ports.address_for(host.address), stage.ports.listeners[host.port]
    sequence = scenario.name if scenario.name.startswith((SEQUENCE, LOGS)) else ""
    for probe in scenario.probes[:1] if sequence else scenario.probes:
        more = scenario.probes[1:] if sequence else ()
        text = " ".join(turn.send.decode("latin-1") for each in (probe, *more) for turn in each.turns).lower()
        text = f"{text} {probe.source}"
        last = probe.about == "last"
        yield Asked(probe, host, address, how, scenario.up, last, text, sequence, scenario.strange, more)
