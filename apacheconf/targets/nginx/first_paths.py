"""The path that a client has asked for, whatever becomes of it later: SCRIPT_URL and SCRIPT_URI, which mod_rewrite
tells scripts where the engine of their host is on (FC-9), and REDIRECT_URL.

nginx passes a server again for an index, for a file that isn't there and for the page of an error, with another path
each time: only the first one is remembered.
"""

from __future__ import annotations

from apacheconf.program.steps import BeginRewriting, NameScript, Step
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import FIRST, Map
from apacheconf.targets.nginx.own_urls import public_url
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route


def first_path(low: Lowering) -> str:
    """The word for it, in the server that is being written."""
    low.tells_first = True
    low.maps.make(FIRST.strip("$"), Map("", (("default", ""),), "the path that was asked for first"))
    return FIRST


def urls_told(low: Lowering, route: Route) -> dict[str, str]:
    """SCRIPT_URL and SCRIPT_URI where a server's engine is on, be it without a rule; else nothing."""
    if not any(_names_script(step) for step, _ in route.met):
        return {}
    path = first_path(low)
    return {"SCRIPT_URL": path, "SCRIPT_URI": f"{public_url(low, route.host, '')}{path}"}


def _names_script(step: Step) -> bool:
    return isinstance(step.action, NameScript) or (isinstance(step.action, BeginRewriting) and not step.action.folder)


def finish(low: Lowering, server: Block) -> None:
    """Remember the path before anything can change it, or fail."""
    if not low.tells_first:
        return
    first = Map(FIRST, (("", "$uri"), ("default", FIRST)), "what is remembered of each path")
    name = next(each for each in server.directives() if each.words[:1] == ("$server_is",))
    block, at = Block(), server.entries.index(name) + 1
    block.add("set", FIRST, low.maps.make("path_or_first", first))
    server.entries[at:at] = block.entries
