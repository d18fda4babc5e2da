"""mod_watchdog: the clock of other modules."""

from __future__ import annotations

from apacheconf.modules.declare import Fate, Module
from apacheconf.modules.facts import listed
from apacheconf.modules.values import duration

_INTERVAL = duration(
    "Unparse-able WatchdogInterval setting", least=0.1, too_small="Invalid WatchdogInterval: minimal value 100ms"
)

MODULE = Module("mod_watchdog", fate=Fate.NO_EFFECT, directives=[listed("WatchdogInterval", _INTERVAL)])
