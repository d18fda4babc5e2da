"""Origins that are slower than a configuration waits for them (DIF-8), on a stage where nobody waits for long.

The shortest time that the configuration gives an origin is a second there, the shortest that httpd takes; all
others are so long that nothing comes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin
from apacheconf.program.workers import Worker
from apacheconf.prove.client import Turn
from apacheconf.prove.requests import Aim, Probe, request

#: Directives whose only word is how long origins are waited for, and those with a parameter that is.
WHOLE = frozenset({"timeout", "proxytimeout"})
WITH_PARAMETER = frozenset({"proxypass", "proxypassmatch", "balancermember", "proxyset", "proxy"})
_PARAMETER = re.compile(r"(?<=[\s\"])timeout=(\d+)", re.IGNORECASE)
_SHORT, _LONG = "1", "30"
#: Seconds after which an origin answers: later than _SHORT, and before a client gives up.
DELAY = 1.6


def shortest(directives: Iterable[Written]) -> int | None:
    """The shortest time that is given to origins, in seconds; None where no directive says one."""
    found = [int(text) for each in directives for text in _times(each)]
    return min((each for each in found if each > 0), default=None)


def _times(directive: Written) -> list[str]:
    name = directive.name.lower()
    if name in WHOLE:
        return re.findall(r"^\"?(\d+)\"?$", directive.args.strip())
    return _PARAMETER.findall(directive.args) if name in WITH_PARAMETER else []


def hurried(name: str, args: str, least: int) -> str:
    """The arguments of a directive on such a stage; ``least`` is the shortest time."""

    def scaled(text: str) -> str:
        return _SHORT if int(text) == least else _LONG

    if name in WHOLE:
        return re.sub(r"\d+", lambda found: scaled(found[0]), args, count=1)
    return _PARAMETER.sub(lambda found: f"timeout={scaled(found[1])}", args) if name in WITH_PARAMETER else args


def probes(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """One where the origin of the aim is slow, and one below the mapping that is given the least time of all."""
    yield _probe(aim.path(aim.leaf), aim)
    patient = [(worker.timeout, prefix) for prefix, worker in _mapped(program, host) if worker.timeout]
    path = min(patient)[1].rstrip("/") + "/x" if patient else ""
    if path and path != aim.path(aim.leaf):
        yield _probe(path, aim)


def _mapped(program: Program, host: Host) -> Iterator[tuple[str, Worker]]:
    steps = (*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps))
    for action in (step.action for step in steps):
        if isinstance(action, MapToOrigin) and action.prefix:
            origin = program.origins[host.origins[action.origin]]
            if isinstance(origin, Worker):
                yield action.prefix, origin


def _probe(path: str, aim: Aim) -> Probe:
    data = request(Aim(aim.host, aim.alias, "/", aim.scheme, aim.origin_scheme, aim.leaf), path=path,
                   orders={"delay": DELAY})  # fmt: skip
    return Probe(f"slow: GET {path}", "slow", (Turn(data),))
