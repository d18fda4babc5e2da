"""Mappings whose URL comes with the request, where nothing but the path in it does (``http://h:81$1``).

As soon as what is captured begins with a slash, the host and the port are those that stand there. What httpd decides
for each request is then decided once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from apacheconf.diagnostics import InternalError
from apacheconf.program import by_handler
from apacheconf.program.conditions import Regex
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin, MapToUrl, Rest, Step
from apacheconf.program.values import Capture, Joined, Literal, Value
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Origin, Worker
from apacheconf.targets.captures import group_of, parts_of

_BASE = re.compile(r"(?P<scheme>[a-z]\w*)://(?P<host>[^/:$\[\]]+)(?::(?P<port>\d+))?")


#: In place of a number: the origin is looked for by ``base``, as httpd does for rules of sections (WK-4).
BY_NAME = -1


@dataclass(frozen=True, slots=True)
class MapToBase(MapToOrigin):
    """A mapping to ``base``; the origin that it names says how, and for a worker not where."""

    base: str = ""


def certain(program: Program, host: Host, step: Step, regex: Regex | None) -> Step:
    """The step, with the origin that it comes to where that is certain; ``regex`` is what it matches."""
    action = step.action
    if not isinstance(action, MapToUrl) or action.rest is not Rest.NOTHING or regex is None:
        return step
    first, *rest = parts_of(action.url)
    base = _BASE.fullmatch(first.text) if isinstance(first, Literal) else None
    if base is None or not rest or not _begins_with_slash(rest[0], regex):
        return step
    number = _number(program, host, base[0], action.template)
    if number is None:
        return step
    value: Value = rest[0] if len(rest) == 1 else Joined(tuple(rest))
    whole = value == Capture("rule", 1) and regex.pattern == f"^({group_of(regex.pattern, 1)})$"
    made = MapToBase(number, "", rest=Rest.WHOLE_PATH if whole else Rest.NOTHING, raw=action.raw,
                     value=None if whole else value, pattern=action.pattern, base=base[0])  # fmt: skip
    return replace(step, action=made)


def origin_of(program: Program, host: Host, action: MapToOrigin) -> Origin:
    """The origin that a mapping of a host leads to."""
    if action.origin != BY_NAME:
        return located(action, program.origin(host, action.origin))
    found = by_handler.origin_of(program, host.origins, f"{by_handler.PREFIX}{base_of(action)}")
    if found is None:
        raise InternalError(f"nobody can say which origin {base_of(action)} is")
    return found


def base_of(action: MapToOrigin) -> str:
    """The URL that a mapping names its origin by; empty for one that has a number."""
    return action.base if isinstance(action, MapToBase) else ""


def located(action: MapToOrigin, origin: Origin) -> Origin:
    """The origin where the mapping says it is."""
    base = _BASE.fullmatch(action.base) if isinstance(action, MapToBase) else None
    if base is None or not isinstance(origin, Worker):
        return origin
    port = int(base["port"] or DEFAULT_PORTS.get(base["scheme"], 80))
    return replace(origin, name=base[0], scheme=base["scheme"], host=base["host"], port=port)


def _begins_with_slash(value: Value, regex: Regex) -> bool:
    """Whether a capture is never empty and begins with a slash."""
    group = group_of(regex.pattern, value.group) if isinstance(value, Capture) and value.match == "rule" else None
    if group is None or not group.startswith("/"):
        return False
    flat = group
    while flat != (flat := re.sub(r"\((?:[^()\\]|\\.)*\)", "", flat)):
        pass
    optional = re.search(rf"{re.escape(group)}\)[?*{{]", regex.pattern)
    return "|" not in re.sub(r"\\.|\[[^\]]*\]", "", flat) and not re.match(r"/[?*{]", group) and optional is None


def _number(program: Program, host: Host, base: str, template: int | None) -> int | None:
    """The host's number of the balancer of this name, or of the worker whose parameters count."""
    for number, each in enumerate(host.origins):
        origin = program.origins[each]
        if isinstance(origin, Balancer) and origin.name == base:
            return number
    known = None if template is None else program.origin(host, template)
    return template if isinstance(known, Worker) and not base.startswith("balancer:") else None
