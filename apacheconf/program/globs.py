"""Shell patterns as httpd's sections read them (apr_fnmatch): ``*`` and ``?``, ``[...]``, a backslash escapes."""

from __future__ import annotations

import re
from functools import lru_cache


def is_glob(text: str) -> bool:
    """Whether httpd treats ``text`` as a pattern: it holds ``*``, ``?`` or a bracket pair (LOC-4)."""
    return "*" in text or "?" in text or ("[" in text and "]" in text[text.index("[") :])


def glob_matches(text: str, pattern: str, crosses_slash: bool = False, ignore_case: bool = False) -> bool:
    """Whether the whole of ``text`` matches; unless ``crosses_slash``, a wildcard stops at a slash (LOC-4)."""
    return _compiled(pattern, crosses_slash, ignore_case).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, crosses_slash: bool, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(glob_regex(pattern, crosses_slash), re.DOTALL | (re.IGNORECASE | re.ASCII if ignore_case else 0))


def glob_regex(pattern: str, crosses_slash: bool = False) -> str:
    """The regular expression of a shell pattern, without anchors."""
    any_char = "." if crosses_slash else "[^/]"
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == "*":
            out.append(any_char + "*")
        elif char == "?":
            out.append(any_char)
        elif end > 0:
            inner = pattern[at + 1 : end].replace("\\", "\\\\")
            out.append(f"[{'^' + inner[1:] if inner[0] in '!^' else inner}]")
            at = end
        else:
            at += char == "\\" and at + 1 < len(pattern)
            out.append(re.escape(pattern[at]))
        at += 1
    return "".join(out)
