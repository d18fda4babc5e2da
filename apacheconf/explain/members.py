"""Which member of a balancer the first request after a start goes to.

The counters of a running balancer are its own; a story can only tell what a fresh one does. All of httpd's methods
begin alike: every usable member has the same load, so weight and order decide (LB-1 to LB-5, LB-12, LB-20).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.program.request import Decision, Request
from apacheconf.program.workers import Balancer, Member, Worker

#: Letters of status= that keep a member from new requests (LB-3, LB-7, LB-8).
_OUT = {
    "D": "is disabled",
    "S": "is stopped",
    "N": "is draining: only its own sessions reach it",
    "C": "failed its check",
}
_WAITS = {
    "R": "is a hot spare: it steps in for a member that fails",
    "H": "is a hot standby: it serves when no other can",
}


@dataclass(frozen=True, slots=True)
class Pick:
    """The member and why; ``others`` are the rest with why not. ``worker`` is None when no member is usable."""

    worker: Worker | None
    why: str
    others: tuple[tuple[Worker, str], ...]


def pick_first(balancer: Balancer, request: Request, decision: Decision) -> Pick:
    """The member of ``balancer`` that a fresh start gives to ``request``."""
    route, where = session_route(balancer, request, decision.uri)
    if route:
        routed = _with_route(balancer, route)
        if routed is not None:
            why = f"the session in the {where} names the route {route}"
            return Pick(
                routed,
                why,
                tuple((w, f"its route is {_member(w).route or 'not set'}") for w in _rest(balancer, routed)),
            )
    able = [worker for worker in balancer.members if not _reason(worker)]
    able = able or [worker for worker in balancer.members if _reason(worker) in _WAITS.values()]
    if not able:
        return Pick(None, "no member is usable", tuple((w, _reason(w)) for w in balancer.members))
    lowest = min(_member(worker).lbset for worker in able)
    chosen = _heaviest([worker for worker in able if _member(worker).lbset == lowest], balancer.lbmethod)
    why = _why(chosen, able, balancer)
    if route:
        why = f"no usable member has the route {route}, so {balancer.lbmethod} chooses; {why}"
    return Pick(chosen, why, tuple((w, _reason(w) or _turn(w, chosen)) for w in _rest(balancer, chosen)))


def _heaviest(able: list[Worker], lbmethod: str) -> Worker:
    if lbmethod == "bytraffic":
        return able[0]
    return max(able, key=lambda worker: _member(worker).loadfactor)  # the first of equals (LB-12)


def _why(chosen: Worker, able: list[Worker], balancer: Balancer) -> str:
    if len(able) == 1:
        return "it is the only usable member"
    if balancer.lbmethod == "bytraffic":
        return "nothing was sent yet, and it comes first"
    weights = {_member(worker).loadfactor for worker in able if _member(worker).lbset == _member(chosen).lbset}
    return "all are equal after a start, and it comes first" if len(weights) == 1 else "its loadfactor is the highest"


def _turn(worker: Worker, chosen: Worker) -> str:
    own, other = _member(worker), _member(chosen)
    if own.lbset > other.lbset:
        return f"is in lbset {own.lbset}, which is asked when lbset {other.lbset} has nobody"
    return "takes its turn with later requests"


def _reason(worker: Worker) -> str:
    status = _member(worker).status
    return next((why for letter, why in (_OUT | _WAITS).items() if letter in status), "")


def _member(worker: Worker) -> Member:
    return worker.member or Member()


def _rest(balancer: Balancer, chosen: Worker) -> list[Worker]:
    return [worker for worker in balancer.members if worker is not chosen]


def _with_route(balancer: Balancer, route: str) -> Worker | None:
    """The member with this route (ST-7): ordinary ones first, then standbys; a draining one keeps its sessions."""
    found = [worker for worker in balancer.members if _member(worker).route == route]
    found = [worker for worker in found if not _member(worker).status & {"D", "S", "C"}]
    return min(found, key=lambda worker: "H" in _member(worker).status, default=None)


def session_route(balancer: Balancer, request: Request, uri: str) -> tuple[str, str]:
    """The route that the request's session names, and where it stands: ``URL`` or ``cookie`` (ST-1 to ST-5)."""
    value, where = "", ""
    if balancer.sticky_parameter:
        value, where = _from_url(balancer, uri), "URL"
    if not value and balancer.sticky_cookie:
        value, where = _from_cookie(balancer.sticky_cookie, request.header("Cookie") or ""), "cookie"
    if not balancer.sticky_separator:
        return value, where
    return value.partition(balancer.sticky_separator)[2], where


def _from_url(balancer: Balancer, uri: str) -> str:
    ends = "?&;" if balancer.semicolon_delimits else "?&"
    match = re.search(re.escape(balancer.sticky_parameter) + rf"=([^{ends}]*)", uri)
    return match[1] if match else ""


def _from_cookie(name: str, header: str) -> str:
    match = re.search(rf"(?:^|[;,\s]){re.escape(name)}=([^;,]*)", header)
    return match[1] if match else ""
