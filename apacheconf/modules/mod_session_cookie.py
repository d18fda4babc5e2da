"""mod_session_cookie: sessions in a cookie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Parse, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed


@dataclass(frozen=True)
class SessionCookieDirConf(Conf):
    """A cookie is its name and its attributes as written; ``cookie2`` is sent by Set-Cookie2."""

    module: ClassVar[str] = "mod_session_cookie"

    cookie: Setting[tuple[str, str]] = setting(("", ""))
    cookie2: Setting[tuple[str, str]] = setting(("", ""))
    remove: Setting[bool] = setting(False)


def _cookie(directive: str) -> Parse:
    def parse(words: Sequence[str]) -> tuple[str, str]:
        name = words[0] if words else ""
        if not words or "=" in name or "&" in name:
            raise ValueRefused(f"{directive} cannot be empty, or contain '=' or '&'.", 0 if words else None)
        return name, " ".join(words[1:])

    return parse


MODULE = Module(
    "mod_session_cookie",
    dir_conf=SessionCookieDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("SessionCookieName", _cookie("SessionCookieName"), per="dir", fills="cookie"),
        listed("SessionCookieName2", _cookie("SessionCookieName2"), per="dir", fills="cookie2"),
        listed("SessionCookieRemove", per="dir", fills="remove"),
    ],
)
