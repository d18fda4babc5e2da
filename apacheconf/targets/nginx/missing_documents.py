"""ErrorDocument files that aren't there: the error keeps its status, with a page of the server's own (SEM-22, NGX-90).

nginx looks for the file as for any other and would answer 404. The location that has the file therefore asks whether
it is there, for each error that leads to it.
"""

from __future__ import annotations

from collections import defaultdict

from apacheconf.program.hosts import Host, Reach
from apacheconf.program.steps import SetErrorDocument
from apacheconf.program.values import Literal
from apacheconf.targets.asked_path import for_path, place_of
from apacheconf.targets.choices import leaves
from apacheconf.targets.known import Known
from apacheconf.targets.nginx import mod_dir, mod_proxy_fcgi, static
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, Directive, literal
from apacheconf.targets.routes import Route


def begin_documents(low: Lowering, host: Host, routes: list[Route]) -> None:
    """Note where the documents of errors lie, with the statuses that lead there, and which of them lose theirs."""
    actions = {step.action for route in routes for step in route.others}
    documents = [each for each in actions if isinstance(each, SetErrorDocument) and each.path]
    found: defaultdict[tuple[str, Reach], set[int]] = defaultdict(set)
    for each in documents:
        place = place_of(low.places, each.path.partition("?")[0])
        if place is not None:
            found[place.cell.path, place.cell.reach].add(each.status)
    low.document_cells = {cell: sorted(statuses) for cell, statuses in found.items()}
    files = {each: _files(low, host, each) for each in documents}
    low.lost_documents = {each for each in documents if not _keeps_status(low, each, files[each])}
    low.script_documents = {
        each for each in documents if any(mod_proxy_fcgi.script_origin(low, route) for route in files[each])
    }


def emit_missing(low: Lowering, route: Route, location: Block) -> None:
    """The errors that lead to files of a route stay what they are while the file isn't there; a 404 does by itself."""
    if not _can_tell(low, route) or mod_proxy_fcgi.script_origin(low, route):
        return
    mapped, lines = static.mapped_file(route), Block()
    file = literal(mapped.root) if mapped and static.is_one_file(route, mapped) else "$request_filename"
    for status in low.document_cells.get((route.cell.path, route.cell.reach), ()):
        if status != 404:
            made = Map("$status", ((str(status), file), ("default", "/")), "")
            page = low.maps.make(f"page_of_{status}", made)
            lines.open("if", "!-e", page).add("return", str(status))
    at = sum(isinstance(each, Directive) and each.name in ("root", "alias") for each in location.entries[:1])
    location.entries[at:at] = lines.entries


def _files(low: Lowering, host: Host, document: SetErrorDocument) -> list[Route]:
    """What answers with files for the path of a document."""
    name, _, query = document.path.partition("?")
    place = place_of(low.places, name)
    tree = for_path(place.tree, Known(host, path=Literal(name), query=Literal(query))) if place else None
    ends = [end for _, end in leaves(tree)] if tree else []
    return [end for end in ends if isinstance(end, Route) and static.is_served(end)]


def _keeps_status(low: Lowering, document: SetErrorDocument, files: list[Route]) -> bool:
    """Whether an error stays what it is while the file that is its page isn't there."""
    named = not document.path.partition("?")[0].endswith("/")
    return document.status == 404 or (named and all(_can_tell(low, each) for each in files))


def _can_tell(low: Lowering, route: Route) -> bool:
    """Whether a file of the route that isn't there would be a 404 of nginx's own, and its path is known."""
    return static.mapped_file(route) is not None and not mod_dir.falls_back(low, route)
