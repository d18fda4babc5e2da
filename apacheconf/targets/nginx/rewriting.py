"""What rules and mappings make of the path: patterns and replacements of ``rewrite``, the query (NGX-44)."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.program.conditions import NEVER, AnyOf, Condition, Matches, Regex
from apacheconf.program.steps import SetUri
from apacheconf.program.values import REQUEST_URI, Capture, Literal, Matched, Value
from apacheconf.targets.captures import is_tame, parts_of, replaced
from apacheconf.targets.known import QUERY_STRING
from apacheconf.targets.nginx.conditions import flag_of, refuse_where
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, glued, literal_path
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.questions import CannotAsk, as_group, pcre
from apacheconf.targets.routes import Route, regex_of


def substitution(regex: Regex, made: Sequence[Value]) -> tuple[str, str]:
    """The pattern, and the replacement that puts ``made`` in place of the whole path. Raises CannotAsk."""
    case = "(?i)" if regex.ignore_case else ""
    if not any(isinstance(each, Capture) and each.group == 0 for each in made):
        return case + pcre(regex), glued(_part(each, 0) for each in made)
    # nginx has no $0: the match as a whole becomes the first group.
    return f"{case}{as_group(pcre(regex))}", glued(_part(each, 1) for each in made)


def emit_refusals(low: Lowering, route: Route, location: Block) -> None:
    """SEM-30: what a client has escaped and rules would put into a URL as it is. Raises CannotAsk."""
    for condition in route.refused:
        refuse_where(low.maps, condition, 403, location)


def emit_query(low: Lowering, route: Route, location: Block) -> None:
    """The query that rules have made. Raises CannotAsk."""
    if route.query is not None:
        location.add("set", "$args", text_of(low.maps, route.query))


#: Where a request goes that is refused while another path is asked for.
FORBIDDEN = "@forbidden"


def asked_anew(low: Lowering, route: Route) -> str:
    """The path and the query of the request that rules of a section make in place of this one. Raises CannotAsk."""
    step = route.answer
    assert step is not None
    assert isinstance(step.action, SetUri)
    path = path_of(low, [told(each, regex_of(step)) for each in parts_of(step.action.uri)])
    query = step.action.query
    if query is None or query == QUERY_STRING:
        target = f"{path}$is_args$args"
    else:
        target = path if query == Literal("") else f"{path}?{text_of(low.maps, query)}"
    if not route.refused:
        return target
    low.forbids = True
    asked = flag_of(low.maps, route.refused[0] if len(route.refused) == 1 else AnyOf(route.refused))
    return low.maps.make("anew", Map(asked, (("1", FORBIDDEN), ("default", target)), ""))


def can_ask_anew(low: Lowering, route: Route) -> bool:
    """Whether that request can be said."""
    forbids = low.forbids
    try:
        asked_anew(low, route)
    except CannotAsk:
        return False
    finally:
        low.forbids = forbids
    return True


def path_of(low: Lowering, parts: Sequence[Value]) -> str:
    """A path made of texts, captures that say where they come from, and variables. Raises CannotAsk."""
    return glued(literal_path(part.text) if isinstance(part, Literal) else text_of(low.maps, part) for part in parts)


def may_break(values: Sequence[Value], signs: str) -> Condition:
    """Whether one of the values holds such a sign; what can't is not asked."""
    doubted = [Matches(each, Regex(signs)) for each in values if not isinstance(each, Literal) and not is_tame(each)]
    return NEVER if not doubted else doubted[0] if len(doubted) == 1 else AnyOf(tuple(doubted))


def told(value: Value, regex: Regex | None) -> Value:
    """The value with captures of a rule that say where they come from."""
    if regex is None:
        return value
    return replaced(value, lambda each: Matched(REQUEST_URI, regex, each.group) if isinstance(each, Capture) else None)


def _part(value: Value, shift: int) -> str:
    match value:
        case Literal(text):
            return literal_path(text)
        case Capture("rule" | "section", group):
            return f"${group + shift}"
        case _:
            raise CannotAsk("a value that is no capture")
