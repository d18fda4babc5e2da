"""Reductions: the smallest configuration and request that still show a difference (DIF-12).

Directives go in halves, then in smaller parts, then one by one; then the header fields of the request. What is left
shows the same aspects to differ. Every step starts both servers, so there is a time for it all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from apacheconf.diagnostics import ApacheconfError, ConfigError
from apacheconf.engines import Sandbox
from apacheconf.expand import Options
from apacheconf.expand.tree import Node
from apacheconf.program.loading import Loaded, load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.ask import Scenario
from apacheconf.prove.client import Turn
from apacheconf.prove.judging import Pair, compare_scenario
from apacheconf.prove.report import Reduction, Result
from apacheconf.prove.requests import Probe
from apacheconf.prove.side import Front

#: Seconds for all reductions of a report, and how many differences are reduced.
SECONDS, MOST = 60.0, 3


@dataclass(frozen=True, slots=True)
class Case:
    """A difference that may become smaller: a configuration's ``nodes``, and the probe that is asked."""

    nodes: tuple[Node, ...]
    gone: frozenset[int]
    probe: Probe

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in _lines(self.nodes, self.gone))


def reduce(
    loaded: Loaded, result: Result, scenario: Scenario, fronts: Pair, seconds: float = SECONDS
) -> Reduction | None:
    """The reduction of an unannounced difference; None where it doesn't show by itself, in servers just started."""
    probe = next((each for each in scenario.probes if each.name == result.probe), None)
    if probe is None:
        return None
    judge = _Judge(loaded, result, scenario, fronts, time.monotonic() + seconds)
    case = Case(loaded.expanded.nodes, frozenset(), probe)
    if not judge.shows(case):
        return None
    case = _fewer_directives(case, judge)
    case = replace(case, probe=_fewer_fields(case, judge))
    return Reduction(case.text, case.probe.turns[-1].send.decode("latin-1"), judge.is_over)


@dataclass
class _Judge:
    """Says whether a case shows the same difference; nothing does any more when the time is over."""

    loaded: Loaded
    result: Result
    scenario: Scenario
    fronts: Pair
    deadline: float
    is_over: bool = False

    def shows(self, case: Case) -> bool:
        if time.monotonic() > self.deadline:
            self.is_over = True
            return False
        try:
            return self._shows(case)
        except (ApacheconfError, ConfigError, OSError, StopIteration):
            return False

    def _shows(self, case: Case) -> bool:
        with Sandbox("reduce") as box:
            root = self.loaded.expanded.server_root
            loaded = load([str(box.write("site.conf", case.text))], Options(server_root=root))
            target = next(each for each in find_targets(loaded.require()) if each.aim.host == self.result.host)
            scenario = replace(self.scenario, name="reduction", probes=(case.probe,))
            pair = tuple(Front(each.name, each.engine) for each in self.fronts)
            (found,) = compare_scenario(loaded, target, scenario, (pair[0], pair[1]))
        wanted = {aspect.what for aspect in self.result.comparison.aspects}
        return found.unannounced and {aspect.what for aspect in found.comparison.aspects} == wanted


def _fewer_directives(case: Case, judge: _Judge) -> Case:
    size = max(len(_left(case)) // 2, 1)
    while True:
        nodes = _left(case)
        for at in range(0, len(nodes), size):
            part = [each for each in nodes[at : at + size] if id(each) not in case.gone]
            smaller = replace(case, gone=case.gone | {id(inner) for each in part for inner in each.walk()})
            if part and judge.shows(smaller):
                case = smaller
        if size == 1 or judge.is_over:
            return case
        size = max(size // 2, 1)


def _left(case: Case) -> list[Node]:
    return [each for top in case.nodes for each in top.walk() if id(each) not in case.gone]


def _fewer_fields(case: Case, judge: _Judge) -> Probe:
    """Without the header fields, but for Host, that the difference doesn't need."""
    probe = case.probe
    head, mark, body = probe.turns[-1].send.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for line in lines[1:]:
        fewer = [each for each in lines if each is not line]
        turn: Turn = replace(probe.turns[-1], send=b"\r\n".join(fewer) + mark + body)
        other = replace(probe, turns=(*probe.turns[:-1], turn))
        if not line.lower().startswith(b"host:") and judge.shows(replace(case, probe=other)):
            probe, lines = other, fewer
    return probe


def _lines(nodes: Iterable[Node], gone: frozenset[int], depth: int = 0) -> Iterator[str]:
    indent = "    " * depth
    for node in nodes:
        if id(node) in gone:
            continue
        if node.children is None:
            yield f"{indent}{node.name} {node.args}".rstrip()
        else:
            yield f"{indent}<{node.name} {node.args}>"
            yield from _lines(node.children, gone, depth + 1)
            yield f"{indent}</{node.name}>"
