"""mod_deflate in nginx: ``gzip`` for the types that a filter names (NGX-171).

What is compressed is another coding of the same answer (RFC 9110, section 8.4.1), so it makes no difference whether an
error or a part of an answer is.
"""

from __future__ import annotations

from apacheconf.program.conditions import ALWAYS, Matches, Regex
from apacheconf.program.handling import DeflateRules
from apacheconf.program.regexes import search
from apacheconf.program.steps import AddFilter, Step
from apacheconf.program.values import Variable
from apacheconf.targets.claims import approximated, equivalent, exact, unsupported
from apacheconf.targets.environments import variables_set
from apacheconf.targets.media_types import types_of
from apacheconf.targets.nginx import mod_brotli
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

_CODING = (
    "the ETag of what is compressed becomes weak; which errors and parts of it are compressed, and whether HEAD gets "
    "the Vary of it, differs"
)
#: Bytes of the shortest body that httpd compresses where it has all of it at once (DF-2).
_SHORTEST = 69
#: Variables for which less is compressed, or nothing.
_LESS = frozenset({"no-gzip", "gzip-only-text/html"})
_ABOUT = frozenset({*_LESS, "force-gzip", "dont-vary"})
_CLIENTS = "clients that should get less compressed get nothing compressed"
#: What nginx compresses in any case.
_ALWAYS = "text/html"


def emit(low: Lowering, route: Route, location: Block) -> list[Step]:
    """The compression of a location; the steps that are spoken for."""
    return [*_emit_gzip(low, route, location), *mod_brotli.settle(low, route), *_whole(low, route)]


def _whole(low: Lowering, route: Route) -> list[Step]:
    """FilterProtocol of a whole filter (DF-4): httpd sends no range of what none of its providers works on.

    It may: a server is free to ignore Range (RFC 9110, section 14.2).
    """
    found = [step for step in route.others if isinstance(step.action, AddFilter) and step.action.whole]
    said_by = [each for step in found for each in route.host.said_by(step)]
    low.dropped.append(equivalent(said_by, "ranges of answers that are not compressed are sent", "ranges-sent"))
    return found


def _emit_gzip(low: Lowering, route: Route, location: Block) -> list[Step]:
    rules = [step for step in route.others if isinstance(step.action, DeflateRules)]
    filters = [step for step in route.others if _is_deflate(step)]
    spared = [step for step in filters if route.mapping is not None and not step.action.of_origins]  # type: ignore[union-attr]
    low.dropped += [exact(route.host.said_by(step)) for step in spared]
    filters = [step for step in filters if step not in spared]
    left = _left_alone(route)
    if left and filters:
        low.dropped += [exact(route.host.said_by(step)) for step in (*filters, *rules, *left)]
        return [*filters, *rules, *left, *spared]
    if spared and not filters:
        return [*spared, *rules]
    steps = [step for step in filters if _types(low, step) is not None]
    types = {kind for step in steps for kind in _types(low, step) or ()}
    said = [each for step in steps for each in route.host.said_by(step)]
    if not steps or (_ALWAYS not in types and "*" not in types):
        why = "text/html is always compressed in nginx, so nothing is" if steps else "nothing is compressed"
        low.dropped.append(unsupported(said, why, "deflate-types"))
        return steps
    claim = equivalent(said, _CODING, "gzip")
    if route.mapping is not None and any(_asks_type(step) for step in steps):
        claim = approximated(said, "types that TypesConfig doesn't name are not compressed", "deflate-types")
    location.add("gzip", "on", comment=low.sources.comment(said), claims=(claim,))
    others = ["*"] if "*" in types else sorted(types - {_ALWAYS})
    if others:
        location.add("gzip_types", *others)
    steps += _emit_clients(low, route, location)
    level = rules[-1].action.level if rules and isinstance(rules[-1].action, DeflateRules) else -1
    location.add("gzip_comp_level", str(level if level > 0 else 6))
    for name, value in (("min_length", str(_SHORTEST)), ("http_version", "1.0"), ("proxied", "any"), ("vary", "on")):
        location.add(f"gzip_{name}", value)
    low.dropped += [exact(route.host.said_by(step)) for step in rules]
    return [*steps, *rules]


def _emit_clients(low: Lowering, route: Route, location: Block) -> list[Step]:
    """Clients that get less compressed, or nothing, get nothing: it is another coding of the same answer."""
    asking = [step for step in route.unsure if _names(step) & _LESS and _asked_client(step) is not None]
    undone = [step for step in (*route.unsure, *route.others)
              if _names(step) & _LESS and all(each.value is None for each in variables_set(step))]  # fmt: skip
    for step in asking:
        regex = _asked_client(step)
        if regex is not None and step not in undone:
            location.add("gzip_disable", f"(?{'' if regex.ignore_case else '-i'}){regex.pattern}")
    steps = [*asking, *(step for step in undone if step not in asking)]
    low.dropped += [equivalent(route.host.said_by(step), _CLIENTS, "gzip") for step in steps]
    return steps


def _names(step: Step) -> set[str]:
    return {each.name.lower() for each in variables_set(step)}


def _asked_client(step: Step) -> Regex | None:
    """What a step asks of User-Agent, if that is all that it asks."""
    match step.when:
        case Matches(Variable("HTTP" | "HTTP_OR_ENV", name), regex) if name.lower() == "user-agent":
            return regex
        case _:
            return None


def _left_alone(route: Route) -> list[Step]:
    """The steps about such variables, if one says no-gzip for all requests of a route and none takes it back."""
    steps = [*route.rewriting, *(step for step, _ in route.met if step in route.others or step in route.unsure)]
    about = [step for step in steps if _names(step) & _ABOUT]
    last = next((step for step in reversed(about) if "no-gzip" in _names(step)), None)
    sets = last is not None and any(each.value is not None for each in variables_set(last))
    return about if sets and last not in route.unsure else []


def _types(low: Lowering, step: Step) -> tuple[str, ...] | None:
    """The media types that a filter is for, ``*`` for all; None where it asks something else."""
    if not isinstance(step.action, AddFilter):
        return None
    if step.action.when == ALWAYS:
        return step.action.types or ("*",)
    if not _asks_type(step) or step.action.types or not isinstance(step.action.when, Matches):
        return None
    regex = step.action.when.regex
    return tuple(each for each in {*types_of(low.program, low.scopes).values()} if search(regex, each) is not None)


def _asks_type(step: Step) -> bool:
    """Whether a filter asks for nothing but the type of the answer."""
    when = step.action.when if isinstance(step.action, AddFilter) else ALWAYS
    return isinstance(when, Matches) and when.value == Variable("CONTENT_TYPE")


def _is_deflate(step: Step) -> bool:
    return isinstance(step.action, AddFilter) and step.action.name == "deflate"
