"""Symbolic links in nginx (NGX-155): where those that Options doesn't follow begin to be looked for.

httpd asks, for each link on the way to a file, the Options of the folder that the link lies in. Those of a folder hold
for what lies below it, so that a section for it is where nginx begins; above it links are followed.
"""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.ledger import Written
from apacheconf.program.hosts import Reach
from apacheconf.program.prefixes import lies_under
from apacheconf.program.steps import MapToFile
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.routes import Route
from apacheconf.targets.scopes import children_of

_SIGNS = frozenset("*?[~")


def emit_links(low: Lowering, route: Route, options: Iterable[str], said_by: list[Written], location: Block) -> None:
    """The line that looks for links, of which ``symlinksifownermatch`` follows those of the same owner."""
    how = "if_not_owner" if "symlinksifownermatch" in options else "on"
    location.add("disable_symlinks", how, *_beginning(low, route, said_by))


def _beginning(low: Lowering, route: Route, said_by: list[Written]) -> tuple[str, ...]:
    mapped = route.file.action if route.file else None
    if not isinstance(mapped, MapToFile) or isinstance(mapped, MapToNamed) or mapped.value is not None:
        return ("from=$document_root",)
    root = mapped.root.rstrip("/") or "/"
    whole = mapped.prefix and route.cell.path == mapped.prefix and route.cell.reach is Reach.BARE
    folder = (root.rpartition("/")[0] or "/") if whole else root
    sections = _sections_of(low, said_by)
    around = [each for each in sections if lies_under(folder, each) or lies_under(each, folder)]
    first = min(around, key=len, default=folder)
    if first == "/":
        return ()
    return ("from=$document_root" if first == root and not mapped.prefix else f"from={literal(first)}",)


def _sections_of(low: Lowering, lines: list[Written]) -> list[str]:
    """The folders of the sections that the lines stand in, of those that name one folder."""
    wanted = {id(each) for each in lines}
    found = []
    for section in low.scopes.everywhere("directory"):
        path = section.args.strip().strip('"')
        if not _SIGNS & {*path} and any(id(each) in wanted for each in children_of(section)):
            found.append(path.rstrip("/") or "/")
    return found
