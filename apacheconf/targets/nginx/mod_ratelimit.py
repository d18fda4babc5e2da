"""mod_ratelimit in nginx: ``limit_rate`` for RATE_LIMIT where its speed is a fixed number (NGX-193, DF-5)."""

from __future__ import annotations

import re

from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import equivalent
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.mod_setenvif import setting_of
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

_PACE = "the bytes leave at the same speed, in pieces of nginx's own"
_NUMBER = re.compile(r"\s*\+?(\d+)")


def emit(low: Lowering, route: Route, location: Block) -> list[Step]:
    """The speed of a location's answers; the steps that are spoken for."""
    filters = [step for step in route.others if isinstance(step.action, AddFilter) and step.action.name == "rate_limit"]
    rate, burst = setting_of(route, "rate-limit"), setting_of(route, "rate-initial-burst")
    number, first = (_NUMBER.match(each[0] if each else "") for each in (rate, burst))
    if not filters or rate is None or (number is None or number[1] == "0"):
        return []
    steps = [*filters, rate[1], *([burst[1]] if burst else [])]
    said_by = [each for step in steps for each in route.host.said_by(step)]
    claims = (equivalent(said_by, _PACE, "pace"),)
    location.add("limit_rate", f"{number[1]}k", comment=low.sources.comment(said_by), claims=claims)
    if first is not None and first[1] != "0":
        location.add("limit_rate_after", f"{first[1]}k")
    return steps
