"""mod_proxy in nginx: a proxied cell as a location (NGX-41 to NGX-46, NGX-60 to NGX-82)."""

from __future__ import annotations

import re

from apacheconf.ledger import Written
from apacheconf.program.conditions import NEVER
from apacheconf.program.steps import CookiePart, EditHeader, MapBack, MapBackCookie, MapToOrigin, Rest, Table
from apacheconf.program.tls import OriginTls
from apacheconf.program.values import REQUEST_URI, Capture, Literal, Value
from apacheconf.program.workers import Origin
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.late_origins import BY_NAME
from apacheconf.targets.nginx import documents, origin_tls, slashes
from apacheconf.targets.nginx.conditions import refuse_where
from apacheconf.targets.nginx.core import emit_charset
from apacheconf.targets.nginx.failures import mark_failures
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import SHARED, Map
from apacheconf.targets.nginx.members import addresses_of, emit_failover, have_servers
from apacheconf.targets.nginx.mod_headers import HeaderLines, of_origin
from apacheconf.targets.nginx.mod_remoteip import forwarded_for, what_is_left
from apacheconf.targets.nginx.mod_setenvif import setting_of
from apacheconf.targets.nginx.own_urls import public_url
from apacheconf.targets.nginx.rewriting import emit_query, may_break, path_of, substitution, told
from apacheconf.targets.nginx.sessions import member_of_session
from apacheconf.targets.nginx.timeouts import common_timeouts, emit_timeouts, timeouts
from apacheconf.targets.nginx.tree import Block, literal, literal_path
from apacheconf.targets.nginx.via import via_to_origin, via_word
from apacheconf.targets.nginx.workers import service_of
from apacheconf.targets.origin_tls import settings_of
from apacheconf.targets.patterns import escape, starting_with
from apacheconf.targets.questions import pcre
from apacheconf.targets.routes import NewPath, Route, members, new_path, regex_of, reverse_of, special_claims
from apacheconf.targets.spoken import words_of
from apacheconf.targets.upgrades import SECURE, UPGRADES, upgrade_regex, upgrades_differ

#: Headers that end at each proxy and that nginx would hand on (RQ-5, RS-2).
_REQUEST_HOPS = ("Proxy-Connection", "Trailer")
_RESPONSE_HOPS = ("Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade")
_OFFERED = "an Upgrade that an origin offers in another answer than 101 reaches the client"
#: Headers of the request to which a proxy adds (RQ-13), and the variables that hold what they come to.
_FORWARDED = {
    "X-Forwarded-For": "proxy_add_x_forwarded_for",
    "X-Forwarded-Host": "forwarded_host",
    "X-Forwarded-Server": "forwarded_server",
}
#: Headers of origins that nginx obeys or replaces instead of passing them (NGX-80, RS-3).
_NGINX_OWN = ("X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Redirect")
#: Those that it hides unless it is told to pass them.
_PASSED = ("Date", "Server", *_NGINX_OWN, "X-Pad")
#: A prefix that is sent as it is written.
_PLAIN = re.compile(r"[A-Za-z0-9._~!&'()*+,;=:@/-]*")
#: Headers that ProxyPassReverse maps back (RV-1) beside Location, which ``proxy_redirect`` knows.
_MAPPED_BACK = ("Content-Location", "URI", "Destination")


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
    return (*_RESPONSE_HOPS, *(*_MAPPED_BACK, "Refresh")) if low.maps_back else _RESPONSE_HOPS


def _emit_hidden(low: Lowering, route: Route, origin: Origin, lines: HeaderLines, location: Block) -> None:
    """A location that hides a header by itself inherits none from above, nor any that it passes (NGX-30).

    A client takes a 101 only with its Upgrade (RFC 6455, 4.1): that passes where upgrades may be asked for.
    """
    own = [name for name in lines.hidden() if name.lower() != "server"]
    upgrades = upgrade_regex(origin) is not None
    for name in (*_hidden(low), *own) if own or upgrades else ():
        if not (upgrades and name == "Upgrade"):
            location.add("proxy_hide_header", name)
    if upgrades and route.mapping is not None:
        low.dropped.append(equivalent(route.host.said_by(route.mapping), _OFFERED, "upgrade-offered"))
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
    service = service_of(origin, low, addresses_of(route.host, origin, low) if own_servers else None)
    upstream = member_of_session(service, low)
    if low.alike and route.map.origin != BY_NAME:
        upstream = low.alike.word(f"{'servers' if own_servers else 'origin'}-{route.map.origin}")
    asked = f"{'https' if SECURE[worker.scheme] else 'http'}://{upstream}"
    path = _emit_new_path(low, route, origin, asked, location)
    location.add("proxy_pass", f"{asked}{path}", claims=_mapping_claims(route, origin))
    if SECURE[worker.scheme]:
        origin_tls.emit_origin_tls(settings_of(route)[0], worker, route.keep_host is not None, location)
    own = timeouts(route.host, worker)
    if own_servers:
        emit_failover(route, origin, location)
    elif own != common_timeouts(low):
        emit_timeouts(own, location)
    _emit_switches(low, route, location)
    lines = HeaderLines(low, route, service, _location_back(low, route))
    _emit_request_headers(low, route, origin, lines, location)
    lines.emit_request(location)
    _emit_hidden(low, route, origin, lines, location)
    _emit_way_back(low, route, lines, location)
    _emit_cookies(low, route, location)
    lines.emit_response(location)
    if via_word(low, route.host):
        location.add("add_header", "Via", of_origin(low, "header_via", via_word(low, route.host)), "always")
    mark_failures(low, lines, location)
    emit_charset(low, route, location)


