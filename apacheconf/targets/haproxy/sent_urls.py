"""The path and the query that an origin is asked for: mapped, made by rules, or as it was written (PP-6, PU-5)."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.steps import MapToOrigin, Rest
from apacheconf.program.uri import canonical
from apacheconf.program.values import REQUEST_URI, Capture, Joined, Literal, Matched
from apacheconf.program.workers import Origin
from apacheconf.targets.haproxy.conditions import Term, Terms
from apacheconf.targets.haproxy.core import ESCAPED_ANEW
from apacheconf.targets.haproxy.rewriting import substituted
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import NewPath, Route, new_path

#: What no line of a request may hold: httpd answers 403 where NE brings it into the path (seen on 2.4.71).
_NOT_IN_A_LINE = r"[\x00-\x20\x7f]"
_AS_WRITTEN = ("{", "var(txn.as_written)", "-m", "bool", "}")
_NOT_AS_WRITTEN = ("!{", *_AS_WRITTEN[1:])


def emit_url(route: Route, origin: Origin, path: NewPath, terms: Terms, backend: Section) -> None:
    """What the mapping of a route makes of the URL, and the rules before it. Raises CannotAsk."""
    assert route.map is not None
    if route.host.shape.limits.encoded_slashes == "NoDecode" and not (route.map.raw or route.unescaped):  # PU-4
        backend.rule("http-request deny deny_status 400 if { path -m reg ? }", "%25(?![0-9A-Fa-f]{2})")
    raw = path if route.path is None else new_path(route.map, route.cell, origin)  # it is what the client asked for
    if not _is_raw(route.map, raw):
        _emit_path(path, terms, backend, not route.unescaped)
        _emit_query(route, terms, backend)
    elif route.path is None:
        _emit_path(path, terms, backend, not route.unescaped)
        _emit_query(route, terms, backend)
        _emit_raw(raw, _begins_as(route.map.prefix, raw), backend)
    else:
        _ask_as_written(route.map.prefix, backend)
        _emit_path(path, terms, backend, not route.unescaped)
        _emit_query(route, terms, backend, _NOT_AS_WRITTEN)
        _emit_raw(raw, _AS_WRITTEN, backend)


def _emit_query(route: Route, terms: Terms, backend: Section, only: Term = ()) -> None:
    """The query that rules have made. Raises CannotAsk."""
    when = ("if", *only) if only else ()
    if route.query == Literal(""):
        backend.add("http-request", "set-pathq", "%[path]", *when)
    elif isinstance(route.query, Literal):
        backend.add("http-request", "set-query", plain(route.query.text), *when)
    elif route.query is not None:
        backend.add("http-request", "set-query", f'%[{terms.fetch(route.query)},regsub("&$","")]', *when)
        backend.add("http-request", "set-pathq", "%[path]", "if", "!{", "query", "-m", "len", "gt", "0", "}", *only)


def _is_raw(action: MapToOrigin, path: NewPath) -> bool:
    """PU-5: nocanon, where the rest of the path follows the new prefix."""
    return action.raw and action.rest is not Rest.NOTHING and path.regex is None and path.joins


def _begins_as(prefix: str, path: NewPath) -> Term:
    """PU-6: a prefix that is spelt in another way is not passed on raw.

    Nor is one behind whose own slash there are more: they are matched as well.
    """
    cut = path.cut.rstrip("/") + ("" if path.head or not path.cut else "/")
    more = f"{prefix}/" if prefix.endswith("/") else "" if cut else "//"
    return _begins(cut or "/") + (_begins(more, "!{") if more else ())


def _begins(text: str, brace: str = "{") -> Term:
    return (brace, "var(txn.raw)", "-m", "beg", text, "}")


def _ask_as_written(prefix: str, backend: Section) -> None:
    """Whether the client's own path lies below the prefix where rules have made another one that does.

    A query keeps what it follows from being the bare prefix.
    """
    ends = prefix.endswith("/")
    more = _begins(f"{prefix or '/'}/", "!{") if ends or not prefix else ()
    below = _begins(prefix if ends else f"{prefix}/") + more
    held = "http-request", "set-var(txn.as_written)", "bool(true)", "if"
    backend.add(*held, *below)
    if not ends and prefix:
        backend.add(*held, "{", "var(txn.raw)", "-m", "str", prefix, "}", "!{", "url", "-m", "sub", "?", "}")


def _emit_raw(path: NewPath, only: Term, backend: Section) -> None:
    """The path as the client wrote it."""
    rest = f"%[var(txn.raw),bytes({len(path.cut)})]" if path.cut else "%[var(txn.raw)]"
    backend.add("http-request", "set-path", plain(canonical(path.head)) + rest, "if", *only)
    if only == _AS_WRITTEN and path.cut and not path.head:
        backend.add("http-request", "set-path", "/", "if", *only, "{", "var(txn.raw)", "-m", "str", path.cut, "}")


def _without_regex(path: NewPath) -> NewPath:
    """The path with captures that say themselves what they are, where other values stand between them."""
    regex = path.regex
    if regex is None or all(isinstance(each, Literal | Capture) for each in path.made):
        return path
    made = (Matched(REQUEST_URI, regex, each.group) if isinstance(each, Capture) else each for each in path.made)
    return replace(path, regex=None, made=tuple(made))


def _emit_path(path: NewPath, terms: Terms, backend: Section, escapes: bool = True) -> None:
    """PP-6 on the escaped path that the frontend made; a rule with NE decodes it."""
    path = _without_regex(path)
    if path.made and path.regex is None:
        _emit_made(path, terms.fetch(Joined(path.made)), backend, escapes)
    elif not escapes or path.regex is not None:
        _emit_captured(path, terms.fetch(REQUEST_URI), backend, escapes)
    else:
        _emit_moved(path, canonical(path.cut), canonical(path.head), backend)


def _emit_made(path: NewPath, made: str, backend: Section, escapes: bool) -> None:
    """A path of which the sample ``made`` follows the head."""
    if not escapes:
        backend.rule("http-request deny deny_status 403 if { ? -m reg ? }", made, _NOT_IN_A_LINE)
    made = f"{made},{ESCAPED_ANEW}" if escapes else made
    backend.add("http-request", "set-path", f"{plain(canonical(path.head) if escapes else path.head)}%[{made}]")


def _emit_captured(path: NewPath, decoded: str, backend: Section, escapes: bool) -> None:
    """The head, and what captures of the ``decoded`` path come to: all of it where there is no regex."""
    made = substituted(path.regex, path.made, decoded, escapes) if path.regex else decoded
    backend.add("http-request", "set-var(txn.new_path)", made)
    if not escapes:
        backend.rule("http-request deny deny_status 403 if { var(txn.new_path) -m reg ? }", _NOT_IN_A_LINE)
    head = canonical(path.head) if escapes else path.head
    backend.add("http-request", "set-path", f"{plain(head)}%[var(txn.new_path)]")


def _emit_moved(path: NewPath, cut: str, head: str, backend: Section) -> None:
    """The head in the place of what is cut off."""
    if not path.joins:
        backend.rule("http-request deny deny_status 500 unless { path -m str ? }", cut)
        backend.add("http-request", "set-path", "/")
    elif cut != head:
        if not head and path.whole is not None:
            backend.rule("http-request set-path / if { path -m str ? }", cut)
        backend.add("http-request", "replace-path", f"^{escape(cut)}(.*)$", plain(head) + r"\1")
