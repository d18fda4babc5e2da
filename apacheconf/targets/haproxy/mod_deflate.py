"""mod_deflate in HAProxy: ``compression`` for the types that a filter names (HAP-68).

What is compressed is another coding of the same answer (RFC 9110, section 8.4.1), so it makes no difference whether a
short body or the answer to an old client is.
"""

from __future__ import annotations

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.handling import DeflateRules
from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import equivalent, exact
from apacheconf.targets.environments import variables_set
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route

_CODING = (
    "the ETag of what is compressed becomes weak; short bodies are compressed, too, and errors, parts and answers to "
    "HTTP/1.0 are not; clients that should get less compressed get it if they ask for it"
)
_LESS = frozenset({"no-gzip", "gzip-only-text/html"})


def emit_compression(low: Lowering, route: Route, backend: Section) -> list[Step]:
    """The compression of an origin's answers; the steps that are spoken for."""
    filters = [step for step in route.others if _is_deflate(step)]
    rules = [step for step in route.others if isinstance(step.action, DeflateRules)]
    if not filters:
        return rules
    said_by = [each for step in (*filters, *rules) for each in route.host.said_by(step)]
    types = _types(filters)
    if _is_off(route) or types == ():
        low.dropped.append(exact(said_by))
        return [*filters, *rules]
    comment = low.sources.comment(said_by)
    backend.add("compression", "algo", "gzip", comment=comment, claims=(equivalent(said_by, _CODING, "compression"),))
    if types:
        backend.add("compression", "type", *types)
    asked = ("{", "res.fhdr(content-type),field(1,;),lower", "-m", "str", *types, "}") if types else ()
    backend.add("http-response", "add-header", "Vary", "Accept-Encoding", "if", "{", "status", "200", "}",
                "!{", "res.fhdr(vary)", "-m", "sub", "-i", "accept-encoding", "}", *asked)  # fmt: skip
    return [*filters, *rules]


def left_alone(low: Lowering, route: Route) -> list[Step]:
    """The same steps where the answer is made here: it stays as it is."""
    steps = [step for step in route.others if _is_deflate(step) or isinstance(step.action, DeflateRules)]
    said_by = [each for step in steps for each in route.host.said_by(step)]
    low.dropped.append(equivalent(said_by, _CODING, "compression"))
    return steps


def _types(filters: list[Step]) -> tuple[str, ...] | None:
    """The types that are compressed; None for all."""
    wanted = [step.action for step in filters if isinstance(step.action, AddFilter) and step.action.of_origins]
    if any(not each.types for each in wanted):
        return None
    return tuple(dict.fromkeys(kind for each in wanted for kind in each.types))


def _is_deflate(step: Step) -> bool:
    return isinstance(step.action, AddFilter) and step.action.name == "deflate" and step.action.when == ALWAYS


def _is_off(route: Route) -> bool:
    """Whether the last word on it for all requests is that nothing is compressed."""
    said = [each for step, certain in route.met if certain for each in variables_set(step) if each.name in _LESS]
    return bool(said) and said[-1].name == "no-gzip" and said[-1].value is not None
