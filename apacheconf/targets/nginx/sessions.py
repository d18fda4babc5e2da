"""Sticky sessions in nginx: a map from the route to an upstream of its own, whose spares are the others (NGX-108).

The upstream of a route asks its member first and, as httpd does, another one when that can't be reached; with
``nofailover=On`` there is no other. No version of nginx needs a module for it.
"""

from __future__ import annotations

from apacheconf.program.workers import Balancer, Worker
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.nginx.workers import Service
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import is_address
from apacheconf.targets.sessions import DRAINING, OUT, Sessions, accepts_sessions, routes_of, sessions_of
from apacheconf.targets.spoken import words_of


def member_of_session(service: Service, low: Lowering) -> str:
    """The upstream that a request's session leads to: a variable, or the service's where there are no sessions."""
    origin, name = service.origin, service.name
    sessions = sessions_of(origin) if isinstance(origin, Balancer) else None
    if sessions is None or not isinstance(origin, Balancer):
        return name
    route = _route(origin.sticky_cookie, sessions, name, low)
    routes = routes_of(origin)
    ways = [(_exactly(each), _upstream(service, origin, each, workers, low)) for each, workers in routes.items()]
    return low.maps.make(
        f"member_{_speakable(name)}", Map(route, (*ways, ("default", name)), "the member of a session")
    )


def route_chosen(service: Service, low: Lowering) -> str | None:
    """The variable that holds the route of the member that was asked; None where addresses don't tell members apart."""
    found = {at: each.member.route if each.member else "" for each, at in service.addresses.items()}
    known = all(at.startswith("unix:") or is_address(each) for each, at in service.addresses.items())
    if len(found) < len(service.addresses) or not known:
        return None
    entries = tuple((f"~(?:^|[ ,]){escape(asked)}$", literal(route)) for asked, route in found.items() if route)
    if not entries:
        return ""
    why = f"the route of the member of {service.name} that answers"
    name = f"chosen_{_speakable(service.name)}"
    return low.maps.make(name, Map("$upstream_addr", (*entries, ("default", "")), why))


def route_changed(service: Service, low: Lowering) -> str | None:
    """The variable that is ``1`` where another member answers than the session wants, or there is none (ST-11)."""
    balancer = service.origin
    if not isinstance(balancer, Balancer) or not balancer.sticky_cookie:
        return ""
    sessions = sessions_of(balancer)
    if sessions is None:
        return "1"  # no member has a route, so no request has found its own
    chosen = route_chosen(service, low)
    if chosen is None:
        return None
    route = _route(balancer.sticky_cookie, sessions, service.name, low)
    made = Map(f"{route}|{chosen}", ((r"~^([^|]+)\|\1$", ""), ("default", "1")), "a session that begins or moves")
    return low.maps.make(f"changed_{_speakable(service.name)}", made)


def _route(cookie: str, sessions: Sessions, name: str, low: Lowering) -> str:
    """The variable that holds the route of a request."""
    in_cookie = ((f"~{_named(sessions.cookie_route)}", "$route"), ("default", ""))
    by_cookie = low.maps.make(
        f"route_in_cookie_{words_of(cookie)}", Map("$http_cookie", in_cookie, f"the route in the cookie {cookie}")
    )
    in_url = ((f"~{_named(sessions.url_route)}", "$route"), (f"~{sessions.in_url}", ""), ("default", by_cookie))
    why = "a session in the URL counts before the cookie"
    return low.maps.make(f"route_by_{words_of(cookie)}", Map("$request_uri", in_url, why))


def _named(regex: str) -> str:
    """The one group under the name that the map's value uses."""
    at = regex.rindex("([")
    return f"{regex[:at]}(?<route>{regex[at + 1 :]}"


def _exactly(route: str) -> str:
    """A route as a map's key: letters matter, which nginx's plain keys ignore (ST-6)."""
    return f"~^{escape(route)}$"


def _speakable(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name)


def _upstream(service: Service, balancer: Balancer, route: str, workers: tuple[Worker, ...], low: Lowering) -> str:
    """An upstream that asks the members of a route first."""
    key = service.name, route
    own = low.names.of(key, f"{service.name}-{route}")
    if key in low.written:
        return own
    low.written[key] = balancer
    low.upstreams.space()
    block = low.upstreams.open("upstream", own, comment=f"sessions of {service.name} whose route is {route}")
    first = [worker for worker in workers if accepts_sessions(worker)][:1]
    spares = [worker for worker in workers if worker not in first]
    if not balancer.no_failover:
        spares += [worker for worker in balancer.members if worker not in workers]
    _servers(block, service, first, spares)
    if service.keeps:
        block.add("keepalive", "32")
    return own


def _servers(block: Block, service: Service, first: list[Worker], spares: list[Worker]) -> None:
    for worker in first:
        block.add("server", service.addresses[worker], "max_fails=0")
    for worker in spares:
        out = worker.member is not None and worker.member.status & (OUT | {DRAINING})
        words = ["down"] if out else ["backup"] if first else []
        block.add("server", service.addresses[worker], "max_fails=0", *words)
