"""Origins as the servers of a backend (HAP-80 to HAP-82, HAP-91)."""

from __future__ import annotations

import re
from math import gcd

from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.haproxy import mod_proxy_hcheck
from apacheconf.targets.haproxy.core import seconds
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.origin_tls import server_words
from apacheconf.targets.haproxy.sessions import emit_sessions
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.naming import slug
from apacheconf.targets.origin_tls import settings_of
from apacheconf.targets.pools import is_limited
from apacheconf.targets.routes import Route, is_address, members
from apacheconf.targets.upgrades import SECURE

#: lbmethods and what comes closest; the others come as byrequests.
_METHODS = {"byrequests": "roundrobin", "bybusyness": "leastconn"}
_MOST = 256
_IN_ALL = "max= counts the connections of all processes together, and httpd those of each"
#: Seconds.
_ENDLESS = 3600.0
_UNASKED_FIRST = (
    "ping=: no member is asked with Expect: 100-continue before a body is sent: one that stays silent is waited for, "
    "and answered with 502"
)
_ALIKE_IDLE = "while nobody is busy, members take turns whatever their loadfactor is: HAProxy weighs busy ones only"
_TURNS = "members take turns in another order: after some requests one may have been asked once more or less"
#: The schemes that HAProxy speaks with origins, and whether over TLS; those of HTTP/2 have words of their own (HAP-94).
SPOKEN = {**SECURE, "h2": True, "h2c": False}
_OF_HTTP2 = {"h2": ["alpn", "h2"], "h2c": ["proto", "h2"]}
_RETRIED = "a failed member is asked again as soon as it takes connections, which is tried every second"
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


def emit_balancing(low: Lowering, origin: Origin, backend: Section) -> None:
    """The method, and how many members a request may try (FO-8, HAP-82)."""
    workers = members(origin)
    if isinstance(origin, Balancer):
        own = [each for each in origin.said_by if each.name.lower() not in ("balancermember", "proxypass")]
        backend.add("balance", _METHODS.get(origin.lbmethod, "roundrobin"),
                    comment=low.sources.comment(own[:3]), claims=_balancer_claims(origin))  # fmt: skip
    mod_proxy_hcheck.emit_checks(workers, backend)
    attempts = origin.attempts if isinstance(origin, Balancer) else 1
    backups = sum(_is_backup(worker) for worker in workers)
    # Each retry goes to another member than the one before it, though not to all of three by turns; where standbys
    # wait who fails is out at once, and asking the last standby again takes a second each time.
    repeats = attempts >= max(3, len(workers)) and not backups
    backend.add("retries", str((attempts - 1) * (2 if repeats else 1)))
    if backups > 1:
        backend.add("option", "allbackups")
    limited = [worker for worker in workers if is_limited(worker, low.scopes)]
    if limited:  # httpd waits for a connection as long as acquire= says, and without it for as long as it takes
        backend.add("timeout", "queue", seconds(limited[0].acquire or _ENDLESS))
    if not all(worker.reusable for worker in workers):
        backend.add("http-reuse", "never")


def _balancer_claims(balancer: Balancer) -> tuple[Claim, ...]:
    said_by = [each for each in balancer.said_by if each.name.lower() not in ("balancermember", "proxypass")]
    claims = []
    if balancer.lbmethod not in _METHODS:
        claims.append(approximated(said_by, f"lbmethod={balancer.lbmethod} comes as byrequests", "lbmethod"))
    if balancer.lbmethod == "bybusyness" and len(set(_weights(balancer.members))) > 1:
        claims.append(approximated(said_by, _ALIKE_IDLE, "idle-members"))
    if balancer.sticky_cookie and balancer.no_failover:
        said = [each for each in balancer.said_by if each.name.lower() != "balancermember"]
        claims.append(approximated(said, "nofailover=On: when the member of a session can't be reached, another "
                                   "one is asked", "nofailover"))  # fmt: skip
    if balancer.fail_on_status or balancer.fail_on_timeout:
        claims.append(unsupported(balancer.said_by, "members are not taken out for what they answer", "failonstatus"))
    if balancer.wait or not balancer.force_recovery:
        claims.append(approximated(said_by, "how long a request waits for members differs", "attempts"))
    return tuple(claims) or (exact(said_by),)


def names_are_hosts(origin: Origin) -> bool:
    """Whether members have different Hosts, and each may be the name of its server (HAP-4, HAP-40)."""
    hosts = [member.authority for member in members(origin)]
    return 1 < len(hosts) == len(set(hosts)) and all(map(_NAME.fullmatch, hosts))


