"""mod_dir in nginx: the index of a folder, its slash, and what answers for what isn't there (NGX-151, NGX-152)."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

from apacheconf.program.conditions import NEVER, Under
from apacheconf.program.handling import FileRules, FolderRules
from apacheconf.program.hosts import Reach
from apacheconf.program.phases import Phase
from apacheconf.program.steps import MapToFile, MapToOrigin, SetHandler, Step
from apacheconf.program.values import Literal
from apacheconf.targets.asked_path import for_path, place_of
from apacheconf.targets.captures import parts_in, parts_of
from apacheconf.targets.choices import Tree, leaves
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.known import Known
from apacheconf.targets.nginx import document_sources
from apacheconf.targets.nginx.core_files import lines_named
from apacheconf.targets.nginx.lowering import NO_FILE, Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.own_urls import self_authority
from apacheconf.targets.nginx.rewriting import path_of
from apacheconf.targets.nginx.tree import Block, Directive, all_directives, literal, literal_path
from apacheconf.targets.routes import Route

#: A name that no file has.
AUTOINDEX = "autoindex_module"
WITHOUT_INDEX = "/.without-index"
_ASKED_AS_ITSELF = "an origin that answers for an index is told of that, and nothing of the folder"
_OF_RULES = (
    "a folder that is there goes on by its own path; httpd asks for its index, and redirects one without a slash"
)
_NO_INDEX = ".no-such-index"


def rules_of(low: Lowering, route: Route) -> FolderRules:
    """What holds for the folders of a route."""
    found = [step.action for step in route.others if isinstance(step.action, FolderRules)]
    if "dir_module" not in low.program.modules:
        return FolderRules((), slash=False)
    rules = found[-1] if found else FolderRules()
    if _has_handler(route):  # which answers for what isn't there, too
        rules = replace(rules, fallback="")
    alone = low.stands_alone(route.host)
    said = any(
        each.name.lower() == "directoryindex"
        for step in route.others if isinstance(step.action, FolderRules) for each in route.host.said_by(step)
    )  # fmt: skip
    return replace(rules, index=(*rules.index, "index.php")) if alone and not said else rules


def emit_defaults(low: Lowering, route: Route, location: Block) -> None:
    """The index, which names to try, and the redirect of a folder without its slash."""
    rules = rules_of(low, route)
    if not any(each.name == "rewrite" for each in location.directives()):
        emit_slash(low, route, _folder(low, route), location)
    mapped = route.file.action if route.file and isinstance(route.file.action, MapToFile) else None
    if route.cell.reach is Reach.BARE:
        if _falls_back(rules):
            location.add("try_files", "$uri", low.beyond(mapped, f"{literal(rules.fallback)}$is_args$args"))
        return
    names, leads_on = _names_of_index(low, route, rules)
    if _falls_back(rules):
        fallback = literal(rules.fallback) if leads_on else _unless_folder(low, rules, names[0])
        target = low.beyond(mapped, f"{fallback}$is_args$args")
        location.add("try_files", "$uri", "$uri/", target)
    if not leads_on and "dir_module" in low.program.modules and not _is_listed(low, route):
        names, low.lists_nothing = [*names, WITHOUT_INDEX], True
    location.add("index", *names)


def _names_of_index(low: Lowering, route: Route, rules: FolderRules) -> tuple[list[str], bool]:
    """The names that ``index`` asks for, and whether the last one is what the first that falls back leads to: for the
    index of a folder is looked for as any other file is (SEM-43)."""
    names = [literal(each) for each in rules.index] or [_NO_INDEX]
    for count, name in enumerate(rules.index if _falls_back(rules) else (), 1):
        if _leads_on(low, route, name):
            return [*names[:count], literal(rules.fallback)], True
    return names, False


def _leads_on(low: Lowering, route: Route, name: str) -> bool:
    """Whether an index that isn't there is answered by what it falls back to."""
    path = urljoin(f"{_folder_of(low, route)}/", name)
    place = place_of(low.places, path)
    if place is None:
        return False
    ends = [end for _, end in leaves(for_path(place.tree, Known(route.host, path=Literal(path))))]
    return any(isinstance(each, Route) and falls_back(low, each) for each in ends)


def _folder_of(low: Lowering, route: Route) -> str:
    """A folder that the route answers for itself: the one that its cell or a section in that is about."""
    place = place_of(low.places, f"{route.cell.path}/")
    conditions = {asked for answers, _ in leaves(place.tree) for asked in answers} if place else set()
    paths = {each.prefix.rstrip("/") for asked in conditions for each in parts_in(asked, Under)}
    for path in sorted(paths, key=len, reverse=True):
        if place and for_path(place.tree, Known(route.host, path=Literal(f"{path}/"))) is route:
            return path
    return route.cell.path


