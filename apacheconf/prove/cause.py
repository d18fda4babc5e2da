"""Which directive decided a probe: the program is asked, and its answer led back to the original configuration."""

from __future__ import annotations

import re
from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.modules.values import is_there
from apacheconf.program import Request, decide
from apacheconf.program.conditions import Test
from apacheconf.program.hosts import Host
from apacheconf.program.steps import KeepLocal, MapToFile, MapToOrigin, MapToUrl, Redirect, Respond, SetUri, Step
from apacheconf.program.trace import Event, HostChosen, Tried
from apacheconf.program.values import Lookup
from apacheconf.prove.announced import About
from apacheconf.prove.observe import Observation
from apacheconf.prove.requests import Probe
from apacheconf.prove.side import Staged
from apacheconf.prove.stage import Stage
from apacheconf.targets.captures import parts_in

#: The tests of conditions that ask for a file.
_OF_FILES = frozenset("fdslLhxF")

#: Actions that say where a request goes; the last one that was done is the cause.
_DECIDING = (MapToOrigin, MapToUrl, KeepLocal, Redirect, Respond, SetUri)


def cause_of(staged: Staged, probe: Probe) -> str:
    """``file:line:column: Directive args`` of the original, for the first request of ``probe``; empty if none did."""
    request = _request(staged, probe)
    if request is None:
        return ""
    host: list[Host] = []
    steps: list[Step] = []

    def listen(event: Event) -> None:
        if isinstance(event, HostChosen):
            host.append(event.host)
        elif isinstance(event, Tried) and event.matched and isinstance(event.step.action, _DECIDING):
            steps.append(event.step)

    decide(staged.program, request, listen)
    said_by = host[-1].said_by(steps[-1]) if host and steps else ()
    return _title(staged.stage, said_by[0]) if said_by else ""


def about(staged: Staged, probe: Probe, *seen: Observation) -> About:
    """What is to be known of a probe whose answers differ, of its first request above all.

    It is about a file where it leads to one, be it that rules of its folder lead on from there.
    """
    statuses = frozenset(reply.status for each in seen for reply in each.replies)
    request = _request(staged, probe)
    if request is None:
        return About(statuses=statuses)
    steps: list[Step] = []
    tried: list[Step] = []
    hosts: list[Host] = []

    def listen(event: Event) -> None:
        if isinstance(event, HostChosen):
            hosts.append(event.host)
        elif isinstance(event, Tried):
            tried.append(event.step)
            if event.matched and isinstance(event.step.action, MapToFile | MapToOrigin):
                steps.append(event.step)

    decision = decide(staged.program, request, listen)
    is_file = bool(steps) and isinstance(steps[0].action, MapToFile) and bool(decision.file or decision.origin)
    drawn = any(map(_throws_dice, tried))
    dice = drawn or any(_throws_dice(step) for host in hosts for cell in host.shape.cells for step in cell.steps)
    tested = any(each.letter in _OF_FILES for step in tried for each in parts_in(step.when, Test))
    return About(is_file, drawn, dice, statuses, tested, homeless=bool(steps) and _is_homeless(steps[0]))


def _is_homeless(step: Step) -> bool:
    """Whether it leads to a folder of files that isn't on this machine."""
    action = step.action
    return isinstance(action, MapToFile) and action.value is None and not is_there(action.root)


def _throws_dice(step: Step) -> bool:
    return any(each.kind == "rnd" for each in parts_in(step, Lookup))


def _request(staged: Staged, probe: Probe) -> Request | None:
    head = probe.turns[0].send.lstrip(b"\r\n").partition(b"\r\n\r\n")[0].decode("latin-1")
    line, *rest = head.split("\r\n")
    found = re.fullmatch(r"(\S+) (\S+)(?: HTTP/(\d)\.(\d))?", line)
    if not found:
        return None
    headers = tuple((name, value.strip()) for name, _, value in (each.partition(":") for each in rest))
    version = (int(found[3] or 0), int(found[4] or 9))
    asked = Request(found[1], found[2], headers, version, staged.address)
    asked = replace(asked, peer=(probe.source, 0)) if probe.source else asked
    return replace(asked, scheme="https", tls={"HTTPS": "on"}, sni=staged.sni) if staged.secure else asked


def _title(stage: Stage, directive: Written) -> str:
    original = stage.node_at(directive.place.line) or directive
    span = original.place.span
    return f"{span.file.name}:{span.line}:{span.column}: {original.name} {original.args}"