def emit_servers(low: Lowering, route: Route, origin: Origin, backend: Section) -> None:
    """What leads sessions to their members, then a server line for each member, in order.

    Members whose Hosts differ are named by them, where they get their own.
    """
    workers = members(origin)
    if isinstance(origin, Worker):
        names = {id(origin): server_name(origin)}
    elif route.keep_host is None and names_are_hosts(origin):
        names = {id(worker): worker.authority for worker in workers}
    elif mod_proxy_hcheck.are_called_by_hosts(workers):
        names = {id(worker): f"{worker.host}:{worker.port}" for worker in workers}
    else:
        names = _server_names(workers)
    emit_sessions(origin, names, backend)
    backend.space()
    for worker, weight in zip(workers, _weights(workers), strict=True):
        tls = server_words(settings_of(route)[0], worker, route.keep_host is not None) if SPOKEN[worker.scheme] else []
        tls += _OF_HTTP2.get(worker.scheme, [])
        _emit_server(low, names[id(worker)], worker, weight, tls, workers, backend)


def server_name(worker: Worker) -> str:
    """What the one server of a backend is called."""
    return slug(worker.socket or f"{worker.host}-{worker.port}")


def _server_names(workers: tuple[Worker, ...]) -> dict[int, str]:
    """A name for each member, by its ``id``."""
    taken: dict[str, int] = {}
    names = {}
    for worker in workers:
        wish = server_name(worker)
        taken[wish] = taken.get(wish, 0) + 1
        names[id(worker)] = wish if taken[wish] == 1 else f"{wish}-{taken[wish]}"
    return names


def _emit_server(
    low: Lowering, name: str, worker: Worker, weight: int, tls: list[str], workers: tuple[Worker, ...], backend: Section
) -> None:
    status = worker.member.status if worker.member else frozenset()
    words = [name, address(worker)]
    if weight != 1 or "N" in status:
        words += ["weight", "0" if "N" in status else str(weight)]
    words += tls
    words += ["maxconn", str(worker.max_connections)] if is_limited(worker, low.scopes) else []
    words += _watched(worker, workers) or mod_proxy_hcheck.server_words(worker)
    words += [] if is_address(worker) else ["init-addr", "last,libc,none"]
    words += ["disabled"] if status & {"D", "S"} else ["backup"] if _is_backup(worker) else []
    comment = low.sources.comment(worker.said_by) if worker.member else ""
    backend.add("server", *words, comment=comment, claims=tuple(_worker_claims(low, worker, workers)))


def address(worker: Worker) -> str:
    """Where to connect, as HAProxy writes it."""
    if worker.socket:
        return f"unix@{worker.socket}"
    return f"[{worker.host}]:{worker.port}" if ":" in worker.host else f"{worker.host}:{worker.port}"


def _is_backup(worker: Worker) -> bool:
    return worker.member is not None and (bool(worker.member.status & {"H", "R"}) or worker.member.lbset > 0)


def _watched(worker: Worker, workers: tuple[Worker, ...]) -> list[str]:
    """HAP-81: a standby is asked when HAProxy knows that the others are down, which a failed connection tells of each;
    whether it is up again is tried more often than every 60 seconds, for then nobody would answer until that."""
    status = worker.member.status if worker.member else frozenset()
    if _is_backup(worker) or not any(map(_is_backup, workers)) or status & {"D", "S", "I"}:
        return []
    words = mod_proxy_hcheck.server_words(worker)
    if not words and any(each.check is not None for each in workers):
        return []  # it would be asked as they are
    words = words or ["check", "inter", seconds(max(worker.retry, 1)), "downinter", "1s", "rise", "1", "fall", "1"]
    return [*words, "observe", "layer4", "error-limit", "1", "on-error", "mark-down"]


def _weights(workers: tuple[Worker, ...]) -> list[int]:
    """HAP-80: load factors as the smallest whole numbers of the same ratio, at most 256."""
    if len(workers) == 1:
        return [1]
    factors = [worker.member.loadfactor if worker.member else 100 for worker in workers]
    shared = gcd(*factors) or 1
    small = [factor // shared for factor in factors]
    scale = max(1.0, max(small, default=1) / _MOST)
    return [max(1, round(factor / scale)) for factor in small]


def _worker_claims(low: Lowering, worker: Worker, workers: tuple[Worker, ...]) -> list[Claim]:
    said_by = worker.said_by
    claims: list[Claim] = []
    if worker.member:
        tiers = worker.member.status & {"N", "R", "I"} or worker.member.lbset
        claims.append(
            approximated(said_by, "draining, spare, ignored errors and lbset tiers are only alike", "tiers")
            if tiers
            else equivalent(said_by, _RETRIED if _watched(worker, workers) else
                            f"a failed member is asked again with each request, not after {worker.retry:g} s", "retry")
        )  # fmt: skip
    if len(workers) > 1 and len(set(_weights(workers))) > 1:
        claims.append(equivalent(said_by, _TURNS, "turns"))
    if not is_address(worker):
        claims.append(equivalent(said_by, "the name is looked up once, when HAProxy starts", "lookup-at-start"))
    if worker.ping:
        claims.append(approximated(said_by, _UNASKED_FIRST, "ping"))
    if is_limited(worker, low.scopes):
        claims.append(equivalent(said_by, _IN_ALL, "pool-limits"))
    checked = mod_proxy_hcheck.claim_of(worker, workers)
    claims += [checked] if checked else []
    return claims