def _emit_switches(low: Lowering, route: Route, location: Block) -> None:
    """proxy-sendcl: a body goes on with its length, for which all of it has to be here (RB-4)."""
    found = setting_of(route, "proxy-sendcl")
    if found is not None:
        location.add("proxy_request_buffering", "on", claims=(exact(route.host.said_by(found[1])),))


def _emit_new_path(low: Lowering, route: Route, origin: Origin, upstream: str, location: Block) -> str:
    """What the origin is asked for, by a ``rewrite``; gives what comes behind ``upstream`` where nothing is escaped."""
    assert route.map is not None and route.mapping is not None
    action, regex = route.map, regex_of(route.mapping)
    path = new_path(action, route.cell, origin, regex, route.path)
    emit_query(low, route, location)
    slashes.emit_to_origin(low, route.host, path, upstream, location, action.raw or route.unescaped)
    if route.unescaped:
        return _emit_as_it_is(low, route, told(_whole(action, path), regex), location)
    if not _is_raw(action, path):
        _emit_path(low, path, location)
        return ""
    common = location.open("if", *_spelt_otherwise(low, route, action))
    _emit_path(low, path, common)
    if path.cut == path.head:
        return ""
    common.add("proxy_pass", upstream)
    return literal(path.head) + _raw_tail(low, route, path)


def _spelt_otherwise(low: Lowering, route: Route, action: MapToOrigin) -> tuple[str, ...]:
    """PU-6: where what the mapping matched is spelt in another way, the path is a common one."""
    prefix = action.prefix
    if action.pattern is not None:
        case = "*" if action.pattern.ignore_case else ""
        return "$request_uri", f"!~{case}", pcre(action.pattern)
    if len(prefix) > 1:
        more = "(?!/)" if prefix.endswith("/") else ""  # the slashes behind it are matched as well
        return "$request_uri", "!~", f"^{escape(prefix)}{more}"
    if len(prefix) == 1 and route.host.shape.limits.encoded_slashes != "NoDecode":
        return "$request", "!~", r"^\S+ /(?!/)"  # an absolute target, too
    return "$request_uri", "~", "^//"


def _raw_tail(low: Lowering, route: Route, path: NewPath) -> str:
    """What follows the prefix in the path, and the query, as the client wrote them (NGX-46)."""
    tail = ".*" if route.query is None else "[^?]*"
    entries = ((f"~^{escape(path.cut)}(?<unchanged>{tail})", "$unchanged"), ("default", ""))
    name = f"raw_rest_of_{words_of(path.cut)}" if path.cut else "raw_path"
    made = low.maps.make(name, Map("$request_uri", entries, "the path behind its prefix, as it was sent"))
    return made if route.query is None else f"{made}$is_args$args"


def _whole(action: MapToOrigin, path: NewPath) -> Value:
    if path.made:
        return joined((Literal(path.head), *path.made))
    return joined((Literal(path.head), REQUEST_URI) if action.rest is Rest.WHOLE_PATH else (Literal(path.head),))


def _emit_as_it_is(low: Lowering, route: Route, made: Value, location: Block) -> str:
    """NE: the decoded path goes on unescaped, and 403 is answered where it would break the request line (RW-12)."""
    breaks = may_break([*parts_of(made), *parts_of(route.query)], r"[\x00-\x20\x7f]")
    if breaks != NEVER:
        refuse_where(low.maps, breaks, 403, location)
    return f"{path_of(low, parts_of(made)) or '/'}$is_args$args"


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


def _is_raw(action: MapToOrigin, path: NewPath) -> bool:
    """NGX-43: without a rewrite nginx sends the path as the client wrote it, which is right where nothing is cut.

    Behind another prefix it is what a map takes from the request, with the query.
    """
    if not action.raw or path.made:
        return False
    return path.cut == path.head or (path.whole is None and path.joins and _PLAIN.fullmatch(path.head) is not None)