def _unless_folder(low: Lowering, rules: FolderRules, index: str) -> str:
    """What is fallen back to; a folder that isn't there comes to its index, which isn't either."""
    entries = ((r"~/\z", f"${{uri}}{index}"), ("default", literal(rules.fallback)))
    return low.maps.make("fallback", Map("$uri", entries, "FallbackResource, where no handler is for the index"))


def _has_handler(route: Route) -> bool:
    """Whether SetHandler names one."""
    names = [step.action.name.lower() for step in route.others if isinstance(step.action, SetHandler)]
    return names[-1:] not in ([], ["none"], [""])


def emit_slash(low: Lowering, route: Route, folder: str, location: Block) -> None:
    """The redirect of a ``folder`` to the path that was asked for, with its slash, or its refusal. Where a password is
    asked for first nginx's own is left."""
    if _refuses_unslashed(low, route):
        word = unslashed(low, folder) if folder == "$request_filename" else folder
        status = "403" if AUTOINDEX in low.program.modules else "404"
        location.open("if", "-d", word).add("return", status)
    _emit_redirect(low, route, folder, location)


def emit_proxied_folder(low: Lowering, route: Route, location: Block) -> None:
    """A folder that a section's rules send to an origin is mod_dir's all the same (DR-8), where it lies at its path."""
    assert route.mapping is not None
    steps = [step for step in route.cell.steps if isinstance(step.action, MapToOrigin | MapToFile)]
    file = steps[-1].action if steps else None
    taken = any(isinstance(step.action, MapToOrigin) and step.phase is Phase.TRANSLATE for step in steps)
    if route.mapping.phase is not Phase.FIXUPS or taken or "dir_module" not in low.program.modules:
        return
    plain = isinstance(file, MapToFile) and file.value is None and not file.prefix
    folder = f"{literal(file.root.rstrip('/'))}$uri" if plain and isinstance(file, MapToFile) else ""
    if not (folder and _emit_redirect(low, route, folder, location)):
        low.dropped.append(approximated(route.host.said_by(route.mapping), _OF_RULES, "folders-of-rules"))


def _emit_redirect(low: Lowering, route: Route, folder: str, location: Block) -> bool:
    """The folder's own URL, and the index that an origin answers for; whether there is none that it might not."""
    rules = rules_of(low, route)
    index = "" if rules.check_handler or route.admits else next(iter(rules.index), "")
    path = f"{route.cell.path}/{index}"
    is_proxied = bool(index) and route.cell.reach is Reach.BELOW and "/" not in index
    is_proxied = is_proxied and document_sources.is_file(low, route.host, path) == NEVER
    if not (is_proxied or rules.slash) or route.admits:
        return not index
    made = None if route.path is None else path_of(low, parts_of(route.path))
    if made is not None and made.endswith("/"):
        return not index
    if made is not None and "$" in made:
        folder = _unless_slashed(low, made, folder)
    block = location.open("if", "-d", folder)
    if rules.slash:
        there = self_authority(low, route.host)
        if there.startswith("$"):  # its map has patterns: what they capture would take the place of $1
            block.add("set", own := low.variable_of(there, "here"), there)
            there = own
        ours = f"{own_scheme(route.host)}://{there}"
        block.add(
            "rewrite", *(("(?s)^(.*[^/])$", f"{ours}$1/") if made is None else ("^", f"{ours}{made}/")), "permanent"
        )
    if is_proxied:
        block.add("rewrite", "(?s)^(.*/)$", f"$1{literal_path(index)}", comment="which an origin answers")
        steps = (step for step in route.others if isinstance(step.action, FolderRules))
        lines = [each for step in steps for each in lines_named(route, step, "directoryindex")]
        low.dropped.append(equivalent(lines, _ASKED_AS_ITSELF, "index-by-origin"))
    return is_proxied or not index


def _refuses_unslashed(low: Lowering, route: Route) -> bool:
    """DirectorySlash Off: a folder without its slash is no folder to mod_dir, and nobody else has an answer."""
    loaded, listed = "dir_module" in low.program.modules, _may_list(low, route)
    return loaded and not (rules_of(low, route).slash or route.admits or listed)


