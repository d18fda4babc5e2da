"""What matched rules do to a request: RW-5 to RW-14, in the words of httpd's two URLs, the one asked for and the
one that the rules have made so far.

``begin``, ``rewrite`` for each rule that matched, ``finish``: the rules of a server are one run, and only its end
says what becomes of the request.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from apacheconf.program.by_request import NoAuthority, log_no_authority, origin_at, read_place
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.files import exists, merged
from apacheconf.program.index import names_of
from apacheconf.program.mapping import ABOVE_ROOT, log_invalid, log_unmapped, sent_url
from apacheconf.program.rewriting_here import REDIRECT_HANDLER, begin_here, local_path, redirected
from apacheconf.program.sharing import authority_of, falls_under, generic_worker, target_path
from apacheconf.program.steps import Aim, BeginRewriting, FinishRewriting, Rewrite
from apacheconf.program.uri import canonical, escape_path
from apacheconf.program.values import Joined, Literal
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Origin, Worker

if TYPE_CHECKING:
    from apacheconf.program.course import Course

#: Schemes of URLs, and whether a ``?`` in them begins a query (RW-6).
_ABSOLUTE = re.compile(
    r"(?P<query>https?://|h2c?://|wss?://|fcgi://|scgi://|uwsgi://|ajp://|balancer://|unix:|mailto:)"
    r"|ftp://|gopher://|ldap://|news:|nntp://",
    re.IGNORECASE,
)
#: A URL as far as its path, a socket's name in front.
_AUTHORITY = re.compile(r"(?:unix:[^|]*\|)?[A-Za-z0-9+.-]+://[^/?#]*", re.IGNORECASE)
_PROXY = "proxy:"
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_RAW = re.compile(r"[\x00-\x20\x7f]")


@dataclass
class Rewriting:
    """One run of rules. ``url`` is what they have made so far, ``query`` what was asked for.

    Those of a section have its ``folder``, and the URL they were given ``first``.
    """

    url: str
    query: str | None
    changed: bool = False
    escaped: bool = True
    status: int = 302
    reduced: bool = False
    passed: bool = False
    proxied: Rewrite | None = None
    last: Rewrite | None = None
    folder: str = ""
    first: str = ""


def begin(action: BeginRewriting, course: Course) -> None:
    """The run begins, or a round of it."""
    state = course.state
    if course.rewriting is not None:
        return
    if action.folder:
        file = begin_here(action, course)
        course.rewriting = Rewriting(file, state.query, folder=action.folder, first=file)
    else:
        course.rewriting = Rewriting(state.path, state.query)
        state.rewritten = state.unmapped = state.path
        name_script(state)


def name_script(state: State) -> None:
    """SCRIPT_URL and SCRIPT_URI tell what was asked for first; a sub-request has those of its main request."""
    if not state.sub:
        state.env["SCRIPT_URL"] = state.env.get("REDIRECT_SCRIPT_URL", state.path)
        state.env["SCRIPT_URI"] = state.self_url + state.env["SCRIPT_URL"]


def made_by(action: Rewrite, course: Course) -> str:
    """What a rule's substitution comes to; it is refused before the rule does anything (RW-11)."""
    target, state = action.target, course.state
    if target is None:
        return ""
    parts = target.parts if isinstance(target, Joined) else (target,)
    texts = [text_of(part, state) for part in parts]
    # The ? that counts may be the rule's own; from a group, a map or a variable it would begin a query (SEM-30).
    marking = [part for part, text in zip(parts, texts, strict=True) if "?" in text]
    marked = None if not marking else marking[-1 if action.query_after_last else 0]
    if marked is not None and not isinstance(marked, Literal) and not action.allows_3f:
        course.refuse(403, "a ? of the path would begin a query (UnsafeAllow3F)")
        course.log("error", "rewrite", "AH10508: Unsafe URL with %3f URL rewritten without UnsafeAllow3F")
    return "".join(texts)


def rewrite(action: Rewrite, made: str, course: Course) -> None:
    """One rule that matched, and what its substitution came to."""
    run, state = course.rewriting, course.state
    assert run is not None
    if action.answers:
        _vary(action, state)
        course.refuse(action.status, "")
        course.by_rules = True
        return
    if action.target is not None:
        _substitute(action, made, run, course)
    state.ended = state.ended or action.ends_all
    _vary(action, state)
    if action.passed:
        run.changed, run.escaped, run.passed = True, True, True


def _vary(action: Rewrite, state: State) -> None:
    """The fields that the rule's conditions have asked, as far as the request has them (RW-40)."""
    for group in action.vary:
        names = next((names for asked, names in group if len(group) == 1 or holds(asked, state)), ())
        state.vary += [name for name in names if name.lower() != "host" and state.header(name) is not None]


