"""mod_dir: what a folder's URL means, and the resource that answers where no file is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi


@dataclass(frozen=True)
class DirDirConf(Conf):
    """``index_redirect`` is a status, 0 for none; ``fallback`` is empty when nothing falls back (MRG-33)."""

    module: ClassVar[str] = "mod_dir"

    index: Setting[tuple[str, ...]] = setting(())
    index_redirect: Setting[int] = setting(0)
    slash: Setting[bool] = setting(True)
    check_handler: Setting[bool] = setting(False)
    fallback: Setting[str] = setting("")


_REDIRECTS = {"on": 302, "off": 0, "permanent": 301, "temp": 302, "seeother": 303}


def _redirect(words: Sequence[str]) -> int:
    word = words[0].lower()
    if word in _REDIRECTS:
        return _REDIRECTS[word]
    if not word[0].isdigit():
        raise ValueRefused("DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx", 0)
    status = atoi(word)
    if not 300 <= status <= 399:
        raise ValueRefused("DirectoryIndexRedirect only accepts values between 300 and 399", 0)
    return status


def _fallback(words: Sequence[str]) -> str:
    return "" if words[0].lower() == "disabled" else words[0]


MODULE = Module(
    "mod_dir",
    dir_conf=DirDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("DirectoryIndex", tuple, per="dir", fills="index", extends=True),
        listed("DirectoryIndexRedirect", _redirect, per="dir", fills="index_redirect"),
        listed("DirectorySlash", per="dir", fills="slash"),
        listed("DirectoryCheckHandler", per="dir", fills="check_handler"),
        listed("FallbackResource", _fallback, per="dir", fills="fallback"),
    ],
)
