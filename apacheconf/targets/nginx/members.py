"""Members that each want their own Host, in nginx: a server for each of them, on a Unix socket (NGX-61).

nginx makes a request before it picks the member of an upstream. So these servers stand in the upstream in the place of
the members, and each hands on the request as it is, with the Host of its own member. One that can't reach its member
closes the connection without an answer, and nginx asks the next one, as httpd does. One whose member came too late, or
broke off, sends a line that is no header line: that asks nobody else, and the server in front answers 502 by itself,
with its own documents and headers.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.hosts import Host
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.timeouts import Timeouts, common_timeouts, emit_timeouts, timeouts
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.nginx.workers import address, service_of
from apacheconf.targets.routes import Route, members
from apacheconf.targets.sessions import OUT
from apacheconf.targets.upgrades import SECURE, upgrade_regex

#: What the addresses of their sockets begin with; a sandbox moves them.
SOCKETS = "unix:/run/nginx-"
#: With such servers no member was reached where the last of them has said nothing.
_STATUS = Map("$upstream_addr $upstream_connect_time $upstream_bytes_received",
              ((r"~^unix:/run/nginx-member-.* (?:0|-)$", "503"), ("~^unix:/run/nginx-member-", "502"),
               (r"~[^,] -(?:, -)* [^ ]", "503")),
              "httpd answers 503 when no origin could be reached, and 502 when one failed to answer")  # fmt: skip
#: The name of a field that can't be one.
_NO_FIELD = "no answer of a member"


def have_servers(route: Route, origin: Origin) -> bool:
    """Whether each member is reached through a server of its own: they want different Hosts, in plain HTTP.

    A path that isn't escaped (NE) would not survive being read once more.
    """
    if route.keep_host is not None or route.unescaped or not isinstance(origin, Balancer):
        return False
    workers = members(origin)
    return len({each.authority for each in workers}) > 1 and not any(SECURE.get(each.scheme, True) for each in workers)


def addresses_of(host: Host, origin: Origin, low: Lowering) -> dict[Worker, str]:
    """Each member with the address of its server, which is written when it is first asked for."""
    low.maps.shared["gateway_status"] = _STATUS
    upgrades = upgrade_regex(origin) is not None
    return {each: _address(each, timeouts(host, each), upgrades, low) for each in members(origin)}


def _address(worker: Worker, own: Timeouts, upgrades: bool, low: Lowering) -> str:
    if worker.member is not None and worker.member.status & OUT:
        return address(worker)  # nobody asks it
    key = "member", worker.scheme, worker.host, worker.port, worker.socket, worker.reusable, own, upgrades
    at = f"{SOCKETS}{low.names.of(key, f'member-{worker.host}-{worker.port}')}.sock"
    if key not in low.written:
        low.written[key] = worker
        _write(worker, own, upgrades, at, low)
    return at


def _write(worker: Worker, own: Timeouts, upgrades: bool, at: str, low: Lowering) -> None:
    upstream = service_of(replace(worker, member=None), low).name
    block = low.members
    block.space()
    server = block.open("server", comment=f"hands on requests to {worker.authority}")
    server.add("listen", at)
    location = server.open("location", "/")
    location.add("proxy_pass", f"http://{upstream}")
    location.add("proxy_set_header", "Host", worker.authority)
    plain = "" if worker.reusable else "close"
    asked = Map("$http_upgrade", (("", plain), ("default", "upgrade")), "")
    location.add("proxy_set_header", "Connection", low.maps.make("hop_connection", asked) if upgrades else plain)
    if upgrades:
        location.add("proxy_set_header", "Upgrade", "$http_upgrade")
    location.add("proxy_hide_header", "Keep-Alive")
    if own != common_timeouts(low):
        emit_timeouts(own, location)
    location.add("error_page", "502", "504", "=", "@unanswered")
    server.space()
    unanswered = server.open("location", "@unanswered")
    unanswered.open("if", low.maps.use("gateway_status"), "=", "503").add("return", "444")
    unanswered.add("add_header", _NO_FIELD, "-", "always", comment="which can't be read: the server in front says 502")
    unanswered.add("return", "502")


def emit_failover(route: Route, origin: Origin, location: Block) -> None:
    """Another member is asked also for requests that must not be repeated: none has seen them.

    Their bodies are kept for that. The servers of the members watch over the time.
    """
    waits = [timeouts(route.host, each) for each in members(origin)]
    longest = max(connect + wait for connect, wait in waits) + 1
    location.add("proxy_request_buffering", "on")
    location.add("proxy_next_upstream", "error", "non_idempotent")
    emit_timeouts((1, longest), location)
