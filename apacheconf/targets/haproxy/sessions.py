"""Sticky sessions in HAProxy: the route in a variable, and a rule for each member that has one (HAP-84)."""

from __future__ import annotations

from apacheconf.program.workers import Balancer, Origin
from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.tree import Section
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
