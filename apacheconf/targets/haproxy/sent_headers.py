"""What mod_proxy adds to a request, takes away from it, and says of who is asked (RQ-13, HAP-40, HAP-41, HAP-51)."""

from __future__ import annotations

from collections.abc import Callable

from apacheconf.program.admission import Admit
from apacheconf.program.steps import NameUser, Step, Table
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim, approximated, exact
from apacheconf.targets.environments import variables_in, variables_set
from apacheconf.targets.haproxy.core import HAS_HOST
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_headers import Headers, edits
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.haproxy.via import emit_via, host_name
from apacheconf.targets.haproxy.workers import names_are_hosts
from apacheconf.targets.routes import Route, members
from apacheconf.targets.upgrades import upgrade_regex

_OF_URL = frozenset({"REQUEST_URI", "QUERY_STRING"})
_REQUEST_HOPS = ("Keep-Alive", "Proxy-Connection", "TE", "Trailer")
#: The headers that mod_proxy adds and takes away, and the one that it reads for that, in small letters.
_ADDED = frozenset({"x-forwarded-for", "x-forwarded-host", "x-forwarded-server", "via", "host", "upgrade",
                    *(name.lower() for name in _REQUEST_HOPS)})  # fmt: skip


def emit_request_headers(
    low: Lowering, route: Route, origin: Origin, headers: Headers, backend: Section
) -> list[Callable[[], None]]:
    """The lines of RequestHeader and those that mod_proxy adds to every request; what has to wait until the URL is made
    is given back. What is the same for many mappings goes first, so that it stands in one place."""

    def edit() -> None:
        headers.emit(Table.REQUEST)

    def add() -> None:
        _emit_added_headers(low, route, origin, backend)

    edited = {action.name.lower() for _, action in edits(route, Table.REQUEST)}
    made = (route.path, route.query, route.refused, route.map and route.map.value)
    edits_wait = "host" in edited or any(each.name not in _OF_URL for each in variables_in(made))
    lowered_here = (*route.headers, *route.unsure, *route.others, *made)
    read = (each.argument.lower() for each in variables_in(lowered_here))
    if edited.isdisjoint(_ADDED) and _ADDED.isdisjoint(read):
        add()
        waiting = [edit]
    else:
        waiting = [edit, add]
    if edits_wait:
        return waiting
    for emit in waiting:
        emit()
    return []


def _emit_added_headers(low: Lowering, route: Route, origin: Origin, backend: Section) -> None:
    for name in _REQUEST_HOPS:
        backend.rule(f"http-request del-header {name}")
    _drop_credentials(route, backend)
    if route.forwarded:
        claims = (exact(route.host.said_by(route.forwarded)),)
        _emit_joined(backend, "X-Forwarded-For", "%[src]", "", claims)
        _emit_joined(backend, "X-Forwarded-Host", "%[req.fhdr(host)]", HAS_HOST)
        _emit_joined(backend, "X-Forwarded-Server", host_name(low, route.host))
    emit_via(low, route.host, backend)
    _emit_upgrade(origin, backend)  # it differs most, and what follows can't stand in one place for all


def _emit_upgrade(origin: Origin, backend: Section) -> None:
    """HAP-51: HAProxy hands every upgrade on; only those that the origin may be asked for, or offers, stay."""
    upgrade = upgrade_regex(origin)
    if upgrade is None:
        backend.rule("http-request del-header Upgrade")
    else:
        backend.rule("http-request del-header Upgrade unless { req.hdr(upgrade) -m reg -i ? }", upgrade)
        backend.rule("http-response set-var(txn.upgrades) bool(true) if { res.fhdr(upgrade) -m reg -i ? }", upgrade)


def _drop_credentials(route: Route, backend: Section) -> None:
    """RQ-6: Proxy-Authorization ends here where it is known who asks, unless Proxy-Chain-Auth is set."""
    steps = [step for step, _ in route.met]
    known = any(isinstance(step.action, Admit | NameUser) for step in steps)
    chained = any(each.name.lower() == "proxy-chain-auth" for step in steps for each in variables_set(step))
    if known and not chained:
        backend.rule("http-request del-header Proxy-Authorization if { var(txn.user) -m found }")


def _emit_joined(backend: Section, name: str, value: str, only_if: str = "", claims: tuple[Claim, ...] = ()) -> None:
    """RQ-13, HAP-41: extend the one line that came in; where none or several did, add a line."""
    one = f"{{ req.fhdr_cnt({name}) 1 }}"
    joined = f"%[req.fhdr({name})], {value}"
    backend.rule(f"http-request set-header {name} ? if {one} {only_if}", joined, claims=claims)
    backend.rule(f"http-request add-header {name} ? if !{one} {only_if}", value)


def emit_kept_host(low: Lowering, route: Route, step: Step, backend: Section) -> None:
    """HAP-40: the client's Host stays."""
    said_by = route.host.said_by(step)
    if not low.may_be_nameless(route.host):
        low.dropped.append(exact(said_by))
        return
    backend.rule(f"http-request set-header Host ? unless {HAS_HOST}", host_name(low, route.host),
                 comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


def emit_origin_host(origin: Origin, backend: Section) -> None:
    """HAP-40: the origin's authority takes the place of the client's Host."""
    if not names_are_hosts(origin):
        claims: tuple[Claim, ...] = ()
        if len({member.authority for member in members(origin)}) > 1:
            said_by = tuple(each for member in members(origin) for each in member.said_by)
            claims = (approximated(said_by, "every member gets the first one's Host", "member-host"),)
        backend.rule("http-request set-header Host ?", members(origin)[0].authority, claims=claims)
        return
    backend.add("http-send-name-header", "Host", comment="a member's name is its Host")
