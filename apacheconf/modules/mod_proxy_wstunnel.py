"""mod_proxy_wstunnel: whether it leaves ws:// and wss:// to mod_proxy_http, as it does by itself (WS-6)."""

from __future__ import annotations

from apacheconf.modules.declare import Fate, Module
from apacheconf.modules.facts import flags

MODULE = Module(
    "mod_proxy_wstunnel", fate=Fate.REFUSED, directives=flags("ProxyWebsocketFallbackToProxyHttp", fate=Fate.SERVED)
)
