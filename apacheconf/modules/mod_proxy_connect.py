"""mod_proxy_connect: which ports a forward proxy connects to. There is no forward proxy here; the ports are checked."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import listed


def _ports(words: Sequence[str]) -> tuple[str, ...]:
    for number, word in enumerate(words):
        if not word[0].isdigit():
            raise ValueRefused("AllowCONNECT: port numbers must be numeric", number)
        for port in word.split("-", 1):
            if not port.isdigit():
                raise ValueRefused(f"Cannot parse '{port}' as port number", number)
    return tuple(words)


MODULE = Module("mod_proxy_connect", fate=Fate.REFUSED, directives=[listed("AllowCONNECT", _ports)])
