"""Which questions about names below a folder every name answers alike, so that nothing needs to be nested (NGX-124)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from apacheconf.program.conditions import Condition, Matches, Not, Test

#: A regex that asks what lies below a folder (``section_rules``).
_BELOW = re.compile(
    r"\^(?P<folder>/|(?:/(?:[\w-]|\\[^\w\s])+)+/)"
    r"(?:\(\?s:\.\*\?\)\(\?:(?:\(\?<=[^()]*\))?(?P<inner>[().*+$]*)\)|(?P<rest>[().*+$]*))"
)
_ANYTHING = frozenset({"", ".*", "(.*)", ".*$", "(.*)$"})
_SOMETHING = frozenset({".", ".+", "(.)", "(.+)", ".+$", "(.+)$"})


def is_every_name(condition: Condition, others: Iterable[Condition], path: str) -> bool:
    """Whether every name below ``path`` matches; that of its folder needn't where ``others`` ask for no folder."""
    found = _BELOW.fullmatch(condition.regex.pattern) if isinstance(condition, Matches) else None
    if found is None or not f"{path}/".startswith(found["folder"].replace("\\", "")):
        return False
    asked = found["rest"] if found["inner"] is None else found["inner"]
    no_folder = any(isinstance(each, Not) and _is_folder(each.condition) for each in others)
    return asked in _ANYTHING or (asked in _SOMETHING and no_folder)


def _is_folder(condition: Condition) -> bool:
    return isinstance(condition, Test) and condition.letter in "de"
