"""What an origin is asked for in nginx: the path behind a mapping, raw or by a ``rewrite`` (NGX-41 to NGX-46)."""

from __future__ import annotations

import re

from apacheconf.program.conditions import NEVER
from apacheconf.program.steps import MapToOrigin, Rest
from apacheconf.program.values import REQUEST_URI, Capture, Literal, Value
from apacheconf.program.workers import Origin
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.nginx import interpolation, slashes
from apacheconf.targets.nginx.conditions import refuse_where
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.rewriting import emit_query, may_break, path_of, substitution, told
from apacheconf.targets.nginx.tree import Block, literal, literal_path
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import pcre
from apacheconf.targets.routes import NewPath, Route, new_path, regex_of
from apacheconf.targets.spoken import words_of

#: A prefix that is sent as it is written.
_PLAIN = re.compile(r"[A-Za-z0-9._~!&'()*+,;=:@/-]*")


def emit_new_path(low: Lowering, route: Route, origin: Origin, upstream: str, location: Block) -> str:
    """What the origin is asked for, by a ``rewrite``; gives what comes behind ``upstream`` where nothing is escaped."""
    assert route.map is not None and route.mapping is not None
    action, regex = route.map, regex_of(route.mapping)
    path = new_path(action, route.cell, origin, regex, route.path)
    emit_query(low, route, location)
    if interpolation.is_filled(route):
        interpolation.emit_filled(low, route, origin, location)
        return ""
    slashes.emit_to_origin(low, route.host, path, upstream, location, action.raw or route.unescaped)
    if route.unescaped:
        return _emit_as_it_is(low, route, told(_whole(action, path), regex), location)
    if not is_raw(action, path):
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


def is_raw(action: MapToOrigin, path: NewPath) -> bool:
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
