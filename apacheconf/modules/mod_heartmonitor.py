"""mod_heartmonitor: where the beats of members are kept, which mod_lbmethod_heartbeat reads (LB-21)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed

#: Where beats are where nobody says another place, below ServerRoot.
STORAGE = "logs/hb.dat"


@dataclass(frozen=True)
class HeartbeatServerConf(Conf):
    module: ClassVar[str] = "mod_heartmonitor"

    storage: Setting[str] = setting(STORAGE)


MODULE = Module(
    "mod_heartmonitor",
    server_conf=HeartbeatServerConf,
    fate=Fate.NO_EFFECT,
    directives=[
        listed("HeartbeatStorage", lambda words: words[0], fills="storage", fate=Fate.SERVED),
        listed("HeartbeatListen", fate=Fate.REFUSED),
    ],
)
