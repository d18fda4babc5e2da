"""Applications that are told the environment in nginx: mod_proxy_uwsgi, which answer in HTTP (UW-1, NGX-159).

mod_proxy_scgi asks the same way; what it tells otherwise stands in its ``Way``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.ledger import Outcome
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import Step
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx import mod_proxy_fcgi
from apacheconf.targets.nginx.core import emit_charset, seconds
from apacheconf.targets.nginx.failures import mark_failures
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import USER, Map
from apacheconf.targets.nginx.mod_headers import HeaderLines
from apacheconf.targets.nginx.script_variables import Params
from apacheconf.targets.nginx.sessions import member_of_session
from apacheconf.targets.nginx.timeouts import timeouts
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.nginx.workers import service_of
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import NewPath, Route, members, new_path, regex_of, special_claims
from apacheconf.targets.spoken import words_of

_OF_SERVER = (
    "SERVER_SOFTWARE, UNIQUE_ID and PATH are nginx's own, and no SCRIPT_FILENAME names the origin, as httpd's does"
)
_NOT_BACK = "httpd maps back nothing that such an origin answers"
_BY_REGEX = "a path that a regex or a rule makes isn't told apart from SCRIPT_NAME, so 503 is answered"
#: Headers that end at each proxy and that nginx would hand on.
_HOPS = ("Keep-Alive", "Proxy-Authenticate", "TE", "Trailer", "Upgrade")
_X_ACCEL = ("X-Accel-Buffering", "X-Accel-Charset", "X-Accel-Expires", "X-Accel-Limit-Rate", "X-Accel-Redirect")
#: Seconds that nginx waits where it is told nothing.
_NGINX_OWN = 60


@dataclass(frozen=True)
class Way:
    """A protocol: what its directives begin with, headers that are withheld, variables of CGI that aren't told, others
    of its own, whether the path is told apart from the name of the application, and headers that end here."""

    kind: str
    withheld: tuple[str, ...]
    untold: tuple[str, ...] = ()
    own: tuple[tuple[str, str], ...] = ()
    splits: bool = True
    hops: tuple[str, ...] = ()


_HEADERS = ("HTTP_PROXY_AUTHORIZATION", "HTTP_PROXY", "HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH",
            "HTTP_TRANSFER_ENCODING")  # fmt: skip
WAYS = {
    "uwsgi": Way("uwsgi", _HEADERS, hops=_HOPS),
    "scgi": Way("scgi", ("HTTP_AUTHORIZATION", *_HEADERS), ("GATEWAY_INTERFACE",), (("SCGI", "1"),), splits=False),
}


def way_of(origin: Origin | None) -> Way | None:
    """How an origin is asked that is told the environment; None for the others."""
    found = members(origin) if origin is not None else ()
    return WAYS.get(found[0].scheme) if found else None


def kind_of(origin: Origin | None) -> str:
    """What the directives begin with that are about such an origin, or one that speaks HTTP."""
    way = way_of(origin)
    return way.kind if way is not None else "proxy"


def emit_told(low: Lowering, route: Route, location: Block) -> list[Step] | None:
    """A mapping to an origin that is told the environment; None for those that are told none."""
    origin = route.origin(low.program)
    if origin is not None and is_fcgi(origin) and members(origin):
        return mod_proxy_fcgi.emit_mapped(low, route, origin, location)
    way = way_of(origin)
    return None if origin is None or way is None else _emit_mapped(low, route, origin, way, location)


def _emit_mapped(low: Lowering, route: Route, origin: Origin, way: Way, location: Block) -> list[Step]:
    """The location of a mapping; the steps that it speaks for."""
    assert route.map is not None and route.mapping is not None
    said_by = route.host.said_by(route.mapping)
    path = new_path(route.map, route.cell, origin, regex_of(route.mapping), route.path)
    if path.regex is not None or path.made:
        location.add("return", "503", claims=(unsupported(said_by, _BY_REGEX, "closed"),))
        return []
    low.dropped += special_claims(route.map, said_by)
    if route.map.raw:
        low.dropped.append(approximated(said_by, "nocanon: the path is normalised all the same", "nocanon"))
    service = service_of(origin, low)
    params = Params()
    mod_proxy_fcgi.tell_request(low, route, service, params, way.withheld)
    for name in way.untold:
        params.lines.pop(name)
    for name, value in way.own:
        params.tell(name, value)
    _tell_path(low, route, path, way, params)
    lines = mod_proxy_fcgi.tell_headers(low, route, service, params)
    spoken = mod_proxy_fcgi.tell_environment(low, route, service, params)
    low.dropped += params.claims
    location.open("if", "$http_transfer_encoding").add("return", "411")
    location.add(
        f"{way.kind}_pass",
        member_of_session(service, low),
        claims=(equivalent(said_by, _OF_SERVER, "server-software"),),
    )
    _emit_times(route, origin, way, location)
    if route.admits:
        location.add("set", USER, "$remote_user")
    params.emit(way.kind, location)
    _emit_answer(low, route, way, lines, location)
    low.ways.add(way.kind)
    return spoken


def _tell_path(low: Lowering, route: Route, path: NewPath, way: Way, params: Params) -> None:
    """Where the application is, and what it is asked for: the path that the mapping leads to, with single slashes."""
    if not way.splits:
        params.tell("SCRIPT_NAME", "$uri")
        return
    if path.whole is not None:
        asked, uri = re.sub("//+", "/", path.whole), route.cell.path or "/"
        params.tell("PATH_INFO", literal(asked))
        params.tell("SCRIPT_NAME", literal(_shortened(uri, len(asked)) if asked != "/" else uri if uri != "/" else ""))
        return
    head = path.head if path.cut.endswith("/") else path.head.removesuffix("/")
    params.tell("PATH_INFO", f"{literal(head)}{_rest(low, path.cut)}")
    params.tell("SCRIPT_NAME", _script_name(low, path.cut, head))


def _shortened(uri: str, length: int) -> str:
    """A path without so many bytes at its end, whatever they are, as httpd does it; a shorter one stays."""
    return uri[: len(uri) - length] if length <= len(uri) else uri


def _rest(low: Lowering, cut: str) -> str:
    """The word for what follows a prefix."""
    if not cut:
        return "$uri"
    entries = ((rf"~(?s)^{escape(cut)}(?<rest>.*)$", "$rest"), ("default", ""))
    return low.maps.make(f"below_{words_of(cut)}", Map("$uri", entries, ""))


def _script_name(low: Lowering, cut: str, head: str) -> str:
    """The name of an application that is asked for ``head`` and what follows the prefix: for / alone its own path."""
    if len(head) > len(cut):
        return "$uri"
    name = literal(cut[: len(cut) - len(head)])
    if head or not cut:
        return name
    return low.maps.make(
        f"script_{words_of(cut)}", Map("$uri", ((f"{cut}/", literal(f"{cut}/")), ("default", name)), "")
    )


def _emit_times(route: Route, origin: Origin, way: Way, location: Block) -> None:
    connect, wait = timeouts(route.host, members(origin)[0])
    for what, most in (("connect", connect), ("send", wait), ("read", wait)):
        if most != _NGINX_OWN:
            location.add(f"{way.kind}_{what}_timeout", seconds(most))


def _emit_answer(low: Lowering, route: Route, way: Way, lines: HeaderLines, location: Block) -> None:
    """What becomes of the answer, which httpd maps back to nothing. Who hides a header by itself inherits none."""
    hidden = [name.lower() for name in lines.hidden()]
    if hidden:
        _emit_names(way, hidden, location)
        for name in lines.hidden():
            location.add(f"{way.kind}_hide_header", name)
    lines.emit_response(location)
    mark_failures(low, lines, location)
    emit_charset(low, route, location)
    host = route.host
    low.dropped += [exact(host.said_by(step)) for step in (route.forwarded, route.keep_host) if step]
    back = tuple(each for step in (*route.reverses, *route.cookies) for each in host.said_by(step))
    low.dropped.append(Claim(back, Outcome.NO_EFFECT, _NOT_BACK, "made-here"))


def _emit_names(way: Way, hidden: list[str], block: Block) -> None:
    """Headers that pass, though nginx would take them for itself, and those that end here."""
    for name in ("Date", "Server", *_X_ACCEL):
        if name.lower() not in hidden:
            block.add(f"{way.kind}_pass_header", name)
    for name in way.hops:
        block.add(f"{way.kind}_hide_header", name)


def emit_defaults(low: Lowering, http: Block) -> None:
    """What holds for every such origin: headers come back as with httpd."""
    for kind in sorted(low.ways):
        http.space()
        http.say(f"What holds for every origin that is asked over {kind.upper() if kind == 'scgi' else kind}.")
        http.add(f"{kind}_buffer_size", "16k")
        http.add(f"{kind}_buffers", "8", "16k")
        http.add(f"{kind}_next_upstream", "error")
        http.add(f"{kind}_ignore_headers", *_X_ACCEL, "Cache-Control", "Expires", "Set-Cookie", "Vary")
        _emit_names(WAYS[kind], [], http)
