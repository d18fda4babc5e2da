"""mod_substitute: search and replace in response bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from apacheconf.modules.core_sections import check_regex
from apacheconf.modules.declare import (
    Conf,
    Fate,
    Module,
    Setting,
    ValueRefused,
    child_then_parent,
    parent_then_child,
    setting,
)
from apacheconf.modules.facts import listed


@dataclass(frozen=True, slots=True)
class Substitution:
    """``s/pattern/replacement/flags``; ``n`` in the flags makes the pattern a plain text."""

    pattern: str
    replacement: str
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SubstituteDirConf(Conf):
    """A section's own substitutions come before the inherited ones, unless ``inherit_before`` (DF-6)."""

    module: ClassVar[str] = "mod_substitute"

    substitutions: Setting[tuple[Substitution, ...]] = setting((), child_then_parent)
    max_line_length: Setting[int] = setting(1 << 20)
    inherit_before: Setting[bool] = setting(False)

    def within(self, settings: Mapping[str, Setting[Any]]) -> Self:
        """As for other confs, with the inherited substitutions first where that is said."""
        found, own = super().within(settings), settings.get("substitutions")
        if own is None or not found.inherit_before.value:
            return found
        return replace(found, substitutions=parent_then_child(self.substitutions, own))


def _substitution(words: Sequence[str]) -> Substitution:
    """The delimiter is whatever stands after the ``s``, and nothing escapes it."""
    text = words[0]
    if text[:1].lower() != "s":
        raise ValueRefused("Bad Substitute format, must be an s/// pattern", 0)
    parts = text[2:].split(text[1:2], 2) if len(text) > 2 else []
    if len(parts) < 2 or not parts[0]:
        raise ValueRefused("Bad Substitute format, must be a complete s/// pattern", 0)
    flags = parts[2].lower() if len(parts) > 2 else ""
    if set(flags) - set("infq"):
        raise ValueRefused("Bad Substitute flag, only s///[infq] are supported", 0)
    if "n" not in flags:
        check_regex(parts[0], "Substitute could not compile regex")
    return Substitution(parts[0], parts[1], frozenset(flags))


_SIZE = re.compile(r"(\d+)([bkmg]?)$", re.IGNORECASE)
_FACTORS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LENGTH = (
    "SubstituteMaxLineLength must be a non-negative integer optionally suffixed with 'b', 'k', 'm' or 'g'."
)  # fmt: skip


def _length(words: Sequence[str]) -> int:
    form = _SIZE.match(words[0])
    if form is None:
        raise ValueRefused(_LENGTH, 0)
    return int(form[1]) * _FACTORS[form[2].lower()]


MODULE = Module(
    "mod_substitute",
    dir_conf=SubstituteDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("Substitute", _substitution, per="dir", fills="substitutions", appends=True),
        listed("SubstituteMaxLineLength", _length, per="dir", fills="max_line_length"),
        listed("SubstituteInheritBefore", per="dir", fills="inherit_before"),
    ],
)
