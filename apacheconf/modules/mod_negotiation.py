"""mod_negotiation: which language of a document a client gets."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import flags, listed


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
    fate=Fate.REFUSED,
    directives=[
        *flags("CacheNegotiatedDocs"),
        listed("LanguagePriority", tuple),
        listed("ForceLanguagePriority", _force),
    ],
)
