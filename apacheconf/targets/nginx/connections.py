"""Which kept connections a request may get: nginx takes any of its upstream, whatever was agreed on when it was made.

A connection over TLS was made for one name, with one certificate shown and one list of authorities asked. httpd ends it
when the next request needs another name (TB-7), and hosts with other settings have workers of their own. So locations
share an upstream only where they agree on all of it, and one that asks for the client's Host keeps no connection.
"""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.program.tls import OriginTls
from apacheconf.program.workers import Origin
from apacheconf.targets.origin_tls import settings_of
from apacheconf.targets.routes import Route, members
from apacheconf.targets.upgrades import SECURE


@dataclass(frozen=True, slots=True)
class Connections:
    """What connections with an origin have agreed on: ``tls`` is None where they are plain; some are ``kept``."""

    tls: OriginTls | None = None
    kept: bool = True


PLAIN = Connections()


def connections_of(route: Route, origin: Origin) -> Connections:
    """What the connections of a route that an origin answers have to be like."""
    workers = members(origin)
    if not workers or not SECURE.get(workers[0].scheme, False):
        return PLAIN
    return Connections(settings_of(route)[0], route.keep_host is None)
