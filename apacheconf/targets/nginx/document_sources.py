"""Who answers for the path of an ErrorDocument: an origin, whose status counts, or a file (SEM-22, NGX-90)."""

from __future__ import annotations

from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Not
from apacheconf.program.hosts import Host
from apacheconf.program.values import Literal
from apacheconf.targets.answers import residual
from apacheconf.targets.asked_path import for_path, place_of
from apacheconf.targets.choices import Ask, Tree, leaves
from apacheconf.targets.known import Known
from apacheconf.targets.nginx.conditions import can_ask
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.routes import Route


def is_file(low: Lowering, host: Host, path: str) -> Condition | None:
    """When a file answers for a path of the server that is being written, and not an origin; None where neither may."""
    if (host.number, path) not in low.files_at:
        low.files_at[host.number, path] = _is_file(low, host, path)
    return low.files_at[host.number, path]


def _is_file(low: Lowering, host: Host, path: str) -> Condition | None:
    name, _, query = path.partition("?")
    place = place_of(low.places, name)
    if place is None:
        return None
    tree = for_path(place.tree, Known(host, path=Literal(name), query=Literal(query)))
    routes = [end for _, end in leaves(tree) if isinstance(end, Route) and not end.answer]
    answering = [each for each in routes if each.mapping or each.file]
    if not answering or any(each.admits for each in answering):
        return None
    kinds = {each.mapping is None for each in answering}
    if len(kinds) == 1:
        return ALWAYS if kinds.pop() else NEVER
    found = residual(_where_file(tree), {})
    return found if len(routes) == len(list(leaves(tree))) and can_ask(found) else None


def _where_file(tree: Tree) -> Condition:
    """When it comes to a file."""
    if not isinstance(tree, Ask):
        return ALWAYS if isinstance(tree, Route) and tree.mapping is None else NEVER
    yes, no = _where_file(tree.yes), _where_file(tree.no)
    return AnyOf((AllOf((tree.condition, yes)), AllOf((Not(tree.condition), no))))
