"""mod_session: what a client carries from one request to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, first_word, parent_then_child, setting
from apacheconf.modules.facts import flags, listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.values import number

_INTERVAL = "SessionExpiryUpdateInterval must be zero (disable) or a positive value"


@dataclass(frozen=True)
class SessionDirConf(Conf):
    """``max_age`` in seconds, 0 for no end; paths are prefixes of the URI."""

    module: ClassVar[str] = "mod_session"

    enabled: Setting[bool] = setting(False)
    max_age: Setting[int] = setting(0)
    header: Setting[str] = setting("")
    includes: Setting[tuple[str, ...]] = setting((), parent_then_child)
    excludes: Setting[tuple[str, ...]] = setting((), parent_then_child)


MODULE = Module(
    "mod_session",
    dir_conf=SessionDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("Session", per="dir", fills="enabled"),
        listed("SessionMaxAge", lambda words: atoi(words[0]), per="dir", fills="max_age"),
        listed("SessionHeader", first_word, per="dir", fills="header"),
        listed("SessionInclude", first_word, per="dir", fills="includes", appends=True),
        listed("SessionExclude", first_word, per="dir", fills="excludes", appends=True),
        listed("SessionExpiryUpdateInterval", number(_INTERVAL, 0)),
        *flags("SessionEnv"),
    ],
)
