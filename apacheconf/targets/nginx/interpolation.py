"""Mappings whose target holds ``${VAR}`` of the request, in nginx: ProxyPassInterpolateEnv (NGX-52, PU-11).

What a variable holds when a request is mapped stands in its place already.
"""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.ledger import Written
from apacheconf.program.hosts import Reach
from apacheconf.program.steps import MapToOrigin, MapToUrl, Rest
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.program.workers import Origin
from apacheconf.targets.captures import parts_of
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, literal_path
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, member_path


def is_filled(route: Route) -> bool:
    """Whether variables stood in the path that goes before the rest of what was asked for."""
    action = route.map
    filled = action is not None and action.rest is Rest.AFTER_PREFIX and action.value is not None
    return filled and route.path is None


def emit_filled(low: Lowering, route: Route, origin: Origin, location: Block) -> None:
    """The path, made by a ``rewrite`` from what the variables hold."""
    action = route.map
    assert action is not None and route.mapping is not None
    cut, parts = action.prefix, [Literal(member_path(origin)), *parts_of(action.value)]
    last = parts[-1]
    if cut.endswith("/") and isinstance(last, Literal) and last.text.endswith("/"):
        cut, parts[-1] = cut[:-1], Literal(last.text[:-1])
    try:
        head = "".join(_words(low, parts, location))
    except CannotAsk as missing:
        why = f"{missing} can't be said here, so nothing is asked where the target depends on it"
        claims = (unsupported(route.host.said_by(route.mapping), why, "interpolation"),)
        location.add("return", "503", claims=claims)
        return
    if route.cell.reach is Reach.BARE:
        location.add("rewrite", "^", (head + literal_path(route.cell.path[len(cut) :])) or "/", "break")
    else:
        location.add("rewrite", f"(?s)^{escape(cut)}(.*)$", f"{head}$1", "break")


def _words(low: Lowering, parts: Iterable[Value], location: Block) -> list[str]:
    """The words; maps are asked before the ``rewrite``, for what their patterns capture would take the place of $1."""
    words = []
    for part in parts:
        word = literal_path(part.text) if isinstance(part, Literal) else text_of(low.maps, part)
        if not isinstance(part, Literal):
            location.add("set", own := low.variable_of(word, "filled"), word)
            word = f"${{{own[1:]}}}"
        words.append(word)
    return words


def claim_of(routes: Iterable[Route], line: Written) -> Claim | None:
    """What became of a ProxyPassInterpolateEnv; None where something else than a mapping's path is filled in."""
    for route in routes:
        action = route.mapping.action if route.mapping else None
        back = [step.action for step in (*route.reverses, *route.cookies)]
        if isinstance(action, MapToUrl) or any(getattr(each, "values", None) for each in back):
            return None
        if isinstance(action, MapToOrigin) and (action.filled or (_keeps_variables(action) and not is_filled(route))):
            return None
    return exact([line])


def _keeps_variables(action: MapToOrigin) -> bool:
    return any(isinstance(part, Variable) for part in parts_of(action.value))
