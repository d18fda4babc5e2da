"""mod_proxy in nginx: a proxied cell as a location (NGX-41 to NGX-46, NGX-60 to NGX-82)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.tls import OriginTls
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.late_origins import BY_NAME
from apacheconf.targets.nginx import documents, mod_dir, origin_tls
from apacheconf.targets.nginx.connections import connections_of
from apacheconf.targets.nginx.core import emit_charset
from apacheconf.targets.nginx.failures import mark_failures
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.members import addresses_of, emit_failover, have_servers
from apacheconf.targets.nginx.mod_headers import HeaderLines, of_origin
from apacheconf.targets.nginx.mod_setenvif import SWITCHES, setting_of
from apacheconf.targets.nginx.new_paths import emit_new_path, is_raw
from apacheconf.targets.nginx.onward_headers import emit_request_headers
from apacheconf.targets.nginx.sessions import member_of_session
from apacheconf.targets.nginx.timeouts import common_timeouts, emit_timeouts, timeouts
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.nginx.via import via_word
from apacheconf.targets.nginx.way_back import MAPPED_BACK, emit_cookies, emit_way_back, location_back
from apacheconf.targets.nginx.workers import service_of
from apacheconf.targets.origin_tls import settings_of
from apacheconf.targets.routes import Route, members, new_path, special_claims
from apacheconf.targets.upgrades import SECURE, UPGRADES, upgrade_regex, upgrades_differ

#: Headers that end at each proxy and that nginx would hand on (RS-2).
_RESPONSE_HOPS = ("Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade")
#: Headers of origins that nginx obeys or replaces instead of passing them (NGX-80, RS-3).
_NGINX_OWN = ("X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Redirect")
#: Those that it hides unless it is told to pass them.
_PASSED = ("Date", "Server", *_NGINX_OWN, "X-Pad")


def emit_defaults(low: Lowering, http: Block) -> None:
    """What holds for every proxied location: httpd's ways where nginx has others."""
    if not low.proxied:
        return
    http.space()
    http.say("What holds for every origin: headers end, pass and come back as with httpd.")
    emit_timeouts(common_timeouts(low), http)
    http.add("proxy_http_version", "1.1")
    http.add("proxy_request_buffering", "off")
    http.add("proxy_buffer_size", "16k")
    http.add("proxy_buffers", "8", "16k")
    http.add("proxy_force_ranges", "on")
    http.add("proxy_next_upstream", "error")
    http.add("proxy_redirect", "off")
    http.add("proxy_ignore_headers", *_NGINX_OWN, "Cache-Control", "Expires", "Set-Cookie", "Vary")
    for name in _PASSED:
        http.add("proxy_pass_header", name)
    for name in _hidden(low):
        http.add("proxy_hide_header", name)


def _hidden(low: Lowering) -> tuple[str, ...]:
    """What never comes through as the origin sent it."""
    return (*_RESPONSE_HOPS, *(*MAPPED_BACK, "Refresh")) if low.maps_back else _RESPONSE_HOPS


def _emit_hidden(low: Lowering, lines: HeaderLines, location: Block) -> None:
    """A location that hides a header by itself inherits none from above, nor any that it passes (NGX-30)."""
    own = [name for name in lines.hidden() if name.lower() != "server"]
    for name in (*_hidden(low), *own) if own else ():
        location.add("proxy_hide_header", name)
    hidden = {name.lower() for name in lines.hidden()}
    passed = [name for name in _PASSED if name.lower() not in hidden]  # for what is passed is hidden by nobody
    for name in passed if len(passed) < len(_PASSED) else ():
        location.add("proxy_pass_header", name)


def emit_gateway_errors(low: Lowering, pages: list[tuple[str, ...]], again: bool, server: Block) -> None:
    """SEM-23, NGX-91: unreachable is 503; a late or broken answer 502. nginx says 502 and 504.

    ``pages`` are the words of ``error_page`` for both; ``again`` says that an origin may be asked for one, and fail.
    """
    server.space()
    location = server.open("location", "@gateway_error")
    for words in pages:
        location.add("error_page", *words)
    if again:
        documents.emit_end_of_rounds(low, location)
    if low.overrides_504:
        location.open("if", low.maps.use("origin_answers"), "=", "504").add("return", "504")
    location.open("if", low.maps.use("gateway_status"), "=", "503").add("return", "503")
    location.add("return", "502")


