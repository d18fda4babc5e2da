"""Patterns over the whole path that ask for no more than one path, or than the name in which it ends."""

from __future__ import annotations

import re
from functools import lru_cache

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search

#: A path that ends in one name, and patterns that look at no more than the last name of a path.
_ONE_NAME = re.compile(r"/((?:[\w-]|\\[^\w\s])+)\$")
_ONE_PATH = re.compile(r"\^(/(?:[\w/-]|\\[^\w\s])*)\$")
_OF_LAST_NAME = re.compile(rf"/\(\?=\[\^/\]\*\$\)|[^/^]+\$\Z|{_ONE_NAME.pattern}\Z")


@lru_cache(maxsize=4096)
def path_in(regex: Regex) -> str | None:
    """The one path that a regex stands for."""
    found = _ONE_PATH.fullmatch(regex.pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


@lru_cache(maxsize=4096)
def name_in(regex: Regex) -> str | None:
    """The one name in which each path ends that a regex matches."""
    found = _ONE_NAME.fullmatch(regex.pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def asks_last_name(regex: Regex) -> bool:
    """Whether a regex looks at no more than the last name of a path."""
    return _OF_LAST_NAME.match(regex.pattern) is not None


def matches_all_of(regex: Regex, path: str | None, name: str) -> bool:
    """Whether a regex matches a path, or every one that ends in ``name`` as it looks at no more."""
    if path is not None:
        return search(regex, path) is not None
    return asks_last_name(regex) and search(regex, f"/{name}") is not None
