"""mod_negotiation: which language of a document a client gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, setting
from apacheconf.modules.facts import flags, listed


@dataclass(frozen=True)
class NegotiationDirConf(Conf):
    """``priority`` are languages in their order; ``force`` the words of ForceLanguagePriority in lower case."""

    module: ClassVar[str] = "mod_negotiation"

    priority: Setting[tuple[str, ...]] = setting(())
    force: Setting[tuple[str, ...]] = setting(("prefer",))


def _force(words: Sequence[str]) -> tuple[str, ...]:
    met: list[str] = []
    for number, word in enumerate(words):
        low = word.lower()
        if low == "none" and met:
            raise ValueRefused("Cannot combine ForceLanguagePriority options with None", number)
        if low not in ("none", "prefer", "fallback"):
            raise ValueRefused(f"Invalid ForceLanguagePriority option {word}", number)
        if "none" in met:
            raise ValueRefused(f"Cannot combine ForceLanguagePriority options None and {word}", number)
        met.append(low)
    return tuple(met)


MODULE = Module(
    "mod_negotiation",
    dir_conf=NegotiationDirConf,
    fate=Fate.REFUSED,
    directives=[
        *flags("CacheNegotiatedDocs"),
        listed("LanguagePriority", tuple, per="dir", fills="priority", extends=True),
        listed("ForceLanguagePriority", _force, per="dir", fills="force"),
    ],
)