def emit_proxied(low: Lowering, route: Route, origin: Origin, location: Block) -> None:
    """Fill the location of a proxied cell."""
    assert route.map is not None and route.mapping is not None
    worker = members(origin)[0] if members(origin) else None
    if worker is None or worker.scheme not in SECURE:
        scheme = worker.scheme if worker else "balancer without members"
        said_by = route.host.said_by(route.mapping)
        location.add("return", "503", claims=(unsupported(said_by, f"{scheme} is not supported yet", "scheme"),))
        return
    if SECURE[worker.scheme] and not _may_ask(route, location):
        return
    own_servers = have_servers(route, origin)
    connections = connections_of(route, origin)
    service = service_of(origin, low, addresses_of(route.host, origin, low) if own_servers else None, connections)
    upstream = member_of_session(service, low)
    if low.alike and route.map.origin != BY_NAME:
        agreed = low.number_of(connections)
        upstream = low.alike.word(f"{'servers' if own_servers else 'origin'}-{route.map.origin}-{agreed}")
    asked = f"{'https' if SECURE[worker.scheme] else 'http'}://{upstream}"
    mod_dir.emit_proxied_folder(low, route, location)
    path = emit_new_path(low, route, origin, asked, location)
    location.add("proxy_pass", f"{asked}{path}", claims=_mapping_claims(route, origin))
    if SECURE[worker.scheme]:
        origin_tls.emit_origin_tls(low, settings_of(route)[0], worker, route.keep_host is not None, location)
    own = timeouts(route.host, worker)
    if own_servers:
        emit_failover(route, origin, location)
    elif own != common_timeouts(low):
        emit_timeouts(own, location)
    _emit_switches(low, route, location)
    lines = HeaderLines(low, route, service, location_back(low, route))
    emit_request_headers(low, route, origin, lines, location)
    lines.emit_request(location)
    _emit_hidden(low, lines, location)
    emit_way_back(low, route, {name.lower() for name in lines.hidden()}, location)
    emit_cookies(low, route, location)
    lines.emit_response(location)
    if via_word(low, route.host):
        location.add("add_header", "Via", of_origin(low, "header_via", via_word(low, route.host)), "always")
    _emit_offers(low, origin, location)
    mark_failures(low, lines, location)
    emit_charset(low, route, location)


def _emit_offers(low: Lowering, origin: Origin, location: Block) -> None:
    """The Upgrade of an answer, of a 101 or of one that offers it, if it is one that may be asked for (WS-1)."""
    regex = upgrade_regex(origin)
    if regex is not None:
        offered = Map("$upstream_http_upgrade", ((f"~*{regex}", "$upstream_http_upgrade"), ("default", "")), "")
        location.add("add_header", "Upgrade", low.maps.make("header_upgrade", offered), "always")


def _emit_switches(low: Lowering, route: Route, location: Block) -> None:
    """proxy-sendcl: a body goes on with its length, for which all of it has to be here (RB-4). An origin of long ago is
    asked in HTTP/1.0 (NGX-72)."""
    for name, line in SWITCHES.items():
        found = setting_of(route, name)
        if found is not None:
            location.add(*line, claims=(exact(route.host.said_by(found[1])),))


def _may_ask(route: Route, location: Block) -> bool:
    """Whether an origin may be asked over TLS; else its location answers as httpd does, or is closed (DES-8)."""
    assert route.mapping is not None
    tls, said_by = settings_of(route)
    mapping = route.host.said_by(route.mapping)
    why = origin_tls.why_closed(tls)
    if not tls.engine:  # TB-1
        location.add("return", "500", claims=(exact([*mapping, *said_by]),))
    elif why:
        location.add("return", "503", claims=(unsupported([*mapping, *said_by], why, "closed"),))
    return tls.engine and not why


def _tls_and_mapping(route: Route) -> tuple[OriginTls, tuple[Written, ...], tuple[Written, ...]]:
    assert route.mapping is not None
    tls, said_by = settings_of(route)
    return tls, route.host.said_by(route.mapping), said_by


def _mapping_claims(route: Route, origin: Origin) -> tuple[Claim, ...]:
    assert route.map is not None and route.mapping is not None
    said_by = route.host.said_by(route.mapping)
    claims = [equivalent(said_by, "an empty query loses its ?, and [ ] reach the origin unescaped", "path-spelling")]
    path = new_path(route.map, route.cell, origin, None, route.path)
    if route.map.raw and path.whole is None and not is_raw(route.map, path):
        claims.append(approximated(said_by, "nocanon: the path is normalised all the same", "nocanon"))
    claims += special_claims(route.map, said_by)
    if len({member.path for member in members(origin)}) > 1:
        claims.append(approximated(said_by, "the members' paths differ: the first one's is used", "member-paths"))
    if upgrades_differ(origin):
        claims.append(approximated(said_by, UPGRADES, "member-upgrades"))
    if SECURE[members(origin)[0].scheme]:
        claims += origin_tls.claims_of(*_tls_and_mapping(route))
    return tuple(claims)
