"""Routes that files or scripts answer: what a location says of them."""

from __future__ import annotations

from apacheconf.program.steps import Step
from apacheconf.targets.nginx import applications, missing_documents, static
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route


def emit(low: Lowering, route: Route, has_folder: bool) -> tuple[Block | None, list[Step]]:
    """What is said of the files and scripts of a route, and the steps that are spoken for; None where it has none.

    A named location can't have the folder of an Alias, unless that ends as the path does.
    """
    block = Block()
    spoken = applications.emit_told(low, route, block)
    if spoken is not None:
        return block, spoken
    route = static.with_own_file(low, route, has_folder)
    mapped = static.mapped_file(route)
    if static.is_served(route) and mapped is None:
        block = Block()
        try:
            static.emit_made(low, route, block, has_folder)
        except CannotAsk:
            return None, []
        return block, static.emit_files(low, route, block)
    one_file = static.named_file(route, mapped) if mapped is not None else None
    root = static.root_of_alias(route)
    known = one_file is not None or root is not None
    if not static.is_served(route) or mapped is None or (mapped.prefix and not has_folder and not known):
        return None, []
    block = Block()
    if not has_folder and one_file is not None:
        static.emit_one_file(low, route, one_file, block)
    elif not has_folder and root is not None:
        static.emit_root_of_alias(low, route, root, block)
    elif not has_folder:
        static.emit_root(low, route, mapped, block)
    missing_documents.emit_missing(low, route, block)
    return block, static.emit_files(low, route, block)


def asks(low: Lowering, route: Route) -> bool:
    """Whether files themselves would have answered."""
    served = static.is_served(route) and static.handler_of(route) is None
    return served and not static.is_below_one_file(route)
