"""Regular expressions as httpd has them: PCRE2 over bytes, searched unanchored (EXPR-7, RW-3)."""

from __future__ import annotations

from functools import lru_cache

from apacheconf.program.conditions import Regex


def search(regex: Regex, text: str) -> tuple[str | None, ...] | None:
    """The groups of an unanchored search, group 0 first; None when there is no match."""
    found = _compiled(regex).search(text.encode("latin-1", "replace"))
    if found is None:
        return None
    return tuple(None if group is None else group.decode("latin-1") for group in (found.group(0), *found.groups()))


def span(regex: Regex, text: str) -> tuple[int, int]:
    """Where the first match begins and ends; there must be one."""
    start, end = _compiled(regex).search(text.encode("latin-1", "replace")).span()
    return start, end


def count_groups(regex: Regex) -> int:
    """How many groups capture: ``(?:a)`` and ``[(]`` are none."""
    found: int = _compiled(regex).groups
    return found


def captures(regex: Regex) -> bool:
    """Whether a group captures."""
    return count_groups(regex) > 0


def group_names(regex: Regex) -> dict[str, int]:
    """The named groups with their numbers."""
    names: dict[str, int] = _compiled(regex).groupindex
    return names


#: PCRE2_DOLLAR_ENDONLY: httpd's defaults are that $ matches at the very end alone, and a dot line ends too.
DOLLAR_ENDONLY = 0x10


@lru_cache(maxsize=4096)
def _compiled(regex: Regex):  # type: ignore[no-untyped-def]  # pcre2 ships no types for its patterns
    import pcre2

    # Bytes, as httpd has them: \w and what is compared without case mean ASCII alone.
    always = pcre2.DOTALL | DOLLAR_ENDONLY
    pattern = regex.pattern.encode("latin-1", "replace")
    # Its compiler to machine code (10.47) misses a match of ``a? [ab]{0,2}`` in a text of one blank.
    return pcre2.compile(pattern, always | (pcre2.IGNORECASE if regex.ignore_case else 0), jit=False)
