"""mod_unique_id: a variable, UNIQUE_ID, that is another one for each request. It has no directives."""

from __future__ import annotations

from apacheconf.modules.declare import Fate, Module

MODULE = Module("mod_unique_id", fate=Fate.SERVED)
