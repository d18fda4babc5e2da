"""Health checks of members as data (HC-1 to HC-12): what is asked, how often, and what counts as healthy."""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.program.conditions import Condition
from apacheconf.program.tls import NO_TLS, OriginTls


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """``method`` is httpd's word (``GET11``), ``interval`` is in seconds.

    ``passes`` successes take a member back, ``fails`` failures take it out. ``condition`` decides where one is
    named (``expression``); one that can't be evaluated is None, and ``unknown`` says why. ``tls`` is the server's
    way of TLS for a member that asks for it.
    """

    method: str
    interval: float = 30.0
    passes: int = 1
    fails: int = 1
    uri: str = ""
    expression: str = ""
    condition: Condition | None = None
    unknown: str = ""
    tls: OriginTls = NO_TLS
