"""What a mapping makes of a request: the origin that gets it, and its path there (PP-6, PP-13, PU-1 to PU-8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apacheconf.program.by_request import NoAuthority, log_no_authority, origin_at, read_place, worker_for
from apacheconf.program.evaluate import State, text_of
from apacheconf.program.hosts import Host, Layer, LayerKind
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.prefixes import taken
from apacheconf.program.regexes import search
from apacheconf.program.sharing import generic_worker
from apacheconf.program.steps import Aim, MapToOrigin, MapToUrl, Rest, Rewrite
from apacheconf.program.uri import BLANK, canonical
from apacheconf.program.variables import read_variable
from apacheconf.program.workers import Balancer, Origin, Worker

if TYPE_CHECKING:
    from apacheconf.program.course import Course

_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")


def map_to_origin(action: MapToOrigin, course: Course) -> None:
    state = course.state
    origin = course.program.origin(state.host, action.origin)
    raw = action.raw and _keeps_bytes(action, course)
    rest = _rest(action, course, raw)
    target = action.path if action.value is None else text_of(action.value, state)
    path = target + rest
    if path and not path.startswith("/"):  # it runs into the authority (PP-6f)
        authority = origin.name if isinstance(origin, Balancer) else f"{origin.scheme}://{origin.authority}"
        _go_to(authority + path, None, raw, course)
        return
    if action.late and isinstance(origin, Worker):
        authority = origin.name.removesuffix(origin.path)
        found = worker_for(authority, _uri(path, raw, state), course.program, state.host)
        origin = found or generic_worker(authority)
    _check(path, raw, origin, course)
    if action.written is not None:
        name = state.host.texts[action.written]
    else:
        name = origin.name if isinstance(origin, Balancer) else origin.name.removesuffix(origin.path)
    _go(origin, name + path, path, raw, course)


def map_to_url(action: MapToUrl, course: Course) -> None:
    raw = action.raw and _keeps_bytes(action, course)
    url = text_of(action.url, course.state) + _rest(action, course, raw)
    _go_to(url, action.template, raw, course)


def _go_to(url: str, template: int | None, raw: bool, course: Course) -> None:
    """The request goes where a URL of its own leads; ``template`` is the number of a worker with parameters for it."""
    program, host = course.program, course.state.host
    try:
        place = read_place(url)
    except NoAuthority:
        course.refuse(400, f"{url} names no host and port")
        log_no_authority(url, course.log)
        return
    worker = None if template is None else program.origin(host, template)
    uri = _uri(place.path, raw, course.state)
    origin = origin_at(place, uri, worker if isinstance(worker, Worker) else None, program, host)
    _check(place.path, raw, origin, course)
    _go(origin, url, place.path, raw, course)


def _check(path: str, raw: bool, origin: Origin, course: Course) -> None:
    """Refuse what can't be put into a request line."""
    state = course.state
    if raw and (" " in path or any(char < " " for char in path)):
        course.refuse(403, "a blank or control character in a path that is passed on as it is")
    elif raw and state.query is not None and is_fcgi(origin):
        course.refuse(403, "a query in a path that is passed on as it is to FastCGI")  # FC-13
    elif state.query is not None and BLANK.search(state.query) is not None:
        course.refuse(403, "a blank or control character in the query")  # PU-7


def _go(origin: Origin, url: str, path: str, raw: bool, course: Course) -> None:
    """The request goes to ``origin``; ``url`` is what Proxy sections look at, as it is written (MRG-4)."""
    state = course.state
    course.origin = origin
    state.mapped = url
    course.uri = _uri(path, raw, state)
    course.decoded = None if raw else path
    state.sent = sent_url(origin, url, course.uri)


#: A URL up to its path.
_AUTHORITY = re.compile(r"[A-Za-z0-9+.-]+://[^/?#]*")


