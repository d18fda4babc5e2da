"""The values that directives of many modules have: numbers in a range, one word of several, files.

Each function makes a ``parse`` (or ``parse_in``) out of httpd's refusal; ``%s`` in it stands for the word.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from apacheconf.modules.declare import NotHere, Parse, ParseIn, Scope, ValueRefused
from apacheconf.modules.proxy_parameters import atoi, seconds_of


def refused(refusal: str, word: str, number: int = 0) -> ValueRefused:
    return ValueRefused(refusal.replace("%s", word), number)


def number(refusal: str, least: int | None = None, most: int | None = None) -> Parse:
    """A number as C's atoi reads it (ARG-17)."""

    def parse(words: Sequence[str]) -> int:
        found = atoi(words[0])
        if (least is not None and found < least) or (most is not None and found > most):
            raise refused(refusal, words[0])
        return found

    return parse


def whole(refusal: str, least: int = 0) -> Parse:
    """A number that must be nothing but digits."""

    def parse(words: Sequence[str]) -> int:
        digits = words[0].removeprefix("-") if least < 0 else words[0]
        if not digits.isdigit() or not least <= int(words[0]) < 1 << 63:
            raise refused(refusal, words[0])
        return int(words[0])

    return parse


def choice(refusal: str, *choices: str) -> Parse:
    """One of ``choices`` in any case, in the spelling given here."""
    return lambda words: one_of(words[0], choices, refusal)


def one_of(word: str, choices: Sequence[str], refusal: str, at: int = 0) -> str:
    for each in choices:
        if each.lower() == word.lower():
            return each
    raise refused(refusal, word, at)


def switch(refusal: str) -> Parse:
    """On or Off where httpd's table has one word instead of a FLAG."""
    chosen = choice(refusal, "on", "off")
    return lambda words: chosen(words) == "on"


def duration(refusal: str, unit: str = "s", least: float = 0.0, too_small: str = "") -> Parse:
    """A time with its unit, in seconds."""

    def parse(words: Sequence[str]) -> float:
        seconds = seconds_of(words[0], unit)
        if seconds is None:
            raise refused(refusal, words[0])
        if seconds < least:
            raise refused(too_small or refusal, words[0])
        return seconds

    return parse


def text(refusal_prefix: str, word: int = 0, make: Callable[[Sequence[str]], Any] = lambda words: words[0]) -> ParseIn:
    """A text with variables in it; what is wrong with them is said after the prefix (EXPR-46)."""

    def parse(words: Sequence[str], scope: Scope) -> Any:
        prefix = refusal_prefix.replace("%s", words[word])
        from apacheconf.modules.expressions import check_string  # only here: it costs 20 ms to load

        check_string(words[word], prefix, ssl=scope.has_module("mod_ssl"), word=word)
        return make(words)

    return parse


# --- files ---------------------------------------------------------------------------------------------------


def in_server_root(path: str, scope: Scope) -> str:
    return path if path.startswith("/") else f"{scope.server_root}/{path}"


def file_name(words: Sequence[str], scope: Scope) -> str:
    """A file that httpd looks for when it needs it, as a whole path."""
    return in_server_root(words[0], scope)


def existing_file(name: str, unless: str = "") -> ParseIn:
    """A file with something in it, as a whole path; httpd asks for it while it reads, here its absence is a note."""

    def parse(words: Sequence[str], scope: Scope) -> str:
        if unless and words[-1].startswith(unless):
            return words[-1]
        path = in_server_root(words[-1], scope)
        if not _has_content(path):
            raise NotHere(f"{name}: file '{path}' does not exist or is empty", len(words) - 1, path)
        return path

    return parse


def existing_folder(refusal: str) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> str:
        path = in_server_root(words[0], scope)
        if not is_there(path, Path.is_dir):
            raise NotHere(refusal.replace("%s", path), 0, path)
        return path

    return parse


def _has_content(path: str) -> bool:
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def is_there(path: str, look: Callable[[Path], bool] = Path.exists) -> bool:
    """False too where the path can't be looked at at all."""
    try:
        return look(Path(path))
    except (OSError, ValueError):
        return False


#: The methods that httpd has numbers for.
METHODS = frozenset(
    ("GET", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL", "COPY",
     "MOVE", "LOCK", "UNLOCK", "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE", "LABEL", "REPORT",
     "MKWORKSPACE", "MKACTIVITY", "BASELINE-CONTROL", "MERGE", "HEAD")
)  # fmt: skip
