"""What backends are called: by the site and the path that they are for, or by their balancer (HAP-4)."""

from __future__ import annotations

import re

from apacheconf.program.steps import Step
from apacheconf.program.workers import Balancer, Origin
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.naming import slug
from apacheconf.targets.patterns import literal_start
from apacheconf.targets.routes import Route, members, regex_of

_TUNNELS = frozenset({"ws", "wss"})
#: A path that says already what it is for.
_TUNNEL = re.compile(r"websocket|(?:^|-)ws(?:-|$)")


def origin_backend(low: Lowering, route: Route, origin: Origin) -> str:
    """What the backend of an origin would like to be called."""
    assert route.mapping is not None and route.map is not None
    place = _speakable(_begins(route.mapping) or route.map.prefix)
    if isinstance(origin, Balancer):
        name = slug(origin.name)
        return f"{name}-{place}" if place not in ("", name) and low.names.has(name) else name
    tunnel = "websocket" if members(origin)[0].scheme in _TUNNELS and not _TUNNEL.search(place) else ""
    return "-".join(filter(None, (route.host.name or "main", place, tunnel)))


def redirect_backend(route: Route, step: Step, whose: str) -> str:
    """What a backend that redirects would like to be called: by its path, where the step is not about all paths."""
    everywhere = any(each.said_by == step.said_by for cell in route.host.shape.cells if not cell.path
                     for each in cell.steps)  # fmt: skip
    place = _speakable(_begins(step) or ("" if everywhere else route.cell.path))
    return "-".join(filter(None, ("redirect", whose, place)))


def _begins(step: Step) -> str:
    """How paths begin that the regex of a step matches."""
    regex = regex_of(step)
    return (literal_start(regex) or "") if regex else ""


def _speakable(path: str) -> str:
    """A path in the letters of names; empty where it has none."""
    return slug(path) if path.strip("/.-") else ""
