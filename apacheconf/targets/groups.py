"""The groups of regexes, and what refers back to them.

nginx makes a variable of the whole request of each group that has a name: ``(?<args>...)`` would change the query, and
``(?<host>...)`` keeps it from starting. HAProxy, where it only asks whether a pattern matches, lets those groups alone
remember what they hold that have names, so that ``\\1`` refers to nothing and it doesn't start.
"""

from __future__ import annotations

import re

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import group_names

_OTHER = r"\\[^kg1-9]|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]"
_NAMED = re.compile(
    rf"""{_OTHER}
    |(?P<group>\(\?(?:P?<(?![=!])\w+>|'\w+'))
    |(?P<same>\\k(?:<\w+>|'\w+'|\{{\w+\}})|\\g\{{[^\W\d]\w*\}}|\(\?P=\w+\))
    |(?P<again>\\g(?:<[^\W\d]\w*>|'[^\W\d]\w*')|\(\?(?:&|P>)\w+\))
    |(?P<if>\(\?\((?:<\w+>|'\w+')\))""",
    re.VERBOSE | re.DOTALL,
)
#: A plain group, what refers back to one, and what does so in ways that are left alone.
_NUMBERED = re.compile(
    rf"""{_OTHER}|(?P<group>\((?![?*]))|(?P<same>\\g?(?P<number>[1-9]\d*)|\\g\{{(?P<braced>[1-9]\d*)\}})
    |(?P<odd>\\g[^\d]|\(\?(?:[-+]?\d|R|\(|\|))""",
    re.VERBOSE | re.DOTALL,
)


def by_number(regex: Regex) -> str:
    """The pattern, whose groups have numbers alone, which are the same."""
    if not re.search(r"\(\?[P<']", regex.pattern):
        return regex.pattern
    numbers = group_names(regex)
    forms = {"group": "(", "same": r"\g{%d}", "again": "(?%d)", "if": "(?(%d)"}

    def numbered(found: re.Match[str]) -> str:
        name = re.search(r"[^\W\d]\w*(?=\W*$)", found[0])
        if found.lastgroup is None or name is None or name[0] not in numbers:
            return found[0]
        form = forms[found.lastgroup]
        return form % numbers[name[0]] if "%" in form else form

    return _NAMED.sub(numbered, regex.pattern)


def refers_back(pattern: str) -> bool:
    """Whether the pattern has a reference to one of its groups, which another group before them would put wrong."""
    return any(each["same"] or each["odd"] for each in _NUMBERED.finditer(pattern))


def by_name(pattern: str) -> str | None:
    """A pattern of ``by_number`` whose groups have names where something refers back; None where it does so oddly."""
    found = list(_NUMBERED.finditer(pattern))
    if not any(each["same"] or each["odd"] for each in found):
        return pattern
    if any(each["odd"] for each in found):
        return None
    count = 0

    def named(each: re.Match[str]) -> str:
        nonlocal count
        if each["group"]:
            count += 1
            return f"(?<g{count}>"
        return rf"\k<g{each['number'] or each['braced']}>" if each["same"] else each[0]

    return _NUMBERED.sub(named, pattern)
