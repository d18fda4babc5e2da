"""Regexes that targets share; nginx and HAProxy both read PCRE."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from apacheconf.program.conditions import Regex

_SPECIAL = re.compile(r"([\\.^$|?*+()\[\]{}])")
_WILD = {"*": ".*", "?": ".", ".": r"\."}

#: The names that httpd takes as a Host (section 6.5 of config-language.md): labels of letters, digits, ``-`` and
#: ``_``; no two dots in a row; a last label that starts with a digit only in a dotted quad; IPv6 in brackets; a
#: port from 1 to 65535.
_PORT = r"(?::0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?"
_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_NAME = rf"(?!\S*\.\.)(?:{_OCTET}(?:\.{_OCTET}){{3}}\.?|[\w.-]*(?<![\w-])(?!\d)[\w-]+\.?)"
GOOD_HOST = rf"(?:{_NAME}|\[[0-9a-fA-F:.]+\]){_PORT}"

#: Groups without others in them, and the signs at a pattern's start that stand for themselves.
_GROUP = re.compile(r"\[(?:\\.|[^\]\\])*\]|\((?:\\.|\[(?:\\.|[^\]\\])*\]|[^()\\])*\)")
_START = re.compile(r"(?:(?:[\w/~%!@&=:;,<>\"' -]|\\[^\w\s])(?![?*{]))*", re.ASCII)


def escape(text: str) -> str:
    """``text`` as a regex, escaping only what needs it."""
    return _SPECIAL.sub(r"\\\1", text)


@lru_cache(maxsize=4096)
def literal_start(regex: Regex) -> str | None:
    """The text that all begins with that a pattern matches; None where it has no anchor or doesn't tell."""
    pattern = regex.pattern
    if not pattern.startswith("^") or "|" in _GROUP.sub("", pattern) or regex.ignore_case or "(?i" in pattern:
        return None
    found = _START.match(pattern, 1)
    assert found is not None
    return re.sub(r"\\(.)", r"\1", found[0])


#: Words, one of which follows; none of them repeated or left out.
_ONE_OF = re.compile(rf"\((?:\?:)?({_START.pattern}(?:\|{_START.pattern})+)\)(?![?*{{])", re.ASCII)


@lru_cache(maxsize=4096)
def literal_starts(regex: Regex) -> tuple[str, ...]:
    """The texts with one of which all begins that a pattern matches; none where it doesn't tell."""
    start = literal_start(regex)
    if start is None:
        return ()
    found = _START.match(regex.pattern, 1)
    assert found is not None
    words = _ONE_OF.match(regex.pattern, found.end())
    return (start,) if words is None else tuple(start + re.sub(r"\\(.)", r"\1", each) for each in words[1].split("|"))


def starts_with(regex: Regex, text: str) -> bool:
    """Whether the pattern is nothing but how a value begins, and ``text`` begins so."""
    start = literal_start(regex)
    return bool(start) and regex.pattern == f"^{escape(start or '')}" and text.startswith(start or "")


def prefix_regex(prefix: str) -> str:
    """LOC-1 as a regex: ``/app`` ends at a segment, ``/app/`` does not hold for the bare form."""
    return f"^{escape(prefix)}" if prefix.endswith("/") else f"^{escape(prefix)}(?:/|$)"


def wildcard_regex(pattern: str) -> str:
    """A wildcard alias as a regex."""
    return "".join(_WILD.get(c, c) for c in pattern)


def starting_with(urls: Sequence[str], rest: str, one_slash: bool = False) -> str:
    """Values that start with one of the URLs (RV-3), then a slash if there is one, then ``rest``, a group.

    A URL without scheme and authority is compared to the path of any (RV-6). The reader adds that letters match
    in either case.
    """
    texts = [("(?:[a-z]+://[^/]+)?" if url.startswith("/") else "") + escape(url) for url in urls]
    any_of_them = texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"
    return f"^{any_of_them}{'/?' if one_slash else ''}{rest}$"
