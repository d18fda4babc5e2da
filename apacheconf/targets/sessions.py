"""Sticky sessions as both targets look for them: two regexes, and which members a route leads to (ST-1 to ST-9)."""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.program.workers import Balancer, Worker
from apacheconf.targets.patterns import escape

#: Status letters of members that take no requests at all, and of one that only keeps its sessions.
OUT, DRAINING = frozenset("DS"), "N"


@dataclass(frozen=True, slots=True)
class Sessions:
    """What a request's session looks like; a regex has one group, the route, and is searched unanchored.

    ``in_url`` is true of a URL that carries the session, with or without a route: then no cookie is asked (ST-1).
    """

    in_url: str
    url_route: str
    cookie_route: str


def sessions_of(balancer: Balancer) -> Sessions | None:
    """How the balancer recognises sessions; None when it keeps none, or no member has a route (ST-6)."""
    if not balancer.sticky_cookie or not routes_of(balancer):
        return None
    ends = ";?&" if balancer.semicolon_delimits else "?&"
    parameter, cookie = escape(balancer.sticky_parameter), escape(balancer.sticky_cookie)
    separator = balancer.sticky_separator
    begins = f"{parameter}=[{ends}]*"
    named = rf"(?:^|[;,\s]){cookie}\s*="
    if not separator:
        return Sessions(rf"{begins}[^{ends}]", f"{begins}([^{ends}]+)", f"{named}([^;,]*)")
    apart = "\\" + separator
    return Sessions(
        rf"{begins}[^{ends}]",
        f"{begins}[^{ends}{apart}]*{apart}([^{ends}]*)",
        f"{named}[^;,{apart}]*{apart}([^;,]*)",
    )


def routes_of(balancer: Balancer) -> dict[str, tuple[Worker, ...]]:
    """Each route and the members that carry it, standbys last (ST-7), then who takes its place (ST-8)."""
    found: dict[str, list[Worker]] = {}
    for member in sorted(balancer.members, key=_is_standby):
        if member.member is not None and member.member.route:
            found.setdefault(member.member.route, []).append(member)
    return {route: (*members, *_redirected(members, found)) for route, members in found.items()}


def _is_standby(worker: Worker) -> bool:
    return worker.member is not None and "H" in worker.member.status


def _redirected(members: list[Worker], found: dict[str, list[Worker]]) -> list[Worker]:
    names = {member.member.redirect for member in members if member.member and member.member.redirect}
    return [worker for name in sorted(names) for worker in found.get(name, ()) if worker not in members]


def accepts_sessions(worker: Worker) -> bool:
    """Whether a member takes requests of sessions: draining ones do, disabled and stopped ones don't (LB-22)."""
    return worker.member is None or not worker.member.status & OUT