def _emit_path(low: Lowering, path: NewPath, location: Block) -> None:
    """NGX-41, NGX-44, NGX-45: with a rewrite nginx sends the path as httpd does, decoded once and escaped anew."""
    if path.made and (path.regex is None or not all(isinstance(each, Literal | Capture) for each in path.made)):
        location.add(
            "rewrite",
            "^",
            literal_path(path.head) + path_of(low, [told(each, path.regex) for each in path.made]),
            "break",
        )
    elif path.regex is not None:
        pattern, made = substitution(path.regex, path.made)
        location.add("rewrite", pattern, literal_path(path.head) + made, "break")
    elif not path.joins:
        location.open("if", "$uri", "!=", path.cut).add("return", "500")
        location.add("rewrite", "^", "/", "break")
    elif path.cut == path.head and path.whole != "/":  # said in one way everywhere, so that locations can be one
        location.add("rewrite", "(?s)^(.*)$", "$1", "break", comment="the path, decoded once and escaped anew")
    elif path.whole is not None:
        location.add("rewrite", "^", literal_path(path.whole), "break")
    else:
        location.add("rewrite", f"(?s)^{escape(path.cut)}(.*)$", f"{literal_path(path.head)}$1", "break")


def _mapping_claims(route: Route, origin: Origin) -> tuple[Claim, ...]:
    assert route.map is not None and route.mapping is not None
    said_by = route.host.said_by(route.mapping)
    claims = [equivalent(said_by, "an empty query loses its ?, and [ ] reach the origin unescaped", "path-spelling")]
    path = new_path(route.map, route.cell, origin, None, route.path)
    if route.map.raw and path.whole is None and not _is_raw(route.map, path):
        claims.append(approximated(said_by, "nocanon: the path is normalised all the same", "nocanon"))
    claims += special_claims(route.map, said_by)
    if len({member.path for member in members(origin)}) > 1:
        claims.append(approximated(said_by, "the members' paths differ: the first one's is used", "member-paths"))
    if upgrades_differ(origin):
        claims.append(approximated(said_by, UPGRADES, "member-upgrades"))
    if SECURE[members(origin)[0].scheme]:
        claims += origin_tls.claims_of(*_tls_and_mapping(route))
    return tuple(claims)


def _emit_request_headers(low: Lowering, route: Route, origin: Origin, lines: HeaderLines, location: Block) -> None:
    _emit_host(low, route, origin, lines.host(), location)
    _emit_connection(low, origin, location)
    for name in _REQUEST_HOPS:
        location.add("proxy_set_header", name, "")
    if route.forwarded:
        claims: tuple[Claim, ...] = (exact(route.host.said_by(route.forwarded)),)
        for name, value in _FORWARDED.items():
            if not lines.forwards(name):
                variable = low.maps.use(value) if value in SHARED else forwarded_for(low, route.host)
                if name == "X-Forwarded-Host" and lines.host():
                    variable = lines.extended(name.lower(), "$http_x_forwarded_host")
                location.add("proxy_set_header", name, variable, claims=claims)
                claims = ()
        low.dropped += claims
    via = via_to_origin(low, route.host)
    if via is not None and not lines.forwards("Via"):
        location.add("proxy_set_header", "Via", via)
    taken = route.host.remote_ip.header if route.host.remote_ip else ""
    left = what_is_left(low, route.host, taken)
    if left is not None and not lines.forwards(taken) and not (route.forwarded and taken.lower() == "x-forwarded-for"):
        location.add("proxy_set_header", taken, left)


def _emit_connection(low: Lowering, origin: Origin, location: Block) -> None:
    """NGX-77: Connection, and Upgrade where the origin may be asked for it."""
    plain, upgrade = "" if members(origin)[0].reusable else "close", upgrade_regex(origin)
    if upgrade is None:
        location.add("proxy_set_header", "Connection", plain)
        return
    kept = low.maps.make("onward_upgrade", Map("$http_upgrade", ((f"~*{upgrade}", "$http_upgrade"), ("default", "")),
                                        "the upgrades that an origin is asked for"))  # fmt: skip
    name = f"onward_connection{f'_or_{plain}' if plain else ''}"
    asked = low.maps.make(name, Map(kept, (("", plain), ("default", "upgrade")), ""))
    location.add("proxy_set_header", "Connection", asked)
    location.add("proxy_set_header", "Upgrade", kept)


