"""mod_logio: bytes of connections in logs, and when the first one of an answer was sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed


@dataclass(frozen=True)
class LogioDirConf(Conf):
    module: ClassVar[str] = "mod_logio"

    track_ttfb: Setting[bool] = setting(False)


MODULE = Module(
    "mod_logio",
    dir_conf=LogioDirConf,
    fate=Fate.NO_EFFECT,
    directives=[listed("LogIOTrackTTFB", per="dir", fills="track_ttfb", fate=Fate.SERVED)],
)