def emit_without_index(low: Lowering, server: Block) -> None:
    """A folder without an index that mod_autoindex doesn't handle is a file that isn't there, and no 403."""
    if low.lists_nothing:
        server.space()
        location = server.open("location", "=", WITHOUT_INDEX, comment="a folder without an index")
        location.add("internal")
        location.add("return", "404")


def _folder(low: Lowering, route: Route) -> str:
    """The word for what may be a folder without its slash; a list of the folder itself has the location's headers."""
    return unslashed(low, "$request_filename") if _may_list(low, route) else "$request_filename"


def _may_list(low: Lowering, route: Route) -> bool:
    """Whether a folder without an index is listed."""
    options = (each.action.options for each in route.others if isinstance(each.action, FileRules))
    return AUTOINDEX in low.program.modules and any("indexes" in each for each in options)


def _is_listed(low: Lowering, route: Route) -> bool:
    """Whether it is mod_autoindex that handles a folder without an index, with a list or a 403."""
    return AUTOINDEX in low.program.modules and not _has_handler(route)


def unslashed(low: Lowering, file: str) -> str:
    """The word for a file that is asked for without a slash, else for none."""
    return _unless_slashed(low, "$uri", file)


def _unless_slashed(low: Lowering, path: str, file: str) -> str:
    entries = ((r"~[^/]\z", file), ("default", ""))
    return low.maps.make("unslashed", Map(path, entries, "what would be a folder without its slash"))


def emit_index_here(low: Lowering, route: Route, location: Block) -> None:
    """The index of a folder that no path leads to: ``index`` would ask for it as one."""
    rules = rules_of(low, route)
    if not _falls_back(rules):
        location.add("try_files", "$uri", *(f"$uri/{literal(each)}" for each in rules.index), "$uri/", "=404")


def when_missing(low: Lowering, tree: Tree) -> str:
    """What ``try_files`` goes to for files that aren't there."""
    rules = rules_of(low, tree) if isinstance(tree, Route) else FolderRules()
    return f"{literal(rules.fallback)}$is_args$args" if _falls_back(rules) else "=404"


def settle_redirect(location: Block) -> None:
    """Redirects have the headers of the table always alone; an ``if`` with headers of its own inherits none."""
    headers = [each for each in location.directives() if each.name == "add_header"]
    for each in location.directives():
        if headers and each.block is not None and each.name == "if" and any(map(_redirects, each.block.directives())):
            always = [Directive("add_header", header.words) for header in headers if header.words[2:] == ("always",)]
            if len(always) < len(headers):
                each.block.entries[:0] = always or [Directive("add_header", ("X-None", ""))]


def _redirects(line: Directive) -> bool:
    return line.name == "rewrite" and line.words[-1:] in (("permanent",), ("redirect",))


def settle_folders(low: Lowering, locations: Block) -> None:
    """Whoever enters an ``if`` leaves ``try_files`` behind: where that has no word for folders, theirs is entered by
    those only that the redirect is for."""
    for each in all_directives(locations):
        directives = list(each.block.directives()) if each.name == "location" and each.block is not None else []
        tried = next((one.words for one in directives if one.name == "try_files"), (NO_FILE,))
        if tried[0] != NO_FILE and not any(word.endswith("/") for word in tried):
            for one in directives:
                if (one.name, one.words) == ("if", ("-d", "$request_filename")):
                    one.words = "-d", unslashed(low, "$request_filename")


def falls_back(low: Lowering, route: Route) -> bool:
    """Whether another path answers for files of a route that aren't there."""
    return _falls_back(rules_of(low, route))


def _falls_back(rules: FolderRules) -> bool:
    return rules.fallback not in ("", "disabled")


def emit_rules(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """The lines stand there already (``emit_defaults``); what they can't say is told."""
    rules = step.action
    assert isinstance(rules, FolderRules)
    claims = [exact(lines_named(route, step, "directoryindex", "directorycheckhandler"))]
    fallback = lines_named(route, step, "fallbackresource")
    claims.append(exact(fallback))
    slash = lines_named(route, step, "directoryslash")
    if rules.slash or _refuses_unslashed(low, route):
        claims.append(exact(slash))
    else:
        why = "nginx sends a folder without its slash to the one with it all the same"
        claims.append(unsupported(slash, why, "directory-slash"))
    redirect = lines_named(route, step, "directoryindexredirect")
    if rules.redirect:
        claims.append(unsupported(redirect, "the index is answered in place, not redirected to", "index-redirect"))
    else:
        claims.append(exact(redirect))
    return claims