def sent_url(origin: Origin, url: str, uri: str) -> str:
    """The URL at an origin with ``uri``, as the fixups of mod_proxy write it; FastCGI's has no query.

    A balancer's, or that of a socket, stays as it is: a member is chosen later.
    """
    authority = _AUTHORITY.match(url)
    if isinstance(origin, Balancer) or authority is None:
        return url
    return authority[0].lower() + (uri.partition("?")[0] if is_fcgi(origin) else uri)


def _uri(path: str, raw: bool, state: State) -> str:
    """The path as it is sent, with the query."""
    path = (path if raw else canonical(path)) or "/"
    return path if state.query is None else f"{path}?{state.query}"


def keep_slashes(course: Course) -> None:
    """What AllowEncodedSlashes NoDecode has left encoded is sent so (LOC-9), where no section takes part (PU-4).

    It is asked last: a section that applies in the end takes NoDecode away. A percent sign that begins no escape can't
    be sent then.
    """
    state, path = course.state, course.decoded
    if path is None or course.origin is None or state.host.shape.limits.encoded_slashes != "NoDecode":
        return
    if any(map(_decodes, course.layers)):
        return
    if _LONE_PERCENT.search(path) is not None:
        course.refuse(400, "a percent sign in the decoded path begins no escape")
    before = canonical(path)
    kept = before.replace("%252F", "%2F").replace("%252f", "%2f")
    course.uri = kept + course.uri[len(before) :] if before else course.uri
    state.sent = sent_url(course.origin, state.mapped, course.uri)


def sections_lose_slashes(host: Host) -> bool:
    """Whether NoDecode of a host ends in some of its sections, and paths for origins are escaped anew."""
    if host.shape.limits.encoded_slashes != "NoDecode" or not any(map(_decodes, host.shape.layers)):
        return False
    return any(_escapes(step.action) for cell in host.shape.cells for step in cell.steps)


def _escapes(action: object) -> bool:
    if isinstance(action, MapToOrigin | MapToUrl):
        return not action.raw
    return isinstance(action, Rewrite) and action.aim is Aim.ORIGIN and action.escaped


def _decodes(layer: Layer) -> bool:
    """Whether NoDecode is lost where the layer applies: a Proxy section has settings of the core only if it says so."""
    if layer.kind is LayerKind.PROXY:
        return any(module == "core" for module, _ in layer.confs)
    return layer.kind is not LayerKind.SERVER


def _keeps_bytes(action: MapToOrigin | MapToUrl, course: Course) -> bool:
    """Whether a raw mapping may keep the client's own bytes: it must match them too, and captures are theirs (PU-6)."""
    if action.pattern is None:
        prefix = _prefix(action, course)
        return bool(action.mapping) or taken(course.raw_path, prefix) == taken(course.state.path, prefix)
    groups = search(action.pattern, course.raw_path)
    if groups is not None:
        course.state.captures["rule"] = groups
    return groups is not None


def _rest(action: MapToOrigin | MapToUrl, course: Course, raw: bool) -> str:
    """What follows the target."""
    path = course.raw_path if raw else course.state.path
    if action.rest is not Rest.AFTER_PREFIX:
        return path if action.rest is Rest.WHOLE_PATH else ""
    prefix = _prefix(action, course)
    return path[len(prefix) if action.mapping else taken(path, prefix) :]


def _prefix(action: MapToOrigin | MapToUrl, course: Course) -> str:
    """What the mapping has been compared with."""
    return action.prefix if action.filled is None else text_of(action.filled, course.state)


ABOVE_ROOT = "(20023)The given path was above the root path"


def log_unmapped(course: Course, why: str) -> None:
    """What the error log says of a path that is no file's."""
    line = read_variable("THE_REQUEST", "", course.state)
    course.log("error", "core", f"AH00127: Cannot map {line} to file", why)


def log_invalid(course: Course) -> None:
    """What the error log says of a path that rules have passed through and that is none."""
    line = read_variable("THE_REQUEST", "", course.state)
    course.log("error", "core", f"AH00126: Invalid URI in request '{course.state.path}' '{line}'")
