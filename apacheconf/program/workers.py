"""Origins: workers and balancers after httpd's sharing of workers (WK-1 to WK-5).

Apache's words: a *worker* is one origin with its parameters, a *member* a worker in a balancer.
All durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.ledger import Written
from apacheconf.program.health import HealthCheck


@dataclass(frozen=True, slots=True)
class Member:
    """What a worker is to its balancer (WP-19 to WP-23); ``status`` holds the flag letters of LB-22."""

    loadfactor: int = 100  # in hundredths, as httpd keeps it (WP-19)
    lbset: int = 0
    route: str = ""
    redirect: str = ""
    status: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Worker:
    """One origin: where to connect and how.

    ``name`` is its identity, the URL text with scheme and host lower-cased and a default port dropped (WK-1).
    ``host`` and ``port`` are where to connect; ``socket`` a Unix socket instead (UN-1). ``path`` is what the
    member URL itself carries. ``retry`` is how long an error keeps it out. ``said_by`` are the directives that
    made it. ``ping`` is the wait for 100 Continue (0: nobody is asked), ``idle`` how long an unused connection is kept
    (0: for ever), ``address_ttl`` how long a looked-up address holds (-1: for ever). ``tcp_keepalive`` lets the system
    probe idle connections (WP-11), ``receive_buffer`` is how many bytes it keeps of one (WP-16; 0: as it likes).
    ``member`` is set in a balancer; outside of one ``status`` has the flags as given (``-I``: WP-31). ``check`` is a
    member's health check. One that is ``matchable`` has captures in its name, which stand for anything there (WK-5).
    """

    name: str
    scheme: str
    host: str
    port: int
    path: str = ""
    socket: str = ""
    timeout: float | None = None
    connect_timeout: float | None = None
    retry: float = 60.0
    reusable: bool = True
    max_connections: int | None = None
    acquire: float | None = None
    ping: float = 0.0
    idle: float = 0.0
    address_ttl: float = -1.0
    upgrade: tuple[str, ...] = ()
    response_field_size: int = 8192
    tcp_keepalive: bool = False
    receive_buffer: int = 0
    member: Member | None = None
    status: frozenset[str] = frozenset()
    check: HealthCheck | None = None
    matchable: bool = False
    said_by: tuple[Written, ...] = field(default=(), compare=False)

    @property
    def authority(self) -> str:
        """The Host header it gets by default: the port is left out when it is 80 or the scheme's (RQ-10)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port in (80, DEFAULT_PORTS.get(self.scheme)) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Balancer:
    """A balancer and its members in the order they were defined. ``name`` is ``balancer://mycluster``.

    ``beats`` is the file with its members' beats, for lbmethod=heartbeat. The members of one that is ``inherited`` are
    the main server's, with their state, whatever else a virtual host says of it (BP-18).
    """

    name: str
    members: tuple[Worker, ...]
    lbmethod: str = "byrequests"
    sticky_cookie: str = ""
    sticky_parameter: str = ""
    sticky_separator: str = "."
    semicolon_delimits: bool = False
    no_failover: bool = False
    max_attempts: int | None = None
    wait: float = 0.0
    fail_on_status: tuple[int, ...] = ()
    fail_on_timeout: bool = False
    force_recovery: bool = True
    beats: str = ""
    inherited: Balancer | None = None
    said_by: tuple[Written, ...] = field(default=(), compare=False)

    @property
    def attempts(self) -> int:
        """How many members one request may try (FO-8)."""
        extra = len(self.members) - 1 if self.max_attempts is None else self.max_attempts
        return max(extra, 0) + 1


@dataclass(frozen=True, slots=True)
class Ignored:
    """Parameters of ``directive`` that have no effect, because it shares the worker ``worker`` (WK-3).

    Without parameters all of it has none: a member of a balancer that is the main server's (BP-18).
    """

    directive: Written
    parameters: tuple[str, ...]
    worker: str


Origin = Worker | Balancer

#: FC-1 and RQ-10.
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "h2": 443, "h2c": 80, "fcgi": 8000, "ajp": 8009,
                 "scgi": 4000, "uwsgi": 3031}  # fmt: skip
