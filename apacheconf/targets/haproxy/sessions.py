"""Sticky sessions in HAProxy: the route in a variable, and a rule for each member that has one (HAP-84)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.steps import MapBack, MapBackCookie, Step
from apacheconf.program.workers import Balancer, Origin
from apacheconf.targets.environments import variables_in
from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.samples import is_of_member, variable_of
from apacheconf.targets.haproxy.sharing import drop_unread
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route
from apacheconf.targets.sessions import accepts_sessions, routes_of, sessions_of

REFERENCE = r"\1"
_ROUTE = "http-request set-var(txn.route) ?"


def emit_sessions(origin: Origin, names: dict[int, str], backend: Section) -> None:
    """The rules of a balancer with sessions; ``names`` are the servers' by the ``id`` of their member."""
    sessions = sessions_of(origin) if isinstance(origin, Balancer) else None
    if sessions is None or not isinstance(origin, Balancer):
        return
    backend.space()
    cookie, url = sessions.cookie_route, sessions.url_route
    backend.rule(f"{_ROUTE} if {{ req.fhdr(cookie) -m reg ? }}", _group("req.fhdr(cookie)", cookie), cookie)
    backend.rule("http-request unset-var(txn.route) if { pathq -m reg ? }", sessions.in_url)
    backend.rule(f"{_ROUTE} if {{ pathq -m reg ? }}", _group("pathq", url), url)
    for route, workers in routes_of(origin).items():
        for worker in filter(accepts_sessions, workers):
            backend.rule("use-server ? if { var(txn.route) -m str ? }", names[id(worker)], route)


def _group(source: str, regex: str) -> str:
    """A sample: what the regex's group holds, of the first match in ``source``."""
    return f'{source},regsub("{inner(f"^.*?{regex}.*$")}","{inner(REFERENCE)}")'


_WORKER_ROUTE, _CHANGED = "BALANCER_WORKER_ROUTE", "BALANCER_ROUTE_CHANGED"
#: What is told of every member that answers.
ALWAYS_TOLD = frozenset({_WORKER_ROUTE, "BALANCER_NAME"})


@dataclass(frozen=True)
class Told:
    """Variables of the chosen member that a route's steps read: ``set`` when an answer comes, or ``never``."""

    set: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()


NOTHING_TOLD = Told()


def members_told(route: Route, origin: Origin) -> Told:
    """What is told of the chosen member, as far as HAProxy can say it (ST-11)."""
    readers = (step for step, _ in route.met if not isinstance(step.action, MapBack) and not _says_texts(step))
    read = frozenset(each.argument for step in readers for each in variables_in(step) if is_of_member(each))
    if not isinstance(origin, Balancer):
        return Told(never=read)
    stands_in = any(member.member and member.member.redirect for member in origin.members)
    never = read & {_CHANGED} if not origin.sticky_cookie else frozenset()
    return Told((read & {_WORKER_ROUTE, *([] if stands_in else [_CHANGED]), "BALANCER_NAME"}) - never, never)


def _says_texts(step: Step) -> bool:
    """Whether a cookie is mapped back without asking or saying anything of the request."""
    return isinstance(step.action, MapBackCookie) and step.action.values is None and step.when == ALWAYS


def emit_told(names: frozenset[str], origin: Origin, backend: Section) -> None:
    """The rules that set these when an answer comes: servers are numbered in the order of the members."""
    if not names or not isinstance(origin, Balancer):
        return
    if "BALANCER_NAME" in names:
        backend.rule(f"http-response set-var({variable_of('BALANCER_NAME')}) str({origin.name})")
    if names == {"BALANCER_NAME"}:
        return
    taken = variable_of(_WORKER_ROUTE)
    for number, member in enumerate(origin.members, 1):
        route = member.member.route if member.member else ""
        backend.rule(f"http-response set-var({taken}) str({route}) if {{ srv_id {number} }}")
    if _CHANGED in names:
        same = f"{{ var({taken}),strcmp(txn.route) eq 0 }}" if sessions_of(origin) else "FALSE"
        backend.rule(f"http-response set-var({variable_of(_CHANGED)}) str(1) unless {same}")


def drop_untold(names: frozenset[str], route: Route, backend: Section) -> None:
    """Leave out what ``emit_told`` has said where no line of the backend asks for it, and no log can."""
    if not names:
        return
    logged = {each.argument for step in route.host.shape.server for each in variables_in(step)}
    for name in sorted(names - logged):  # the route comes last: whether it has changed is asked of it
        drop_unread(re.escape(variable_of(name)), backend)
