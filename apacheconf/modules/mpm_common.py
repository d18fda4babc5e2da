"""What the MPMs share: Listen (mod_mpm_event, mod_mpm_worker and mod_mpm_prefork all have it).

Their process and thread numbers are for a server of processes and threads and have no effect in one that is
neither; only the sockets matter here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import SERVER, Args, Conf, Fate, Module, Parse, Setting, Spec, ValueRefused, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.values import number


@dataclass(frozen=True, slots=True)
class Listen:
    """A socket to listen on: ``host`` None for all addresses; ``protocol`` ``http`` or ``https`` (VH-6)."""

    host: str | None
    port: int
    protocol: str
    inferred: bool = False


@dataclass(frozen=True)
class ListenConf(Conf):
    module: ClassVar[str] = "mpm_common"

    listen: Setting[tuple[Listen, ...]] = setting(())
    backlog: Setting[int] = setting(511)


_FORM = re.compile(r"(?:(?P<host>.*):)?(?P<port>\d+)$", re.DOTALL)


def listen(words: Sequence[str]) -> Listen:
    """VH-1 to VH-6. Names are kept as they are written: nothing is resolved here."""
    if not 1 <= len(words) <= 2 or list(words) == [""]:
        raise ValueRefused("Listen requires 1 or 2 arguments.")
    form = _FORM.match(words[0])
    if not words[0] or re.match(r"\[[^]]*$", words[0]):
        raise ValueRefused("Invalid address or port", 0)
    if words[0].startswith(":") and form is not None and not form["host"]:
        raise ValueRefused("Invalid address or port", 0)
    if form is None:
        raise ValueRefused("Port must be specified", 0)
    port = int(form["port"])
    if not 1 <= port <= 65535:
        raise ValueRefused("Invalid address or port", 0)
    host = (form["host"] or "*").strip("[]") if form["host"] != "[]" else ""
    protocol = words[1].lower() if len(words) == 2 else "https" if port == 443 else "http"
    return Listen(None if host == "*" else host, port, protocol)


def _buffer(name: str) -> Parse:
    def parse(words: Sequence[str]) -> int:
        size = atoi(words[0])
        if size < 512 and size:
            raise ValueRefused(f"{name} must be >= 512 bytes, or 0 for system default.", 0)
        return size

    return parse


def _worker_factor(words: Sequence[str]) -> float:
    form = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", words[0])
    if form is None:
        raise ValueRefused("error parsing value", 0)
    if float(form[0]) <= 0:
        raise ValueRefused("AsyncRequestWorkerFactor argument must be a positive number", 0)
    return float(form[0])


MODULE = Module(
    "mpm_common",
    server_conf=ListenConf,
    fate=Fate.NO_EFFECT,
    directives=[
        Spec(
            "Listen", Args.TAKE_ARGV, SERVER, fills="listen", parse=listen, appends=True, fate=Fate.SERVED,
            help="A port number or a numeric IP address and a port number, and an optional protocol",
        ),
        listed("ListenBackLog", number("ListenBacklog must be > 0", 1), fills="backlog", fate=Fate.SERVED),
        listed("ListenCoresBucketsRatio", number("ListenCoresBucketsRatio must be > 0", 1)),
        listed("ListenTCPDeferAccept", number("ListenTCPDeferAccept must be > 0", 1)),
        listed("ReceiveBufferSize", _buffer("ReceiveBufferSize")),
        listed("SendBufferSize", _buffer("SendBufferSize")),
        listed("AsyncRequestWorkerFactor", _worker_factor),
    ],
)  # fmt: skip
