"""The headers of its own with which nginx asks an origin (NGX-60 to NGX-77): Host, Connection, X-Forwarded and Via."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.steps import NameUser
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim, approximated, equivalent, exact
from apacheconf.targets.environments import variables_set
from apacheconf.targets.late_origins import BY_NAME
from apacheconf.targets.nginx.connections import connections_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import SHARED, Map
from apacheconf.targets.nginx.members import have_servers
from apacheconf.targets.nginx.mod_auth_basic import user_of
from apacheconf.targets.nginx.mod_headers import HeaderLines
from apacheconf.targets.nginx.mod_remoteip import forwarded_for, what_is_left
from apacheconf.targets.nginx.texts import Texts
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.nginx.via import via_to_origin
from apacheconf.targets.routes import Route, members
from apacheconf.targets.upgrades import upgrade_regex

#: Headers that end at each proxy and that nginx would hand on (RQ-5).
_REQUEST_HOPS = ("Proxy-Connection", "Trailer")
#: The variable with which credentials for a proxy go on.
_CHAIN = "proxy-chain-auth"
#: Headers of the request to which a proxy adds (RQ-13), and the variables that hold what they come to.
_FORWARDED = {
    "X-Forwarded-For": "proxy_add_x_forwarded_for",
    "X-Forwarded-Host": "forwarded_host",
    "X-Forwarded-Server": "forwarded_server",
}


def emit_request_headers(low: Lowering, route: Route, origin: Origin, lines: HeaderLines, location: Block) -> None:
    """What a request has beside what lines of the configuration say, where these don't say it themselves."""
    _emit_host(low, route, origin, lines.host(), location)
    _emit_connection(low, route, origin, location)
    for name in _REQUEST_HOPS:
        location.add("proxy_set_header", name, "")
    if not lines.forwards("Proxy-Authorization"):
        _emit_credentials(low, route, location)
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


def _emit_credentials(low: Lowering, route: Route, location: Block) -> None:
    """RQ-6: Proxy-Authorization ends here where it is known who asks, unless Proxy-Chain-Auth is set."""
    texts = Texts(low, route.host, None, user_of(low, route))
    for step, _ in route.met:
        if isinstance(step.action, NameUser):
            texts.tell(step)
        if any(each.name.lower() == _CHAIN for each in variables_set(step)):
            return
    user = texts.named_or(texts.user or "")
    if user:
        entries = (("", "$http_proxy_authorization"), ("default", ""))
        made = Map(user, entries, "credentials for a proxy, where nobody knows who asks")
        kept = "" if user == "$remote_user" else low.maps.make("onward_credentials", made)
        location.add("proxy_set_header", "Proxy-Authorization", kept)


def _emit_connection(low: Lowering, route: Route, origin: Origin, location: Block) -> None:
    """NGX-77: Connection, and Upgrade where the origin may be asked for it; a member's own server says both anew."""
    plain, upgrade = "" if members(origin)[0].reusable else "close", upgrade_regex(origin)
    if upgrade is None:
        location.add("proxy_set_header", "Connection", plain)
        return
    kept = low.maps.make("onward_upgrade", Map("$http_upgrade", ((f"~*{upgrade}", "$http_upgrade"), ("default", "")),
                                        "the upgrades that an origin is asked for"))  # fmt: skip
    name = f"onward_connection{f'_or_{plain}' if plain else ''}"
    asked = plain if have_servers(route, origin) else low.maps.make(
        name, Map(kept, (("", plain), ("default", "upgrade")), "")
    )  # fmt: skip
    location.add("proxy_set_header", "Connection", asked)
    location.add("proxy_set_header", "Upgrade", kept)


def _kept_host(route: Route, origin: Origin, said_by: tuple[Written, ...]) -> Claim:
    if connections_of(route, origin).kept:
        return exact(said_by)
    why = "each request opens a connection: nginx would send it on one that was made for another name"
    return equivalent(said_by, why, "connection-per-name")


def _emit_host(low: Lowering, route: Route, origin: Origin, edited: str | None, location: Block) -> None:
    """NGX-61, NGX-62: the client's Host, which lines may have ``edited``, or the authority of the origin."""
    if route.keep_host:
        said_by = route.host.said_by(route.keep_host)
        location.add("proxy_set_header", "Host", edited or low.maps.use("kept_host"),
                     comment=low.sources.comment(said_by), claims=(_kept_host(route, origin, said_by),))  # fmt: skip
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
