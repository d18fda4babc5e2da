"""http_core (``http_module``): keep-alive with the client."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import SERVERS, Conf, Fate, Module, Setting, ValueRefused, flag, setting, take1
from apacheconf.modules.proxy_parameters import atoi, seconds_of


@dataclass(frozen=True)
class HttpServerConf(Conf):
    """``keep_alive_timeout`` in seconds; ``max_keep_alive_requests`` 0 means no end."""

    module: ClassVar[str] = "http_core"

    keep_alive: Setting[bool] = setting(True)
    keep_alive_timeout: Setting[float] = setting(5.0)
    max_keep_alive_requests: Setting[int] = setting(100)


def _timeout(words: Sequence[str]) -> float:
    seconds = seconds_of(words[0], "s")
    if seconds is None:
        raise ValueRefused("KeepAliveTimeout has wrong format", 0)
    return seconds


MODULE = Module(
    "http_core",
    server_conf=HttpServerConf,
    fate=Fate.SERVED,
    directives=[
        flag("KeepAlive", SERVERS, "keep_alive"),
        take1("KeepAliveTimeout", SERVERS, "keep_alive_timeout", parse=_timeout),
        take1("MaxKeepAliveRequests", SERVERS, "max_keep_alive_requests", parse=lambda words: atoi(words[0])),
    ],
)
