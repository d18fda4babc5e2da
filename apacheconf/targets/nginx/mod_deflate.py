"""mod_deflate in nginx: ``gzip`` for the types that a filter names (NGX-171).

What is compressed is another coding of the same answer (RFC 9110, section 8.4.1), so it makes no difference whether an
error or a part of an answer is.
"""

from __future__ import annotations

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.handling import DeflateRules
from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import equivalent, exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route

_CODING = "the ETag of what is compressed becomes weak, and which errors and parts of it are compressed differs"
#: What nginx compresses in any case.
_ALWAYS = "text/html"


def emit(low: Lowering, route: Route, location: Block) -> list[Step]:
    """The compression of a location; the steps that are spoken for."""
    rules = [step for step in route.others if isinstance(step.action, DeflateRules)]
    filters = [step for step in route.others if _is_deflate(step)]
    steps = [step for step in filters if isinstance(step.action, AddFilter) and step.action.when == ALWAYS]
    types = [kind for step in steps if isinstance(step.action, AddFilter) for kind in step.action.types or ("*",)]
    said = [each for step in steps for each in route.host.said_by(step)]
    if not steps or (_ALWAYS not in types and "*" not in types):
        why = "text/html is always compressed in nginx, so nothing is" if steps else "nothing is compressed"
        low.dropped.append(unsupported(said, why, "deflate-types"))
        return steps
    location.add("gzip", "on", comment=low.sources.comment(said), claims=(equivalent(said, _CODING, "gzip"),))
    others = ["*"] if "*" in types else sorted({*types} - {_ALWAYS})
    if others:
        location.add("gzip_types", *others)
    level = rules[-1].action.level if rules and isinstance(rules[-1].action, DeflateRules) else -1
    location.add("gzip_comp_level", str(level if level > 0 else 6))
    for name, value in (("min_length", "1"), ("http_version", "1.0"), ("proxied", "any"), ("vary", "on")):
        location.add(f"gzip_{name}", value)
    low.dropped += [exact(route.host.said_by(step)) for step in rules]
    return [*steps, *rules]


def _is_deflate(step: Step) -> bool:
    return isinstance(step.action, AddFilter) and step.action.name == "deflate"
