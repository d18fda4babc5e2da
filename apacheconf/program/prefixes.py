"""Paths under a prefix: how sections compare them, and how mappings and aliases do (LOC-1, PP-3 to PP-5)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.program.conditions import Under

_PARTS = re.compile(r"/+|[^/]+")
_SLASHES = re.compile(r"//+")


def lies_under(path: str, prefix: str) -> bool:
    """Segment-boundary prefix test (LOC-1): ``/app`` holds for ``/app`` and ``/app/x``, not ``/appx``."""
    if not path.startswith(prefix):
        return False
    return len(path) == len(prefix) or prefix.endswith("/") or path[len(prefix)] == "/"


def prefixes_of(path: str) -> Iterator[str]:
    """Every prefix that ``path`` lies under, from the shortest one on."""
    for end in range(len(path) + 1):
        if path[end : end + 1] in ("/", "") or path[end - 1 : end] == "/":
            yield path[:end]


def one_slash(path: str) -> str:
    """Every run of slashes as one."""
    return _SLASHES.sub("/", path) if "//" in path else path


def taken(path: str, prefix: str) -> int:
    """How many characters of a path a mapping's prefix takes, 0 where it doesn't match (``alias_match``).

    As many slashes as there are match one or more of the prefix (PP-5).
    """
    if "//" not in path and "//" not in prefix:
        return len(prefix) if prefix and lies_under(path, prefix) else 0
    at = 0
    for part in _PARTS.findall(prefix):
        if part[0] != "/":
            if not path.startswith(part, at):
                return 0
            at += len(part)
            continue
        begin, at = at, len(path) - len(path[at:].lstrip("/"))
        if at == begin:
            return 0
    return at if prefix.endswith("/") or path[at : at + 1] in ("", "/") else 0


def under(prefix: str) -> Under:
    """The condition that a mapping's prefix takes something of the request's path."""
    return Under(one_slash(prefix), as_mapping=True)
