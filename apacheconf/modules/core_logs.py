"""The values of LogLevel and ErrorLogFormat, refused as httpd does, and how formats are inherited."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.modules.declare import Scope, Setting, ValueRefused
from apacheconf.modules.values import one_of

_LEVELS = frozenset(
    ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", *(f"trace{n}" for n in range(1, 9)))
)
_LEVEL = "Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8"
_ITEM = re.compile(r"%(?:[%\s]|[-+0-9]*(?:\{[^}]*\}[-+0-9]*)?(?P<letter>.?))", re.DOTALL)
_LETTERS = frozenset("aAeEFiklLmMnPtTvV")
Formats = tuple[tuple[str, ...], ...]


def log_levels(words: Sequence[str], scope: Scope) -> tuple[tuple[str, str], ...]:
    """Module (empty: all) and level of each word, in their order (ARG-27)."""
    found: list[tuple[str, str]] = []
    for number, word in enumerate(words):
        module, colon, level = word.rpartition(":")
        if colon and not level:
            raise ValueRefused(f"Module specifier '{module}' must be followed by a log level keyword", number)
        if level.lower() not in _LEVELS:
            raise ValueRefused(f"{word}: {_LEVEL}" if colon else _LEVEL, number)
        name = "mod_" + re.sub(r"^mod_|\.c$|_module$", "", module)
        if colon and not scope.has_module(name) and not scope.has_module(module.removesuffix(".c")):
            raise ValueRefused(f"Cannot find module {module}", number)
        found.append((module, level.lower()))
    return tuple(found)


def error_format(words: Sequence[str]) -> tuple[str, ...]:
    """The format of whole lines, or behind ``connection`` or ``request`` of what precedes the first line of each."""
    once = len(words) > 1
    if once:
        one_of(words[0], ("request", "connection"), "ErrorLogFormat type must be one of request, connection")
    letters = [found["letter"] for found in _ITEM.finditer(words[-1]) if found["letter"] is not None]
    for letter in letters:
        if not letter or letter == "{":
            raise ValueRefused("Ran off end of error log format parsing args to some directive", len(words) - 1)
        if letter not in _LETTERS:
            raise ValueRefused(f"Unrecognized error log format directive %{letter}", len(words) - 1)
        if once and letter == "M":
            raise ValueRefused("%M cannot be used in once-per-request or once-per-connection formats", 1)
    if not once and "M" not in letters:
        raise ValueRefused("main ErrorLogFormat must contain message format string '%M'", 0)
    return tuple(words)


def kind_of(words: tuple[str, ...]) -> str:
    """What a format is for: ``connection``, ``request``, or empty for messages."""
    return words[0].lower() if len(words) > 1 else ""


def formats_by_kind(parent: Setting[Formats], child: Setting[Formats]) -> Setting[Formats]:
    """Formats of one kind take the place of the parent's of that kind."""
    own = {kind_of(words) for words in child.value}
    kept = [(words, by) for words, by in zip(*parent, strict=True) if kind_of(words) not in own]
    return Setting((*(words for words, _ in kept), *child.value), (*(by for _, by in kept), *child.said_by))
