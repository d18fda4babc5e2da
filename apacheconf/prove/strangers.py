"""Origins that show a certificate which nobody believes: who asks them all the same, and who does not (OT-1 ff.)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin
from apacheconf.program.tls import SECURE
from apacheconf.prove.client import Turn
from apacheconf.prove.requests import Aim, Probe, request
from apacheconf.targets.routes import members

#: The scenario of these requests.
STRANGERS = "origins with another certificate"
#: More mappings of one host than these are not asked.
MOST = 4


def probes(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """A request below each mapping to an origin that speaks TLS."""
    steps = (step.action for cell in host.shape.cells for step in cell.steps)
    mapped = {each.prefix: each.origin for each in steps if isinstance(each, MapToOrigin) and each.prefix}
    origins = {prefix: program.origins[host.origins[number]] for prefix, number in mapped.items()}
    secure = [prefix for prefix, origin in origins.items() if any(each.scheme in SECURE for each in members(origin))]
    for prefix in secure[:MOST]:
        path = prefix.rstrip("/") + "/x"
        yield Probe(f"stranger: GET {path}", "stranger", (Turn(request(replace(aim, prefix="/"), path=path)),))
