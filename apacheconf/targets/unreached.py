"""Lines that no request of their host comes to: an earlier line answers every request that they are for.

``RewriteRule ^ https://a.example%{REQUEST_URI} [R]`` in front of ``ProxyPass /`` leaves nothing to it, nor to what says
more about what is mapped. ``Require all denied`` leaves nothing to the rules and redirects of its section.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.ledger import Outcome
from apacheconf.program.hosts import Host
from apacheconf.program.phases import Phase
from apacheconf.program.steps import (
    AddForwarded,
    EditHeader,
    KeepHost,
    KeepLocal,
    MapBack,
    MapBackCookie,
    MapToOrigin,
    Redirect,
    Rewrite,
    Table,
)
from apacheconf.targets.choices import Closed, Place, leaves
from apacheconf.targets.claims import Claim
from apacheconf.targets.routes import Route

_ABOUT_ORIGINS = KeepHost | AddForwarded | MapBack | MapBackCookie
_ABOUT_MAPPINGS = MapToOrigin | KeepLocal | _ABOUT_ORIGINS
_WHY = "an earlier line answers every request that it is for"
_NO_ORIGIN = "no origin is asked where it stands"
_ALWAYS_ONLY = "answers that are made here have the lines of the table always only"
_REFUSED = "everyone is refused before it is asked"


def claims_of_unreached(host: Host, places: Iterable[Place]) -> Iterator[Claim]:
    """What is said of the lines about mappings that none of these places uses, and of the rules and redirects of
    those where nobody is let in: they are dead in the source.

    Nothing is said where a place was closed, and so can't tell. Another host may use the same lines.
    """
    places = list(places)
    yield from _refused(host, places)
    ends = [end for place in places for _, end in leaves(place.tree)]
    routes = [end for end in ends if isinstance(end, Route)]
    if len(routes) < len(ends):
        return
    used = {id(directive) for route in routes for step in route.steps for directive in host.said_by(step)}
    for cell in host.shape.cells:
        for step in cell.steps:
            left = [each for each in host.said_by(step) if id(each) not in used]
            if left and isinstance(step.action, _ABOUT_MAPPINGS):
                yield Claim(tuple(left), Outcome.DEAD_IN_SOURCE, _WHY, "unreached")
    yield from _without_origin(host, routes)


def _without_origin(host: Host, routes: Iterable[Route]) -> Iterator[Claim]:
    """What is said of lines about origins where the server answers itself. Another place may use the same lines."""
    for route in routes:
        if route.answer is None and (route.mapping or route.file or route.others):
            continue
        for step in route.cell.steps:
            table = step.action.table if isinstance(step.action, EditHeader) else None
            if table is Table.REQUEST or isinstance(step.action, _ABOUT_ORIGINS):
                yield Claim(host.said_by(step), Outcome.NO_EFFECT, _NO_ORIGIN, "no-origin")
            elif table is Table.ONSUCCESS and route.answer:
                yield Claim(host.said_by(step), Outcome.NO_EFFECT, _ALWAYS_ONLY, "answer-made-here")


def _refused(host: Host, places: Iterable[Place]) -> Iterator[Claim]:
    ends = [((place.cell.path, place.cell.reach), end) for place in places for _, end in leaves(place.tree)]
    open_to_some = {cell for cell, end in ends if not _refuses(end)}
    shut = {cell for cell, _ in ends} - open_to_some
    for cell in host.shape.cells:
        if (cell.path, cell.reach) in shut:
            rules = (step for step in cell.steps if isinstance(step.action, Redirect | Rewrite))
            said_by = [each for step in rules if step.phase >= Phase.FIXUPS for each in host.said_by(step)]
            yield Claim(tuple(said_by), Outcome.DEAD_IN_SOURCE, _REFUSED, "unreached")


def _refuses(end: Route | Closed) -> bool:
    """Whether access rules have the last word."""
    return isinstance(end, Route) and end.answer is not None and Phase.ACCESS <= end.answer.phase < Phase.FIXUPS
