"""Which directive decided a probe: the program is asked, and its answer led back to the original configuration."""

from __future__ import annotations

import re
from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.program import Request, decide
from apacheconf.program.hosts import Host
from apacheconf.program.steps import KeepLocal, MapToFile, MapToOrigin, MapToUrl, Redirect, Respond, SetUri, Step
from apacheconf.program.trace import Event, HostChosen, Tried
from apacheconf.prove.requests import Probe
from apacheconf.prove.side import Staged
from apacheconf.prove.stage import Stage

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


def is_about_file(staged: Staged, probe: Probe) -> bool:
    """Whether the first request of a probe leads to a file, be it that rules of its folder lead on from there."""
    request = _request(staged, probe)
    if request is None:
        return False
    steps: list[Step] = []

    def listen(event: Event) -> None:
        if isinstance(event, Tried) and event.matched and isinstance(event.step.action, MapToFile | MapToOrigin):
            steps.append(event.step)

    decision = decide(staged.program, request, listen)
    return bool(steps) and isinstance(steps[0].action, MapToFile) and bool(decision.file or decision.origin)


def _request(staged: Staged, probe: Probe) -> Request | None:
    head = probe.turns[0].send.lstrip(b"\r\n").partition(b"\r\n\r\n")[0].decode("latin-1")
    line, *rest = head.split("\r\n")
    found = re.fullmatch(r"(\S+) (\S+) HTTP/(\d)\.(\d)", line)
    if not found:
        return None
    headers = tuple((name, value.strip()) for name, _, value in (each.partition(":") for each in rest))
    version = (int(found[3]), int(found[4]))
    asked = Request(found[1], found[2], headers, version, staged.address)
    return replace(asked, scheme="https", tls={"HTTPS": "on"}, sni=staged.sni) if staged.secure else asked


def _title(stage: Stage, directive: Written) -> str:
    original = stage.node_at(directive.place.line) or directive
    span = original.place.span
    return f"{span.file.name}:{span.line}:{span.column}: {original.name} {original.args}"
