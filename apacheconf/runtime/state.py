"""What all connections of a server share: the program at work, the clock, the sites. No I/O of its own.

The rim (``server``) subclasses it with sockets; tests with fakes.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from apacheconf.program.authority import Pending
from apacheconf.program.hosts import Host, Shape
from apacheconf.program.media import NO_TYPES, types_of
from apacheconf.program.messages import Message
from apacheconf.program.names import choose_host, parse_host
from apacheconf.program.naming import banner
from apacheconf.program.program import Program
from apacheconf.program.reading import first_host, own_scheme
from apacheconf.program.request import Decision
from apacheconf.program.tls import FrontTls, compatible
from apacheconf.program.workers import Balancer, Origin
from apacheconf.runtime.authority import FileAuthority
from apacheconf.runtime.blocking import Addresses, refusal
from apacheconf.runtime.compile import CompiledShape
from apacheconf.runtime.errorlog import HostErrors
from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.forwarding import Block, Memos
from apacheconf.runtime.heads import FastReader
from apacheconf.runtime.logfiles import LogFiles, is_syslog
from apacheconf.runtime.logs import Logger, loggers
from apacheconf.runtime.page_texts import NOT_ASKED, WITHOUT_SNI
from apacheconf.runtime.pages import http_date
from apacheconf.runtime.pool import Pool, Service
from apacheconf.runtime.site import Site

if TYPE_CHECKING:
    from ssl import SSLContext

    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.origin import OriginConnection
    from apacheconf.runtime.secured import Secured
    from apacheconf.runtime.tunnel import Tunnel


class Door:
    """Where connections with one local address arrive: its set of hosts, and the header blocks seen there.

    Over TLS ``shown`` is the host that the handshake was about, and ``named`` whether the client had named it.
    """

    __slots__ = ("address", "blocks", "front_tls", "main", "named", "own_scheme", "scheme", "shown", "strict_hosts")

    def __init__(
        self, server: ServerState, address: tuple[str, int], scheme: str, shown: int | None, named: bool
    ) -> None:
        self.address: tuple[str, int] = address
        self.scheme: str = scheme
        self.own_scheme = own_scheme(server.program, address, scheme)
        self.strict_hosts = first_host(server.program, address).shape.limits.strict_hosts
        self.blocks: dict[bytes, Block] = server.memos.make()
        self.main = server.site_for(address, None)
        self.shown: Host | None = None if shown is None else server.program.hosts[shown]
        self.named = named
        # A host that doesn't speak TLS itself is shown with what the first one has.
        own = self.shown.front_tls if self.shown is not None else None
        self.front_tls: FrontTls | None = own or self.main.host.front_tls if scheme == "https" else None

    def check(self, exchange: Exchange) -> None:
        """Whether a request for its host may come in here, over TLS (TL-2, TL-3, VH-51, VH-52). Raises ClientBroke."""
        shown, host, server = self.shown, exchange.site.host, exchange.client.server
        if shown is None or self.front_tls is None:
            return
        strict = self.front_tls.strict_sni or (host.front_tls is not None and host.front_tls.strict_sni)
        if self.named and exchange.host is None:
            raise ClientBroke(400, "a host name by SNI, and none by the request")
        if strict and not self.named and self._has_names(server):
            said = "AH02033: No hostname was provided via SNI for a name based virtual host"
            server.log("info", "ssl", said, host=host, client=exchange.client)
            raise ClientBroke(403, "strict SNI", WITHOUT_SNI)
        policy, asked = self.front_tls.policy, host.front_tls
        if policy == "insecure" and asked is not None and asked.verify != "none" and self.front_tls.verify == "none":
            said = "AH10158: cannot perform post-handshake authentication"
            server.log("error", "ssl", said, host=host, client=exchange.client)
            raise ClientBroke(403, "nobody was asked for a certificate", NOT_ASKED)
        if host is not shown and not compatible(self.front_tls, host.front_tls, policy):
            name = (exchange.client.tls or {}).get("SSL_TLS_SNI")
            who = f"{name} provided via SNI" if name else f"{shown.name} (default host as no SNI was provided)"
            given = parse_host((exchange.host or b"").decode("latin-1"), strict=False).name
            said = f"AH02032: Hostname {who} and hostname {given} provided via HTTP"
            said += f" have no compatible SSL setup for policy '{policy}'"
            server.log("error", "ssl", said, host=host, client=exchange.client)
            raise ClientBroke(421, "misdirected")

    def _has_names(self, server: ServerState) -> bool:
        """Whether hosts are told apart by name here."""
        found = server.program.index.set_for(*self.address)
        return found is not None and len(found.hosts) > 1


#: Workers of the configuration that are asked at sockets which only handlers name, at most.
_SOCKETS = 64


class ServerState:
    """The program at work. ``now`` is the loop's clock in seconds, renewed by ``tick``."""

    def __init__(self, program: Program, log_error: Callable[[str], object] | None = None) -> None:
        self.program = program
        self.memos = Memos()
        self.fast = FastReader()
        self.types = types_of(program.types_config) if "mime_module" in program.modules else NO_TYPES
        self.authority = FileAuthority()
        self._questions: dict[bytes, list[Callable[[BaseException | None], None]]] = {}
        self.looked_up: Addresses = {}
        self.now = time.monotonic()
        self.draining = False
        self.clients: set[ClientConnection] = set()
        self.spares: list[Exchange] = []
        self.origin_connections: set[OriginConnection] = set()
        self.tunnels: set[Tunnel] = set()
        self.access_log: Logger | None = None
        self.logs = LogFiles()
        self._log_error = log_error
        self._errors: dict[int, HostErrors] = {}
        self._sites: dict[int, Site] = {}
        self._doors: dict[tuple[tuple[str, int], str, int | None, bool], Door] = {}
        self.handshakes: set[Secured] = set()
        self._compiled: dict[int, CompiledShape] = {}
        self._services: dict[int, Service] = {}
        self._at_sockets: dict[Origin, Service] = {}
        self._date = b""
        self._date_second = 0
        self.server_line = _server_line(program)

    def arrive(self, door: Door, peer: tuple[str, int]) -> ClientConnection:
        """A client that has come to ``door``."""
        return self._arrived(self, door, peer)

    @cached_property
    def _arrived(self) -> Callable[[ServerState, Door, tuple[str, int]], ClientConnection]:
        """What clients become: connections that are counted where MaxRequestWorkers asks for it."""
        from apacheconf.runtime.client import ClientConnection

        if self.program.most_requests is None:
            return ClientConnection
        from apacheconf.runtime.crowd import CountedConnection, Crowd

        return partial(CountedConnection, Crowd(self.program.most_requests))

    # --- what is made at first use ---------------------------------------------------------------------------

    def site(self, host: Host) -> Site:
        found = self._sites.get(host.number)
        if found is None:
            found = self._sites[host.number] = Site(self, host)
        return found

    def site_for(self, address: tuple[str, int], name: str | None, path: str = "") -> Site:
        """The site that answers ``name`` at a local address; ``path`` counts where there is none (VH-30 to VH-35)."""
        return self.site(self.program.hosts[choose_host(self.program.index, *address, name, path).host])

    def door(
        self, address: tuple[str, int], scheme: str = "http", shown: int | None = None, named: bool = False
    ) -> Door:
        key = address, scheme, shown, named
        found = self._doors.get(key)
        if found is None:
            found = self._doors[key] = Door(self, *key)
        return found

    def context_of(self, door: Door, is_13: bool) -> SSLContext:
        """The context of a door for TLS, for a client that speaks TLS 1.3 or doesn't."""
        raise NotImplementedError

    def compiled(self, shape: Shape) -> CompiledShape:
        """The closures of a shape, made once for all hosts that have it."""
        found = self._compiled.get(id(shape))
        if found is None:
            found = self._compiled[id(shape)] = CompiledShape(shape)
        return found

    def service(self, origin: Origin) -> Service:
        found = self._services.get(id(origin)) or self._at_sockets.get(origin)
        if found is None:
            inherited = origin.inherited if isinstance(origin, Balancer) else None
            found = Service(origin, None if inherited is None else self.service(inherited).pools)
            if any(origin is known for known in self.program.origins):  # others come with a request, and go (WK-4)
                self._services[id(origin)] = found
            elif len(self._at_sockets) < _SOCKETS and any(origin.name == known.name for known in self.program.origins):
                self._at_sockets[origin] = found  # a worker of the configuration, at a socket that a handler names
        return found

    def loggers(self, host: Host) -> tuple[Logger, ...]:
        """What writes a line for each answer of a host: its own logs, and ``--access-log`` unless those are shown."""
        own = loggers(host, self.logs.writer)
        if self.access_log is None or (own and self.logs.are_shown):
            return own
        return (*own, self.access_log)

    # --- the clock -------------------------------------------------------------------------------------------

    def date(self) -> bytes:
        """The Date of answers made now."""
        second = int(time.time())
        if second != self._date_second:
            self._date, self._date_second = http_date(second), second
        return self._date

    def tick(self, now: float) -> None:
        """Renew the clock and tell the connections whose deadline has passed."""
        self.now = now
        self.logs.flush()
        for connection in [c for c in self.origin_connections if 0.0 < c.deadline < now]:
            connection.deadline = 0.0
            connection.overdue()
        for tunnel in [t for t in self.tunnels if t.deadline < now]:
            tunnel.overdue()
        for handshake in [h for h in self.handshakes if h.deadline < now]:
            handshake.overdue()
        for client in [c for c in self.clients if 0.0 < c.deadline < now]:
            client.deadline = 0.0
            client.overdue()

    def origin_timeout(self, pool: Pool, site: Site) -> float:
        """Seconds that an origin may be silent: timeout, else ProxyTimeout, else Timeout (WP-30)."""
        limits = site.limits
        return pool.worker.timeout or limits.proxy_timeout or limits.timeout

    def is_stood_in(self, pool: Pool) -> bool:
        """Whether something else stands in for this worker: it is asked in any case, and no proxy for it."""
        return False

    def refuse_blocked(self, pool: Pool, site: Site) -> OriginBroke | None:
        """What ProxyBlock says of a member, by its address too where that is known (FW-6); None for nothing."""
        address = "" if pool.place is None else pool.place[0]
        return refusal(pool.worker, address, site.limits.blocked, self.looked_up)

    # --- what the rim does -----------------------------------------------------------------------------------

    def connect(self, pool: Pool, exchange: Exchange) -> None:
        """Open a connection for ``exchange`` and call its ``connected`` or ``connect_failed``."""
        raise NotImplementedError

    def call_later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call ``callback`` after so long."""
        raise NotImplementedError

    def find_out(self, question: Pending, then: Callable[[BaseException | None], None]) -> None:
        """Have a question answered beside the loop, once for all who wait for it."""
        waiting = self._questions.setdefault(question.key, [])
        waiting.append(then)
        if len(waiting) > 1:
            return

        def found(fault: BaseException | None) -> None:
            for each in self._questions.pop(question.key):
                each(fault)

        self.beside(question.find, found)

    def beside(self, work: Callable[[], None], then: Callable[[BaseException | None], None]) -> None:
        """Do what takes long in a thread; ``then`` is called with the fault of it, or None."""
        raise NotImplementedError

    def clock(self) -> float:
        """The loop's clock as it is now, where ``now`` is too old."""
        return self.now

    def report(self, fault: BaseException) -> None:
        """A fault of ours, as a line for the error log; where it is in the code only for who asks."""
        self.log("crit", "core", f"internal error: {type(fault).__name__}: {fault}; please report it")
        if os.environ.get("APACHECONF_DEBUG") and self._log_error is not None:
            self._log_error("".join(traceback.format_exception(fault)))

    def log(
        self,
        level: str,
        module: str,
        text: str,
        *,
        host: Host | None = None,
        client: ClientConnection | None = None,
        exchange: Exchange | None = None,
        system: str = "",
        remote: str = "",
    ) -> None:
        """Write a message to the error log, if LogLevel wants it (``HostErrors``).

        ``text`` begins with httpd's AH code where the event is httpd's; ``module`` is without ``mod_``. An exchange
        says the rest, else ``client`` is whom it is about and ``host`` whose log it goes to (the main server's if not
        given). ``system`` is the system's word for what failed: ``(111)Connection refused``; ``remote`` is an origin
        that it is about in place of a client.
        """
        levels = None
        if exchange is not None:
            host, client, levels = exchange.site.host, exchange.client, exchange.plan.levels
        errors = self.errors(host)
        if errors.wants(level, module, levels):
            errors.write(Message(level, module, text), system, client, exchange, remote)

    def log_decided(self, exchange: Exchange, decision: Decision) -> None:
        """Write what deciding about a request had to say."""
        for message in decision.messages:
            about = None if message.bare else exchange
            host, system = exchange.site.host, message.system
            self.log(message.level, message.module, message.text, host=host, exchange=about, system=system)

    def errors(self, host: Host | None = None) -> HostErrors:
        """The error log of a host, or the main server's. Raises UsageError when it can't be opened."""
        host = host or self.program.hosts[self.program.index.main]
        found = self._errors.get(host.number)
        if found is None:
            target = host.errors.target
            write = self.logs.error_writer(target)
            found = HostErrors(host, write or self._to_standard_error, not is_syslog(target), for_people=not write)
            self._errors[host.number] = found
        return found

    def _to_standard_error(self, line: str, _: int) -> None:
        if self._log_error is not None:
            self._log_error(line)


def _server_line(program: Program) -> bytes:
    tokens = program.hosts[program.index.main].shape.limits.server_tokens if program.hosts else "Full"
    return b"Server: %b\r\n" % banner(tokens).encode()
