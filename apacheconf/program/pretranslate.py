"""Mappings that come before everything else: ``mapping=encoded`` and ``mapping=servlet`` (PU-8, PU-9).

They compare the path as it was sent, with its dot segments resolved and letters and digits unescaped. Where one takes
the request nothing is decoded, the rules of the server aren't asked, and sections see the path that was compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from apacheconf.program.conditions import Under, UnderFilled
from apacheconf.program.course import Course
from apacheconf.program.evaluate import holds, text_of
from apacheconf.program.fold import steps_of
from apacheconf.program.hosts import LayerKind
from apacheconf.program.performing import perform
from apacheconf.program.phases import Phase
from apacheconf.program.steps import MapToOrigin, MapToUrl, SetEnv, Step
from apacheconf.program.trace import Tracer, Tried
from apacheconf.program.uri import PathRefused, resolve_dots, unescape_unreserved
from apacheconf.program.walks import ask_layers

#: An escape that is none, which httpd refuses before anything is mapped.
_BROKEN = re.compile(r"%(?![0-9A-Fa-f]{2})")
_LOCATIONS = frozenset({LayerKind.LOCATION})


def map_before_decoding(course: Course, tracer: Tracer) -> bool:
    """Whether one of the host's early mappings takes the request; it is mapped then."""
    shape, state, raw = course.state.host.shape, course.state, course.raw_path
    if not shape.maps_early:
        return False
    if _BROKEN.search(raw):
        return False
    try:
        path = resolve_dots(unescape_unreserved(raw), shape.limits.merge_slashes)
    except PathRefused:
        return False
    state.path, state.phase = path, Phase.TRANSLATE
    course.layers = shape.layers[:1]
    ask_layers(course, _LOCATIONS, lambda condition: holds(condition, state), tracer)
    with _variables_known(course):
        for step in steps_of(shape, course.layers):
            if step.phase is Phase.READ and isinstance(step.action, MapToOrigin | MapToUrl):
                matched = _see(step, step.action, path, course)
                tracer(Tried(step, matched))
                if matched:
                    perform(step.action, course)
                    return True
    state.path, course.raw_path, course.layers, state.phase = raw, raw, shape.layers[:1], Phase.READ
    return False


@contextmanager
def _variables_known(course: Course) -> Iterator[None]:
    """httpd sets what is set first before it asks these mappings, which may hold variables (PU-11)."""
    state = course.state
    before = dict(state.env)
    for step in steps_of(state.host.shape, course.layers[:1]):
        if step.phase is Phase.POST_READ and isinstance(step.action, SetEnv) and holds(step.when, state):
            perform(step.action, course)
    yield
    state.env.clear()
    state.env.update(before)


def _see(step: Step, action: MapToOrigin | MapToUrl, path: str, course: Course) -> bool:
    """Whether the mapping matches; the path is then what it has compared, ``raw_path`` what it forwards."""
    state = course.state
    state.path = course.raw_path = path
    if action.mapping == "encoded":
        return holds(step.when, state)
    try:
        segments = servlet_segments(path)
    except PathRefused:
        return False
    state.path = "/" + "/".join(name for name, _ in segments if name is not None)
    course.raw_path = "/" + "/".join(map(_written, segments))
    if not holds(step.when, state):
        return False
    if isinstance(step.when, Under | UnderFilled):
        prefix = step.when.prefix if isinstance(step.when, Under) else text_of(step.when.prefix, state)
        course.raw_path = prefix + _after(segments, prefix)
    return True


Segment = tuple[str | None, str]


def servlet_segments(path: str) -> list[Segment]:
    """The segments of a path, each with its parameters (``;a=b``); ``..`` with parameters leads up, ``.`` has no name.

    Raises PathRefused where the path climbs above the root.
    """
    found: list[Segment] = []
    for part in path.split("/")[1:]:
        name, mark, parameters = part.partition(";")
        if name == ".." and mark:
            while found and found[-1][0] is None:
                found.pop()
            if not found:
                raise PathRefused(400, "the path climbs above the root")
            found.pop()
        else:
            found.append((None if name == "." and mark else name, mark + parameters))
    return found


def _written(segment: Segment) -> str:
    name, parameters = segment
    return ("." if name is None else name) + parameters


def _after(segments: list[Segment], prefix: str) -> str:
    """What follows the prefix; the parameters of its last segment count only if something follows them."""
    left = prefix.rstrip("/").count("/")
    at = 0
    while left:
        left -= segments[at][0] is not None
        at += 1
    rest = "/".join(map(_written, segments[at:]))
    if prefix.endswith("/"):
        return rest
    return f"{segments[at - 1][1]}/{rest}" if segments[at:] else ""
