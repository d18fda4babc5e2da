"""mod_brotli in nginx, which has no Brotli as it is distributed: who would get it gets the body as it is (NGX-172)."""

from __future__ import annotations

from apacheconf.program.handling import BrotliNotes, BrotliRules
from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.routes import Route

_NONE = "nginx as it is distributed knows no Brotli: the body is sent as it is, or in gzip where DEFLATE is said, too"


def settle(low: Lowering, route: Route) -> list[Step]:
    """The steps that are about it, with what became of them."""
    steps = [step for step in route.others if _is_brotli(step) or isinstance(step.action, BrotliRules | BrotliNotes)]
    said_by = [each for step in steps for each in route.host.said_by(step)]
    low.dropped.append(unsupported(said_by, _NONE, "brotli"))
    return steps


def _is_brotli(step: Step) -> bool:
    return isinstance(step.action, AddFilter) and step.action.name == "brotli_compress"