def _substitute(action: Rewrite, url: str, run: Rewriting, course: Course) -> None:
    state = course.state
    if action.path_info_discarded and run.folder:
        state.path_info = ""
        course.located = course.located and replace(course.located, path_info="")
    url = _split_query(url, action, state)
    if run.folder and not url.startswith("/") and not is_absolute(url) and not run.first.startswith("proxy:"):
        url = run.folder + url
    run.changed, run.escaped, run.last = True, action.escaped, action
    if action.aim is Aim.ORIGIN:
        run.proxied, url = action, _qualified(url, state)
    elif action.aim is Aim.REDIRECT:
        run.status, url = action.status, _qualified(url, state)
    else:
        reduced = _reduced(url, state)
        run.reduced, url = run.reduced or reduced != url, reduced
        if is_absolute(url):
            run.status = action.status
    run.url = state.rewritten = url
    state.unmapped = "" if run.folder else url
    if len(url) > 2 * state.host.shape.limits.request_line:
        course.refuse(500, "the rules have made a URL longer than two request lines")


def leads_away(action: Rewrite, course: Course) -> bool:
    """Whether a rule that matched has made a redirect or goes to an origin."""
    run = course.rewriting
    if action.target is None or run is None:
        return False
    return action.aim is not Aim.ANY or is_absolute(run.url)


def is_absolute(url: str) -> bool:
    """Whether a URL names a scheme that mod_rewrite knows."""
    return _ABSOLUTE.match(url) is not None


def _split_query(url: str, action: Rewrite, state: State) -> str:
    """Take the query off the URL and into the request (RW-8)."""
    scheme = _ABSOLUTE.match(url)
    if scheme is not None and scheme["query"] is None:
        state.query = None
        return url
    if action.ends_in_mark:
        state.query = state.query if action.query_appended else None
        return url[:-1]
    if action.query_discarded:
        state.query = None
    at = url.rfind("?") if action.query_after_last else url.find("?")
    if at < 0:
        return url
    query = url[at + 1 :]
    if not action.query_appended:
        state.query = query
    elif query:
        state.query = f"{query}&{state.query or ''}"
    if state.query is not None:
        state.query = state.query.removesuffix("&") if state.query else None
    return url[:at]


def _qualified(url: str, state: State) -> str:
    """The URL with this host in front, unless it has one, or CONNECT asks (HP-4)."""
    return (
        url
        if state.request.method == "CONNECT" or is_absolute(url)
        else f"{state.self_url}{'' if url.startswith('/') else '/'}{url}"
    )


def _reduced(url: str, state: State) -> str:
    """A URL of this very host is its path, if ServerName gives the port (RW-6)."""
    prefix = f"{state.scheme}://"
    if url[: len(prefix)].lower() != prefix or len(url) == len(prefix):
        return url
    authority, slash, path = url[len(prefix) :].partition("/")
    name, _, port = authority.partition(":")
    number = int(port) if port.isdigit() else DEFAULT_PORTS[state.scheme]
    named = any(fnmatchcase(name.lower(), each) for each in names_of(state.host))
    return slash + path or "/" if named and number == state.host.port else url


# --- the end -------------------------------------------------------------------------------------------------


def finish(action: FinishRewriting, course: Course) -> None:
    """What the rules have made of the URL decides what becomes of the request."""
    run = course.rewriting
    assert run is not None
    course.rewriting, course.state.rewritten = None, None
    if not run.changed or course.status is not None:
        return
    away = is_absolute(run.url) and run.proxied is None
    if not (away and run.escaped) and _RAW.search(course.state.query or ""):
        course.refuse(403, "a blank or control character in the rewritten query")  # SEM-30
        code = "AH10411" if run.folder else "AH10410"
        course.log("error", "rewrite", f"{code}: Rewritten query string contains control characters or spaces")
    elif run.passed and (run.proxied is not None or is_absolute(run.url)):
        course.refuse(400, f"{run.url!r} is passed through, and is no path")
        if not run.folder:
            course.state.path = run.url
            log_invalid(course)
    elif run.proxied is not None:
        _to_origin(run, run.proxied, course)
    elif run.folder:
        _finish_here(run, action, course)
    elif run.passed:
        course.state.unmapped = f"passthrough:{run.url}"
        # raw_path stays what the client has sent (PU-6).
        course.state.path = run.url if run.url.startswith("/") else f"/{run.url}"
    elif away:
        _redirect(run, course)
    else:
        _place(run, action, course)


def _finish_here(run: Rewriting, action: FinishRewriting, course: Course) -> None:
    scheme = _ABSOLUTE.match(run.url)
    if scheme is not None and not run.passed:
        run.url = redirected(run.url, action, scheme.end())
        _redirect(run, course)
    elif run.url.startswith(_PROXY) and run.last is not None and not run.passed:  # what a mapping has made, or a rule
        run.url = run.url.removeprefix(_PROXY)
        _to_origin(run, run.last, course)
    elif not run.url.startswith("/"):
        course.refuse(400, f"{run.url!r} is no path")
    elif run.url != run.first:
        query = course.state.query
        course.redirect_to = local_path(run, action, course) + ("" if query is None else f"?{query}")
        course.state.handler = REDIRECT_HANDLER


