"""mod_allowmethods: which request methods a section allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import METHODS


@dataclass(frozen=True)
class AllowMethodsDirConf(Conf):
    """Empty allows every method (``reset``)."""

    module: ClassVar[str] = "mod_allowmethods"

    methods: Setting[frozenset[str]] = setting(frozenset())


def _methods(words: Sequence[str]) -> frozenset[str]:
    if not words or not words[0]:
        raise ValueRefused("AllowMethods: No method or 'reset' keyword given")
    if len(words) == 1 and words[0].lower() == "reset":
        return frozenset()
    for number, word in enumerate(words):
        if word not in METHODS:
            raise ValueRefused(f"AllowMethods: Invalid Method '{word}'", number)
    return frozenset(words)


MODULE = Module(
    "mod_allowmethods",
    dir_conf=AllowMethodsDirConf,
    fate=Fate.SERVED,
    directives=served([listed("AllowMethods", _methods, per="dir", fills="methods", restricts=True)]),
)
