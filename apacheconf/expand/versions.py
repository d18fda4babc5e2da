"""``<IfVersion>``: compares with the version of httpd that we stand for (COND-14 to COND-17)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from apacheconf.expand.refused import Refused

#: The release whose behaviour this package follows.
HTTPD = (2, 4, 71)

_VERSION = re.compile(r"(\d+)(?:\.(\d+)(?:\.(\d+))?)?")
_COMPARISONS: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    "=": lambda ours, theirs: ours == theirs,
    "==": lambda ours, theirs: ours == theirs,
    ">": lambda ours, theirs: ours > theirs,
    ">=": lambda ours, theirs: ours >= theirs,
    "<": lambda ours, theirs: ours < theirs,
    "<=": lambda ours, theirs: ours <= theirs,
}


def holds(words: Sequence[str]) -> bool:
    """Whether the condition in ``words``, the closing ``>`` included, is true. Raises Refused in httpd's words."""
    operator, version = _operator_and_version(words)
    negated = operator.startswith("!")
    bare = operator[negated:]
    return _compare(bare, version, operator) is not negated


def _operator_and_version(words: Sequence[str]) -> tuple[str, str]:
    if not 1 <= len(words) <= 3:
        raise Refused(
            "<IfVersion takes one, two or three arguments, a comparison operator, a version (and a delimiter)"
        )
    operator, version = (words[0], words[1]) if len(words) > 1 else ("=", words[0])
    bracket = words[2] if len(words) == 3 else ""
    if version == ">" and not bracket:  # the bracket stands alone after a quoted version
        operator, version, bracket = "=", operator, ">"
    if not version or (bracket != ">" and not version.endswith(">")):
        raise Refused("<IfVersion> directive missing closing '>'", "missing-closing-bracket")
    return operator, version if bracket == ">" else version[:-1]


def _compare(operator: str, version: str, written: str) -> bool:
    ours = ".".join(map(str, HTTPD))
    if operator == "~":
        return _search(version, ours)
    if operator not in _COMPARISONS:
        raise Refused(f"unrecognized operator '{written}'")
    if operator in ("=", "==") and version.startswith("/"):
        if len(version) < 2 or not version.endswith("/"):
            raise Refused("Missing delimiting / of regular expression.")
        return _search(version[1:-1], ours)
    match = _VERSION.fullmatch(version)
    if not match:
        raise Refused(
            "Version appears to be invalid. It must have the format major[.minor[.patch]] "
            "where major, minor and patch are numbers."
        )
    return _COMPARISONS[operator](HTTPD, tuple(int(part or 0) for part in match.groups()))


def _search(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error as error:
        raise Refused("Unable to compile regular expression") from error
