"""Files that nginx serves itself: what a cell that is mapped to a folder needs (NGX-150 to NGX-157).

Each Apache module that has a say in files answers in a file of its own; what one of them can't say closes what depends
on it, so that a script is never sent as text.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Container
from dataclasses import replace

from apacheconf.ledger import Outcome
from apacheconf.program.handling import (
    ExpiryRules,
    FileRules,
    FolderRules,
    HandlerRules,
    ListingRules,
    MimeRules,
    NegotiationRules,
    RangeRules,
    SuffixFilters,
    UploadRules,
)
from apacheconf.program.hosts import Host, Reach
from apacheconf.program.steps import Action, MapToFile, Redirect, Respond, SetHandler, Step
from apacheconf.program.values import REQUEST_URI, Literal, Value
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.choices import Closed, Place, leaves
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.mapped import file_of
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.nginx import (
    core_files,
    included_pages,
    mod_autoindex,
    mod_dir,
    mod_expires,
    mod_mime,
    mod_proxy_fcgi,
)
from apacheconf.targets.nginx.core import emit_charset
from apacheconf.targets.nginx.folders import folder_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.rewriting import emit_query, path_of, told
from apacheconf.targets.nginx.tree import Block, literal, literal_path
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, regex_of

#: Handlers that come to the same as none: files are sent as they are.
_PLAIN = frozenset({"default-handler", "none", ""})
#: The suffix of a file; a folder's version is none.
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]*\Z")
_LEADING = frozenset({"documentroot", "alias", "aliasmatch", "scriptalias", "scriptaliasmatch", "redirect",
                      "redirectmatch", "redirectpermanent", "redirecttemp"})  # fmt: skip
Carrier = Callable[[Lowering, Route, Step, Block], list[Claim]]
_CARRIERS: dict[type[Action], Carrier] = {
    FileRules: core_files.emit_rules,
    RangeRules: core_files.emit_ranges,
    UploadRules: core_files.emit_limit,
    FolderRules: mod_dir.emit_rules,
    MimeRules: mod_mime.emit_rules,
    HandlerRules: mod_mime.emit_handlers,
    ListingRules: mod_autoindex.emit_rules,
    NegotiationRules: mod_mime.claim_negotiation,
    ExpiryRules: mod_expires.emit_rules,
    SuffixFilters: included_pages.emit,
}


def is_served(route: Route) -> bool:
    """Whether nginx itself answers with what lies in a folder."""
    return route.file is not None and not (route.mapping or route.answer)


def mapped_file(route: Route) -> MapToFile | None:
    """Where the files lie; None where that depends on the request."""
    action = route.file.action if route.file else None
    return action if isinstance(action, MapToFile) and action.value is None else None


def handler_of(route: Route) -> Step | None:
    """The SetHandler that answers in place of the files."""
    found = [step for step in route.others if isinstance(step.action, SetHandler)]
    return found[-1] if found and found[-1].action.name.lower() not in _PLAIN else None  # type: ignore[union-attr]


def emit_root(low: Lowering, route: Route, mapped: MapToFile, location: Block) -> None:
    """The folder of a location; what is nested in it has the same."""
    cell = route.cell
    path = cell.path if cell.reach is Reach.BARE else f"{cell.path}/"
    name, below = ("alias", path[len(mapped.prefix) :]) if mapped.prefix else ("root", "")
    folder = f"{folder_of(low, mapped)}{literal(below)}"
    said_by = [each for step in (route.file, route.local) if step for each in route.host.said_by(step)]
    location.add(name, folder, comment=low.sources.comment(said_by), claims=(exact(said_by),))


def root_of_alias(route: Route) -> str | None:
    """The root that an Alias comes to where its folder ends as the path does, ``/srv`` of ``/x/`` to ``/srv/x/``."""
    mapped = mapped_file(route)
    if mapped is None or isinstance(mapped, MapToNamed) or route.path is not None or is_below_one_file(route):
        return None
    ends_so = mapped.prefix and mapped.root.endswith(mapped.prefix)
    return mapped.root.removesuffix(mapped.prefix) or "/" if ends_so else None


def emit_root_of_alias(low: Lowering, route: Route, root: str, location: Block) -> None:
    """The root of an Alias in a named location, which can have no ``alias``."""
    said_by = [each for step in (route.file, route.local) if step for each in route.host.said_by(step)]
    location.add("root", literal(root), comment=low.sources.comment(said_by), claims=(exact(said_by),))


def is_one_file(route: Route, mapped: MapToFile) -> bool:
    """Whether a path leads to one file, as the name of that says."""
    whole = route.cell.reach is Reach.BARE and route.cell.path == mapped.prefix != ""
    return whole and "." in mapped.root.rpartition("/")[2]


def is_below_one_file(route: Route) -> bool:
    """Whether a path goes on behind the name of one file, where nothing is: URL and file have the same suffix."""
    mapped = mapped_file(route)
    if mapped is None or not mapped.prefix or route.cell.path != mapped.prefix or route.cell.reach is Reach.BARE:
        return False
    takes_more = any(isinstance(step.action, FileRules) and step.action.path_info.lower() == "on"
                     for step in route.others)  # fmt: skip
    suffixes = [_SUFFIX.search(each) for each in (mapped.prefix, mapped.root)]
    return all(suffixes) and len({each[0] for each in suffixes if each}) == 1 and not takes_more


def named_file(route: Route, mapped: MapToFile) -> str | None:
    """The one file of an Alias that all requests of a route lead to, whatever they have asked for."""
    if is_one_file(route, mapped):
        return mapped.root
    made = route.path.text if isinstance(route.path, Literal) else ""
    is_file = mapped.prefix and made.startswith(mapped.prefix) and not made.endswith("/")
    return mapped.root + made[len(mapped.prefix) :] if is_file else None


def emit_one_file(low: Lowering, route: Route, file: str, location: Block) -> None:
    """The file of an Alias in a named location, which can have no ``alias``."""
    folder, _, name = file.rpartition("/")
    said_by = [each for step in (route.file, route.local) if step for each in route.host.said_by(step)]
    comment = low.sources.comment(said_by)
    location.add("root", literal(folder or "/"), comment=comment, claims=(exact(said_by),))
    location.add("rewrite", "^", literal_path(f"/{name}"), "break")


def with_own_file(low: Lowering, route: Route, has_folder: bool) -> Route:
    """The route with the file by its own path, where its URL doesn't lead there; else as it is.

    That is so on a path that rules have made (PT), and under an Alias in a named location, which can have no ``alias``.
    """
    mapped = mapped_file(route)
    if mapped is None or route.file is None or isinstance(mapped, MapToNamed) or not is_served(route):
        return route
    file = _made_file(mapped, route.path) if route.path is not None else _aliased_file(route, mapped, has_folder)
    if file is None or mod_proxy_fcgi.script_origin(low, route) is not None:
        return route
    return replace(route, file=replace(route.file, action=MapToFile("", "", file)))


def _made_file(mapped: MapToFile, path: Value) -> Value | None:
    first, *others = parts_of(path)
    text = first.text if isinstance(first, Literal) else ""
    if not text.startswith(mapped.prefix):
        return None
    return joined((Literal(mapped.root + text[len(mapped.prefix) :]), *((first,) if not text else ()), *others))


def _aliased_file(route: Route, mapped: MapToFile, has_folder: bool) -> Value | None:
    if has_folder or not mapped.prefix or root_of_alias(route) or is_one_file(route, mapped):
        return None
    return None if is_below_one_file(route) else file_of(mapped)


def emit_made(low: Lowering, route: Route, location: Block, has_folder: bool) -> None:
    """A file whose path rules have made, below DocumentRoot where it begins so. Raises CannotAsk."""
    assert route.file is not None
    action = route.file.action
    assert isinstance(action, MapToFile)
    regex = regex_of(route.file)
    first, *others = parts_of(action.value) or (Literal(""),)
    text, root = (first.text if isinstance(first, Literal) else ""), route.host.document_root.rstrip("/")
    if not text.startswith("/"):
        raise CannotAsk("a file whose folder depends on the request")
    below = text.startswith(f"{root}/") or (text == root and others[:1] == [REQUEST_URI])
    parts = [Literal(text[len(root) :] if below else text), *others]
    if not (has_folder and below):
        comment = low.sources.comment(route.host.said_by(route.file))
        location.add("root", literal(root if below else "/"), comment=comment)
    if mod_proxy_fcgi.script_origin(low, route) is not None:
        emit_query(low, route, location)
    else:
        with contextlib.suppress(CannotAsk):  # no file asks for it
            emit_query(low, route, location)
    if parts != [Literal(""), REQUEST_URI]:
        path = path_of(low, [told(each, regex) for each in parts])
        file = f"{literal(root if below else '')}{path}"
        mod_dir.emit_slash(low, route, file if below else mod_dir.unslashed(low, file), location)
        location.add("rewrite", "^", path, "break")  # which ends the settings: nothing behind it is run
        if not below:
            mod_dir.emit_index_here(low, route, location)


def emit_files(low: Lowering, route: Route, location: Block) -> list[Step]:
    """What is said of the files of a location that has its folder; the steps that it speaks for."""
    assert route.file is not None
    said_by = [each for step in (route.file, route.local) if step for each in route.host.said_by(step)]
    origin = mod_proxy_fcgi.script_origin(low, route)
    if origin is not None:
        return mod_proxy_fcgi.emit_script(low, route, origin, location)
    handler = handler_of(route)
    if handler is not None:
        name = handler.action.name if isinstance(handler.action, SetHandler) else ""
        why = f"the handler {name} has no counterpart, so 503 is answered"
        every = [step for step in route.others if isinstance(step.action, SetHandler)]
        named = [each for step in every for each in route.host.said_by(step)]
        location.add("return", "503", claims=(exact(said_by), unsupported(named, why, "handler")))
        return every
    low.serves_files = True
    low.dropped.append(exact(said_by))
    mod_dir.emit_defaults(low, route, location)
    if not any(isinstance(step.action, FileRules) and core_files.forces(step.action) for step in route.others):
        mod_mime.emit_table(low, route, location)
    spoken = [step for step in route.others if isinstance(step.action, SetHandler) or type(step.action) in _CARRIERS]
    last = {type(step.action): step for step in spoken}  # what is told twice holds as it is told last
    for step in spoken:
        if isinstance(step.action, SetHandler):
            low.dropped.append(exact(route.host.said_by(step)))
        else:
            block = location if step is last[type(step.action)] else Block()
            low.dropped += _CARRIERS[type(step.action)](low, route, step, block)
    emit_charset(low, route, location)
    return spoken


def note_reached(low: Lowering, host: Host, places: list[Place]) -> None:
    """Remember the folders that paths of a host lead to, or would if they weren't closed, and the redirects."""
    for place in places:
        for _, end in leaves(place.tree):
            if isinstance(end, Closed):
                low.reached.update(id(each) for each in end.said_by or low.scopes.within(host))
            else:
                met = (step for step, _ in end.met if isinstance(step.action, Redirect | Respond))
                steps = (step for step in (end.file, end.local, end.answer, *met) if step)
                low.reached.update(id(each) for step in steps for each in end.host.said_by(step))


def settle_unreached(low: Lowering, copied: Container[int]) -> None:
    """Folders that no path leads to, and redirects: all that could is answered otherwise. Hosts that are ``copied`` are
    told as the one that stands for them.
    """
    if not low.scopes.everywhere(*_LEADING):
        return
    hosts = (each for host in low.program.hosts if host.number not in copied for each in low.scopes.within(host))
    lines = {id(each): each for each in (*low.scopes.top, *hosts) if each.name.lower() in _LEADING}
    dead = {id(each) for each, _ in low.program.lines_without_effect()}
    unreached = tuple(each for key, each in lines.items() if key not in low.reached | dead)
    low.dropped.append(
        Claim(unreached, Outcome.NO_EFFECT, "no path comes to it: all are answered otherwise", "unreached")
    )
