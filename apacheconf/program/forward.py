"""The request as an origin receives it: Host, X-Forwarded-*, what is dropped (RQ-1 to RQ-17)."""

from __future__ import annotations

import re

from apacheconf.program.course import Course
from apacheconf.program.evaluate import State
from apacheconf.program.headers import HeaderTable
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.request import Decision, Headers
from apacheconf.program.workers import Balancer

#: A variable by which a user's password for a proxy goes on to the next one.
_CHAIN = "proxy-chain-auth"


def host_header(course: Course) -> str | None:
    """The Host that the origin gets; None when it depends on the member that is chosen."""
    if course.keep_host:
        return course.headers.get("Host") or course.state.host.name
    if course.origin is None or isinstance(course.origin, Balancer):
        return None
    return course.origin.authority


def outgoing_headers(course: Course, via: str) -> Headers:
    """The header lines for the origin in httpd's order, without Host, framing and Connection (RQ-2)."""
    headers = course.headers
    if is_fcgi(course.origin):
        return headers.lines()  # they become variables
    headers = HeaderTable.of(headers.lines())  # what is asked of the request later is asked of what came
    incoming_host = headers.get("Host")
    headers.drop_hop_by_hop()
    headers.unset("Host")
    if course.state.user is not None and not any(name.lower() == _CHAIN for name in course.state.env):
        headers.unset("Proxy-Authorization")  # it was for us (RQ-6)
    if via:
        headers.merge("Via", via)
    elif course.state.host.shape.limits.via == "Block":
        headers.unset("Via")
    if course.forwarded:
        add_forwarded(headers, course.state.request.peer[0], incoming_host, course.state.host.name)
    return headers.lines()


def add_forwarded(headers: HeaderTable, client: str, host: str | None, server: str) -> None:
    """Extend X-Forwarded-For, -Host and -Server (RQ-13)."""
    headers.merge("X-Forwarded-For", client)
    if host is not None:
        headers.merge("X-Forwarded-Host", host)
    if server:
        headers.merge("X-Forwarded-Server", server)


def via_line(state: State) -> str:
    """What ProxyVia adds to the request and to its answer, empty for nothing (RQ-16)."""
    said = state.host.shape.limits.via
    if said not in ("On", "Full"):
        return ""
    usual = 443 if state.scheme == "https" else 80
    port = "" if state.asked_port == usual else f":{state.asked_port}"
    version = ".".join(map(str, state.request.version))
    name = state.own_name if state.called.by_dns else state.host.name
    return f"{version} {name}{port}" + (" (Apache/2.4)" if said == "Full" else "")


#: What the page of a 400 says of Max-Forwards.
FORWARDS_UNREAD = "Max-Forwards request header could not be parsed"
FORWARDS_SPENT = "Max-Forwards has reached zero - proxy loop?"


def count_forward(course: Course) -> None:
    """Max-Forwards: decremented, and refused at zero or when it is no number (RQ-17)."""
    most = course.state.host.shape.limits.max_forwards if course.origin is not None else -1
    refused = counted(course.headers, course.state.request.method, most)
    if refused is not None:
        course.refuse(refused, "Max-Forwards has reached zero, or is no number")
        course.note = told_of_forwards(course.headers, refused)


def counted(headers: HeaderTable, method: str, most: int) -> int | None:
    """Count a forward in Max-Forwards, from ``most`` on where there is none; the status where there is none left."""
    value = headers.get("Max-Forwards")
    if value is None:
        if most >= 0:
            headers.replace("Max-Forwards", str(most))
        return None
    if not re.fullmatch(r"\+?[0-9]{1,30}", value.strip()) or int(value) >= 2**63:
        return 400
    if int(value) == 0:
        return 200 if method in ("TRACE", "OPTIONS") else 400
    headers.replace("Max-Forwards", str(int(value) - 1))
    return None


def told_of_forwards(headers: HeaderTable, status: int) -> str:
    """What the page of a refused Max-Forwards says, nothing for TRACE and OPTIONS."""
    if status == 200:
        return ""
    return FORWARDS_SPENT if re.fullmatch(r"\+?0+", (headers.get("Max-Forwards") or "").strip()) else FORWARDS_UNREAD


def decision_of(course: Course, keep_alive: bool = True) -> Decision:
    """The end of the course as data."""
    state = course.state
    proxied = course.origin is not None and course.status is None
    via = via_line(state) if proxied else ""
    return Decision(
        host=state.host,
        path=state.path,
        query=state.query,
        origin=course.origin if proxied else None,
        uri=course.uri if proxied else "",
        host_header=host_header(course) if proxied else None,
        keep_host=course.keep_host,
        add_forwarded=course.forwarded,
        answers_expect=course.answers_expect,
        via=via,
        headers=outgoing_headers(course, via) if proxied else (),
        status=course.status,
        location=course.location,
        body=course.body,
        file=state.file if course.located is None or course.located.found else state.file + state.path_info,
        path_info=state.path_info,
        located=course.located,
        vary=varied(state),
        redirect_to=course.redirect_to or "",
        by_rules=course.by_rules,
        note=course.note,
        lost=course.lost,
        turn_of=course.turn_of,
        handler=state.handler,
        keep_alive=keep_alive,
        env=state.env.as_they_are(),
        map_back=tuple(course.map_back) if proxied else (),
        map_back_cookies=tuple(course.map_back_cookies) if proxied else (),
        response_headers=tuple(course.response_headers),
        early_headers=course.early.lines(),
        early_own=() if proxied and not is_fcgi(course.origin) else course.early_own.lines(),
        state=state,
        error_documents=tuple(course.error_documents.values()),
        override_errors=course.override_errors,
        charset=course.charset,
        tls=course.tls,
        filters=tuple(course.filters),
        told=dict(course.told),
        logs=tuple(course.logs),
        rounds=course.rounds,
        messages=tuple(course.messages),
        fields=tuple(course.fields),
        user=state.user,
        client=state.request.peer if state.host.remote_ip is not None and state.request.connection_peer else None,
        levels=course.levels,
        naming=state.naming,
    )


def varied(state: State) -> tuple[str, ...]:
    """The line of Vary of what expressions and rules have asked so far, if they have (EXPR-31, RW-40)."""
    return (", ".join(dict.fromkeys(state.vary)),) if state.vary else ()
