"""mod_ratelimit: the filter RATE_LIMIT, which variables tell how fast an answer may leave. It has no directives."""

from __future__ import annotations

from apacheconf.modules.declare import Fate, Module

MODULE = Module("mod_ratelimit", fate=Fate.SERVED)