def _redirect(run: Rewriting, course: Course) -> None:
    query = course.state.query
    location = _escaped_url(run.url) if run.escaped else run.url
    if query is not None:
        kept = not run.escaped or query == run.query
        location += "?" + (query if kept else escape_path(query))
    status = run.status if 300 <= run.status < 400 else 302
    if _CONTROLS.search(location):
        course.refuse(500, "a control character in Location")
        course.lost = status
        return
    course.by_rules = True
    course.status, course.location = status, location


def _escaped_url(url: str) -> str:
    """The URL with its path escaped; scheme and authority stay (RW-14)."""
    scheme = _ABSOLUTE.match(url)
    assert scheme is not None
    at = scheme.end()
    if url[at - 1] == "/":
        slash = url.find("/", at)
        if slash < 0:
            return url
        at = slash + 1
    parts = url[at:].split("?", 4) if url[:4].lower() == "ldap" else [url[at:]]
    return url[:at] + "?".join(map(escape_path, parts))


def _place(run: Rewriting, action: FinishRewriting, course: Course) -> None:
    """The file of a path: as it is where its first directory is real, else below DocumentRoot, and nowhere else."""
    first = "/" + run.url.lstrip("/").partition("/")[0]
    if (not run.reduced or action.trusts_own) and _is_trusted(first, run, action.root) and exists(first):
        course.state.file = run.url
        return
    below = merged(run.url)
    if below is None:
        course.refuse(403, "the path leads out of DocumentRoot")
        log_unmapped(course, ABOVE_ROOT)
    else:
        course.state.file = f"{action.root.rstrip('/')}/{below}"


def _is_trusted(first: str, run: Rewriting, root: str) -> bool:
    last = run.last
    if last is None or last.any_prefix:
        return True
    return last.begins.startswith(first) or run.url.startswith(root)


def _to_origin(run: Rewriting, action: Rewrite, course: Course) -> None:
    state = course.state
    path = target_path(run.url)
    query = "" if state.query is None else f"?{state.query}"
    uri = ((canonical(path) if run.escaped else path) or "/") + query
    try:
        course.origin = _origin(run.url, uri, action, course)
    except NoAuthority:
        course.refuse(400, f"{run.url} names no host and port")
        log_no_authority(run.url, course.log)
        return
    state.mapped = run.url
    course.uri, state.sent = uri, sent_url(course.origin, run.url, uri)
    course.decoded = path if run.escaped else None
    course.unfit = not run.escaped and _RAW.search(path + query) is not None  # RW-12


def _origin(url: str, uri: str, action: Rewrite, course: Course) -> Origin:
    """The origin that the rule names, or the one that the URL of this request does (WK-4). Raises NoAuthority."""
    host, program = course.state.host, course.program
    origin = None if action.origin is None else program.origin(host, action.origin)
    if origin is not None and (isinstance(origin, Balancer) or origin.socket):
        return origin
    if url[:5].lower() == "unix:":
        return _at_socket(url, [program.origins[number] for number in host.origins])
    return origin_at(read_place(url), uri, None, program, host)


def _at_socket(url: str, known: Iterable[Origin]) -> Origin:
    """The worker behind the socket of a file (UN-1). Raises NoAuthority."""
    fitting = [origin for origin in known if isinstance(origin, Worker) and falls_under(url, origin.name)]
    if fitting:
        return max(fitting, key=lambda origin: len(origin.name))
    authority = _AUTHORITY.match(url)
    try:
        return generic_worker(authority_of(authority[0] if authority else ""))
    except ValueError:
        raise NoAuthority from None


# --- cookies -------------------------------------------------------------------------------------------------

_SAYS_YES = {"secure": frozenset({"true", "1", "secure"}), "httponly": frozenset({"true", "1", "httponly"})}


def cookie(text: str, now: float) -> str:
    """The Set-Cookie value of a CO flag (RW-22), empty when it lacks a part; ``now`` is in seconds since 1970.

    An empty part is none: the next one takes its place. Without "secure" there is no HttpOnly.
    """
    separator = ";" if text.startswith(";") else ":"
    parts = [part for part in text.split(separator) if part]
    if len(parts) < 3:
        return ""
    name, value, domain, minutes, path, secure, http_only, same_site = (*parts[:8], *[""] * (8 - len(parts)))
    line = f"{name}={value}; path={path or '/'}; domain={domain}"
    if _minutes(minutes):
        line += time.strftime("; expires=%a, %d-%b-%Y %H:%M:%S GMT", time.gmtime(int(now) + 60 * _minutes(minutes)))
    if secure.lower() in _SAYS_YES["secure"]:
        line += "; secure" + ("; HttpOnly" if http_only.lower() in _SAYS_YES["httponly"] else "")
    return line + (f"; SameSite={same_site}" if same_site and same_site.lower() not in ("0", "false") else "")


def _minutes(text: str) -> int:
    found = re.match(r"\s*([+-]?\d+)", text)
    return int(found[1]) if found else 0
