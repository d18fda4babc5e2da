"""Rules of mod_rewrite that come to something plain: an answer, a redirect, a mapping, or nothing (NGX-120, HAP-102).

A rule that changes the path for those after it, or whose target needs more than its own captures, is ``lost``:
what it decides is closed and never guessed (DIF-10).
"""

from __future__ import annotations

import re
from dataclasses import replace

from apacheconf.program.steps import END, STOP, Aim, MapToOrigin, Redirect, Respond, Rest, Rewrite, Step
from apacheconf.program.values import REQUEST_URI, Capture, Joined, Literal, Value, Variable

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_IN_REDIRECTS = frozenset({"HTTP_HOST", "SERVER_NAME", "REQUEST_URI"})


def plain(step: Step, finishes: bool) -> Step | None:
    """The step in plain words, itself if it leaves the URL alone; None if it is lost.

    ``finishes`` says that no other rule sees what this one made.
    """
    action = step.action
    if not isinstance(action, Rewrite) or (action.target is None and not action.answers):
        return step
    if action.answers:
        return replace(step, action=Respond(action.status), then=END)
    parts = parts_of(action.target)
    if not finishes or action.sets or action.query_discarded or action.query_after_last:
        return None
    if action.query_appended and _has_query(parts):
        return None
    if action.aim is Aim.REDIRECT and _may_redirect(parts):
        return replace(step, action=Redirect(action.status, _absolute(parts)), then=END)
    if action.aim is Aim.ORIGIN and action.origin is not None and not _has_query(parts):
        return _mapping(step, action.origin, parts)
    return None


def parts_of(value: Value | None) -> tuple[Value, ...]:
    """The parts that a value is joined of."""
    return value.parts if isinstance(value, Joined) else () if value is None else (value,)


def _has_query(parts: tuple[Value, ...]) -> bool:
    return any(isinstance(each, Literal) and "?" in each.text for each in parts)


def _may_redirect(parts: tuple[Value, ...]) -> bool:
    """A scheme or a slash first, then text, the rule's captures, or the path and the host as they are."""
    first = parts[0] if parts else None
    if not isinstance(first, Literal) or not (first.text.startswith("/") or _AUTHORITY.match(first.text)):
        return False
    whole = any(isinstance(each, Variable) and each.name == "REQUEST_URI" for each in parts)
    captured = any(isinstance(each, Capture) for each in parts)
    return not (whole and captured) and all(map(_is_known, parts))


def _is_known(part: Value) -> bool:
    match part:
        case Literal() | Capture("rule"):
            return True
        case Variable(name):
            return name in _IN_REDIRECTS
        case _:
            return False


def _absolute(parts: tuple[Value, ...]) -> Value:
    return parts[0] if len(parts) == 1 else Joined(parts)


def _mapping(step: Step, origin: int, parts: tuple[Value, ...]) -> Step | None:
    """The mapping of a [P] rule: what follows the authority, made of text and captures."""
    first = parts[0]
    found = _AUTHORITY.match(first.text) if isinstance(first, Literal) else None
    if found is None or not isinstance(first, Literal):
        return None
    if parts[1:] == (REQUEST_URI,):
        return replace(step, action=MapToOrigin(origin, first.text[found.end() :], rest=Rest.WHOLE_PATH), then=STOP)
    rest = (Literal(first.text[found.end() :]), *parts[1:])
    made = tuple(each for each in rest if each != Literal(""))
    if not made or not all(isinstance(each, Literal) or each in _captures(made) for each in made):
        return None
    if not (isinstance(made[0], Literal) and made[0].text.startswith("/")):
        return None
    action = MapToOrigin(origin, "", rest=Rest.NOTHING, value=made[0] if len(made) == 1 else Joined(made))
    return replace(step, action=action, then=STOP)


def _captures(parts: tuple[Value, ...]) -> list[Value]:
    return [each for each in parts if isinstance(each, Capture) and each.match == "rule"]
