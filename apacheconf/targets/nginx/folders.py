"""The folder that a request is mapped to as a word of nginx: a text, or one with parts of the host's name (NGX-20)."""

from __future__ import annotations

from apacheconf.program.steps import MapToFile
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import literal
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.routes import Route


def folder_of(low: Lowering, mapped: MapToFile) -> str:
    """The word for the root of a mapping. Raises CannotAsk."""
    return text_of(low.maps, mapped.folder) if isinstance(mapped, MapToNamed) else literal(mapped.root)


def document_root(low: Lowering, route: Route) -> str:
    """What counts as DocumentRoot where a route leads: a folder that the host names does, too. Raises CannotAsk."""
    mapped = route.file.action if route.file else None
    return folder_of(low, mapped) if isinstance(mapped, MapToNamed) else literal(route.host.document_root)
