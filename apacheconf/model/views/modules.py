"""Which modules are loaded (``httpd -M``), and which ones the directives need."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.expand.known import COMPILED_IN
from apacheconf.expand.tree import Absence, Expanded, Node
from apacheconf.model.bound import Bound
from apacheconf.model.types import Model
from apacheconf.model.views.needs import needs
from apacheconf.modules import registry


def modules(model: Model | Bound | Expanded) -> str:
    """What ``httpd -M`` prints (CLI-7). A fragment shows what it loads itself."""
    loaded = _expanded(model).modules
    kinds = ((name, "static" if name in COMPILED_IN else "shared") for name in loaded)
    return "Loaded Modules:\n" + "".join(f" {name} ({kind})\n" for name, kind in kinds)


def needed_modules(model: Model | Bound | Expanded) -> str:
    """Each module that some directive needs: loaded, compiled in, or missing, and the first directive that needs it.

    ``proxy_module     loaded    ProxyPass at site.conf:3``. Modules that a word asks for count too: a URL's scheme, a
    handler, a filter. In a fragment nothing is missing: the server that includes it decides.
    """
    expanded = _expanded(model)
    found = needed(expanded)
    width = max(map(len, found), default=0)
    lines = []
    for module, (node, why) in found.items():
        state = "compiled in" if module in COMPILED_IN else "loaded" if module in expanded.modules else "missing"
        if state == "missing" and expanded.fragment:
            state = "needed"
        lines.append(f"{module:<{width}}  {state:<11}  {why} at {node.place.name}:{node.place.line}\n")
    return "".join(lines)


def needed(expanded: Expanded) -> dict[str, tuple[Node, str]]:
    """Module identifier to the first directive that needs it, and in which word.

    What was done while reading (Macro, Use, IfVersion, LoadModule) needs its module too.
    """
    found: dict[str, tuple[Node, str]] = {}
    for node in (*expanded.walk(), *_executed(expanded)):
        for module, why in needs(node, expanded):
            found.setdefault(module, (node, why))
    return found


def _executed(expanded: Expanded) -> Iterator[Node]:
    for each in expanded.absent:
        if each.why is Absence.EXECUTED:
            is_section = not registry.providers(each.name, False)
            yield Node(each.name, each.args, each.place, () if is_section else None)


def _expanded(model: Model | Bound | Expanded) -> Expanded:
    return model if isinstance(model, Expanded) else model.expanded
