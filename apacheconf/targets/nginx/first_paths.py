"""The path that a client has asked for, whatever becomes of it later: SCRIPT_URL and SCRIPT_URI, which mod_rewrite
tells scripts where the engine of their host is on (FC-9), and REDIRECT_URL.

nginx passes a server again for an index, for a file that isn't there and for the page of an error, with another path
each time: only the first one is remembered.
"""

from __future__ import annotations

from apacheconf.program.mod_rewrite import names_scripts
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import FIRST, SCRIPT_URL, Map
from apacheconf.targets.nginx.own_urls import public_url
from apacheconf.targets.nginx.tree import Block, Entry
from apacheconf.targets.routes import Route


def first_path(low: Lowering) -> str:
    """The word for it, in the server that is being written."""
    low.tells_first = True
    return FIRST


def urls_told(low: Lowering, route: Route) -> dict[str, str]:
    """SCRIPT_URL and SCRIPT_URI where a server's engine is on, be it without a rule; else nothing."""
    if not names_scripts(route.host.shape.layers):
        return {}
    low.tells_url = True
    return {"SCRIPT_URL": SCRIPT_URL, "SCRIPT_URI": f"{public_url(low, route.host, '')}{SCRIPT_URL}"}


def settings(low: Lowering) -> list[Entry]:
    """Remember SCRIPT_URL: what is refused before any rule has none yet, so that the page of its error gets its own."""
    return _remember(low, SCRIPT_URL, "what SCRIPT_URL is") if low.tells_url else []


def finish(low: Lowering, server: Block) -> None:
    """Remember the path before anything can change it, or fail."""
    if low.tells_first:
        name = next(each for each in server.directives() if each.words[:1] == ("$server_is",))
        at = server.entries.index(name) + 1
        server.entries[at:at] = _remember(low, FIRST, "the path that was asked for first")


def _remember(low: Lowering, word: str, why: str) -> list[Entry]:
    """The line that sets a variable where it is empty."""
    name, block = word.strip("$"), Block()
    low.maps.make(name, Map("", (("default", ""),), why))
    block.add("set", word, low.maps.make(f"path_or_{name}", Map(word, (("", "$uri"), ("default", word)), "")))
    return block.entries