def _emit_host(low: Lowering, route: Route, origin: Origin, edited: str | None, location: Block) -> None:
    """NGX-61, NGX-62: the client's Host, which lines may have ``edited``, or the authority of the origin."""
    if route.keep_host:
        said_by = route.host.said_by(route.keep_host)
        location.add("proxy_set_header", "Host", edited or low.maps.use("kept_host"),
                     comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip
        return
    claims: tuple[Claim, ...] = ()
    if len({member.authority for member in members(origin)}) > 1 and not have_servers(route, origin):
        said_by = tuple(each for member in members(origin) for each in member.said_by)
        claims = (approximated(said_by, "every member gets the first one's Host, for nginx makes the request before "
                               "it picks a member", "member-host"),)  # fmt: skip
    if have_servers(route, origin):
        return  # each member's own server says it
    authority = members(origin)[0].authority
    if low.alike and route.map and route.map.origin != BY_NAME:
        authority = low.alike.word(f"authority-{route.map.origin}")
    location.add("proxy_set_header", "Host", authority, claims=claims)


def _emit_way_back(low: Lowering, route: Route, headers: HeaderLines, location: Block) -> None:
    """RV-1 to RV-8: Location through ``proxy_redirect``, which leaves nothing but Refresh; the others through maps."""
    if not low.maps_back:
        return
    lines = [([step], *entry) for step, entry in zip(route.reverses, _entries_back(low, route), strict=True)]
    if low.alike and lines:  # their URLs are in variables, which only maps can ask
        lines = [(route.reverses, "~^.*$", _mapped_back(low, route, "Location"))]
    for steps, pattern, public in lines:
        said_by = [each for step in steps for each in route.host.said_by(step)]
        comment = low.sources.comment(said_by)
        location.add("proxy_redirect", pattern, public, comment=comment, claims=(exact(said_by),))
    hidden = {name.lower() for name in headers.hidden()}
    for name in (*_MAPPED_BACK, "Refresh"):
        if name.lower() not in hidden:
            location.add("add_header", name, _mapped_back(low, route, name), "always")


def _mapped_back(low: Lowering, route: Route, name: str) -> str:
    """The word of an origin's header after it was mapped back."""
    variable = "upstream_http_" + name.lower().replace("-", "_")
    entries = _entries_back(low, route)
    if not entries or name == "Refresh":
        return f"${variable}"
    asked = "".join(f"{low.alike.mapped_back(each)} " for each in _maps_back(route)) if low.alike else ""
    made = Map(f"{asked}${variable}", (*entries, ("default", f"${variable}")), f"{name}, mapped back like Location")
    return low.maps.make(f"public_{name.lower().replace('-', '_')}", made)


def _location_back(low: Lowering, route: Route) -> str:
    """The word of Location where lines of headers ask what it is; empty where none does."""
    edits = [step.action for step, _ in route.met if isinstance(step.action, EditHeader)]
    asked = any(each.name.lower() == "location" and each.table is Table.ONSUCCESS for each in edits)
    return _mapped_back(low, route, "Location") if asked and low.maps_back else ""


def _emit_cookies(low: Lowering, route: Route, location: Block) -> None:
    """RV-12 to RV-14, NGX-83: a value that starts with the internal one goes as a whole; the first match wins."""
    for step in route.cookies:
        assert isinstance(step.action, MapBackCookie)
        said_by = route.host.said_by(step)
        path = step.action.part is CookiePart.PATH
        name, sign = ("proxy_cookie_path", "~") if path else ("proxy_cookie_domain", "~(?i)")
        location.add(name, f"{sign}^{escape(step.action.internal)}.*$", literal(step.action.public),
                     comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


def _entries_back(low: Lowering, route: Route) -> list[tuple[str, str]]:
    """Each ProxyPassReverse as what a value matches, and what it becomes; the URLs of hosts that are alike are asked
    for before the value."""
    found = []
    for at, step in enumerate(route.reverses):
        assert isinstance(step.action, MapBack)
        reverse = reverse_of(low.program, route.host, step.action)
        pattern = f"~*{starting_with(reverse.urls, '(?<tail>.*)', reverse.one_slash)}"
        if low.alike:
            before, behind = at, len(route.reverses) - at - 1
            url = r"(?:\S*?,)??([^\s,]+)(?:,\S*)?" if step.action.origin is not None else r"(\S+)"
            slash = "/?" if reverse.one_slash else ""
            pattern = rf"~*^(?:\S+ ){{{before}}}{url} (?:\S+ ){{{behind}}}\1{slash}(?<tail>.*)$"
        found.append((pattern, f"{public_url(low, route.host, reverse.path)}$tail"))
    return found


def _maps_back(route: Route) -> list[MapBack]:
    return [step.action for step in route.reverses if isinstance(step.action, MapBack)]
