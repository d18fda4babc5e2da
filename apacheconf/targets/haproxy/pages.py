"""Pages of errors that lie in files, which HAProxy reads when it starts (ErrorDocument with a path, HAP-65)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    AddCharset,
    AddFilter,
    EditHeader,
    ForceHandler,
    MapToFile,
    SetErrorDocument,
    SetHandler,
    Table,
)
from apacheconf.program.values import Literal
from apacheconf.targets.asked_path import for_path, place_of
from apacheconf.targets.captures import parts_of
from apacheconf.targets.choices import Place, leaves, routes_in
from apacheconf.targets.known import Known
from apacheconf.targets.media_types import types_of
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.routes import Route
from apacheconf.targets.scopes import Scopes

#: A page has to fit into a buffer (``tune.bufsize``) beside its head.
_LARGEST = 48 << 10


@dataclass(frozen=True)
class Page:
    """A file, the type and the headers that it is sent with; or ``why`` there is none."""

    file: str = ""
    type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    why: str = ""


Pages = Mapping[str, Page]
_ADDING = frozenset({"set", "add", "append", "merge", "setifempty"})
_NO_PAGE = Page(why="the page is a path of this server, which HAProxy can't ask again: it answers with its own page")
ABSENT = Page(why="no file was there for the page when this was written: HAProxy answers with its own page")
_LARGE = Page(why="the page is too large for HAProxy: it answers with its own")


def pages_of(program: Program, scopes: Scopes, host: Host, found: list[Place]) -> dict[str, Page]:
    """Those that ErrorDocument lines of a host name by a path."""
    actions = (step.action for route in routes_in(found) for step in route.others)
    paths = dict.fromkeys(each.path for each in actions if isinstance(each, SetErrorDocument) and each.path)
    return {path: _page(program, scopes, host, found, path) for path in paths}


def _page(program: Program, scopes: Scopes, host: Host, found: list[Place], url: str) -> Page:
    """What answers for a path, if it is a plain file for everybody."""
    path, _, query = url.partition("?")
    place = place_of(found, path)
    if place is None:
        return _NO_PAGE
    known = Known(host, path=Literal(path), query=Literal(query))
    ends = [end for _, end in leaves(for_path(place.tree, known, "GET"))]  # as which httpd asks for it
    route = ends[0]
    if len(ends) > 1 or not isinstance(route, Route) or route.mapping or route.answer or route.admits or not route.file:
        return _NO_PAGE
    mapped = route.file.action
    told = isinstance(mapped, MapToFile) and not isinstance(mapped, MapToNamed)
    if not isinstance(mapped, MapToFile) or not told or mapped.value is not None or _is_handled(route):
        return _NO_PAGE
    file = Path(mapped.root + path.removeprefix(mapped.prefix))
    kind, headers = _type(program, scopes, route, file), _headers(route)
    if not kind or headers is None:  # without a type it is a script, for all that is known
        return _NO_PAGE
    if not file.is_file():
        return ABSENT
    return _LARGE if file.stat().st_size > _LARGEST else Page(str(file), kind, headers)


def _headers(route: Route) -> tuple[tuple[str, str], ...] | None:
    """What the table onsuccess adds to the page, which httpd asks for like any other; None where that depends."""
    edits = [step.action for step in (*route.headers, *route.unsure) if isinstance(step.action, EditHeader)]
    edits = [each for each in edits if each.table is Table.ONSUCCESS]
    if any(isinstance(step.action, EditHeader) for step in route.unsure):
        return None
    adding = [each for each in edits if each.operation in _ADDING]
    parts = [(each.name, parts_of(each.value)) for each in adding]
    found = [(name, "".join(each.text for each in some if isinstance(each, Literal))) for name, some in parts]
    plain = all(isinstance(each, Literal) for _, some in parts for each in some)
    others = [each.name.lower() for each in edits if each not in adding]  # a file has nothing that they could change
    names = {name.lower() for name, _ in found}
    return tuple(found) if plain and len(names) == len(found) and names.isdisjoint(others) else None


def _is_handled(route: Route) -> bool:
    """Whether anything makes another page of the file."""
    actions = [step.action for step, _ in route.met if isinstance(step.action, SetHandler | AddFilter | ForceHandler)]
    return any(not isinstance(each, AddFilter) or each.name != "deflate" for each in actions)


def _type(program: Program, scopes: Scopes, route: Route, file: Path) -> str:
    kind = types_of(program, scopes).get(file.suffix.removeprefix(".").lower(), "")
    charset = route.charset.action if route.charset else None
    if isinstance(charset, AddCharset) and kind in ("text/html", "text/plain"):
        return f"{kind}; charset={charset.charset}"
    return kind
