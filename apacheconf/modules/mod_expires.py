"""mod_expires: the Expires and Cache-Control headers by content type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, by_key, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.syntax.words import split


@dataclass(frozen=True, slots=True)
class Expiry:
    """So many seconds after the access, or after the file's last modification."""

    seconds: int
    since_modification: bool = False


@dataclass(frozen=True)
class ExpiresDirConf(Conf):
    """``by_type`` maps a content type (``text/*`` too) to its expiry; a section's own win type by type."""

    module: ClassVar[str] = "mod_expires"

    active: Setting[bool] = setting(False)
    by_type: Setting[dict[str, Expiry]] = setting({}, by_key)
    default: Setting[Expiry | None] = setting(None)


#: The beginnings of the units that httpd compares, and their seconds.
_UNITS = {
    "y": 31536000, "mo": 2592000, "w": 604800, "d": 86400, "h": 3600, "mi": 60, "s": 1,
}  # fmt: skip


def _expiry(code: str, line: str) -> Expiry:
    """``A3600``, ``M60``, or ``access plus 1 month 2 days``. A capital A or M begins a number, whatever follows."""
    if code[:1] in ("A", "M"):
        return Expiry(atoi(code[1:]), code[0] == "M")
    words = split(code)
    base = words[0][:1].lower() if words else ""
    if base not in ("n", "a", "m"):
        raise _bad(line, f"unrecognised <base> '{words[0] if words else ''}'")
    words = words[2:] if words[1:] and words[1][:1].lower() == "p" else words[1:]
    return Expiry(_seconds(words, line), base == "m")


def _seconds(words: Sequence[str], line: str) -> int:
    total = 0
    for at in range(0, len(words), 2):
        if not words[at][:1].isdigit():
            raise _bad(line, f"numeric value expected <num> '{words[at]}'")
        if at + 1 == len(words):
            raise _bad(line, "missing <type>")
        unit = next((seconds for begin, seconds in _UNITS.items() if words[at + 1].lower().startswith(begin)), None)
        if unit is None:
            raise _bad(line, f"unrecognised <type>'{words[at + 1]}'")
        total += atoi(words[at]) * unit
    return total


def _bad(line: str, why: str) -> ValueRefused:
    return ValueRefused(f"'{line}': bad expires code, {why}", line.startswith("ExpiresByType"))


def _by_type(words: Sequence[str]) -> dict[str, Expiry]:
    if "/" not in words[0]:
        raise ValueRefused("Invalid mimetype: should contain a slash", 0)
    return {words[0].lower(): _expiry(words[1], f"ExpiresByType {words[0]} {words[1]}")}


def _default(words: Sequence[str]) -> Expiry:
    return _expiry(words[0], f"ExpiresDefault {words[0]}")


MODULE = Module(
    "mod_expires",
    dir_conf=ExpiresDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("ExpiresActive", per="dir", fills="active"),
        listed("ExpiresByType", _by_type, per="dir", fills="by_type"),
        listed("ExpiresDefault", _default, per="dir", fills="default"),
    ],
)
