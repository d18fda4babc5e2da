"""Regexes with captures as the pattern and the replacement of a rewrite (NGX-44)."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.program.conditions import Regex
from apacheconf.program.values import Capture, Literal, Value
from apacheconf.targets.nginx.tree import literal_path
from apacheconf.targets.questions import CannotAsk, pcre


def substitution(regex: Regex, made: Sequence[Value]) -> tuple[str, str]:
    """The pattern, and the replacement that puts ``made`` in place of the whole path. Raises CannotAsk."""
    case = "(?i)" if regex.ignore_case else ""
    if not any(isinstance(each, Capture) and each.group == 0 for each in made):
        return case + pcre(regex), "".join(_part(each, 0) for each in made)
    # nginx has no $0: the match as a whole becomes the first group.
    return f"{case}({pcre(regex)})", "".join(_part(each, 1) for each in made)


def _part(value: Value, shift: int) -> str:
    match value:
        case Literal(text):
            return literal_path(text)
        case Capture("rule" | "section", group):
            return f"${group + shift}"
        case _:
            raise CannotAsk("a value that is no capture")
