"""Origins as ``upstream`` blocks (NGX-71, NGX-100 to NGX-106)."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd

from apacheconf.ledger import Written
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx import mod_proxy_hcheck
from apacheconf.targets.nginx.connections import PLAIN, Connections
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, Text
from apacheconf.targets.pools import is_limited
from apacheconf.targets.routes import is_address, members
from apacheconf.targets.sources import comment_lines

_IDLE = "32"
#: lbmethods with a directive in nginx; the others come as byrequests.
_METHODS = {"byrequests": "", "bybusyness": "least_conn"}
_UNASKED_FIRST = (
    "nobody is asked for 100 Continue before a body is sent: one that stays silent is waited for, and answered with 502"
)


@dataclass(frozen=True)
class Service:
    """An origin as nginx asks it: the ``name`` of its upstream, and where each member is reached."""

    origin: Origin
    name: str
    addresses: dict[Worker, str]
    connections: Connections = PLAIN

    @property
    def keeps(self) -> bool:
        """Whether it keeps connections."""
        return self.connections.kept and any(worker.reusable for worker in members(self.origin))


def service_of(
    origin: Origin, low: Lowering, addresses: dict[Worker, str] | None = None, connections: Connections = PLAIN
) -> Service:
    """The origin's upstream, written when it is first asked for; workers that are alike share one.

    ``addresses`` are given where members aren't reached directly.
    """
    at = addresses or {each: address(each) for each in members(origin)}
    if isinstance(origin, Balancer):
        key: tuple[object, ...] = (id(origin), *at.values(), connections)
    else:
        key = _key_of(origin, address(origin), connections)
    service = Service(origin, low.names.of(key, _wish_of(origin, connections)), at, connections)
    known = low.written.get(key)
    if known is None:
        low.written[key] = origin
        _write(service, low)
    elif known is not origin and isinstance(origin, Worker):
        low.dropped += _worker_claims(origin, origin, low)
    return service


def upstream_of(worker: Worker, low: Lowering, connections: Connections = PLAIN) -> str:
    """The name of the upstream of a worker that is asked alone, which ``service_of`` gives in four times the time."""
    at = address(worker)
    key = _key_of(worker, at, connections)
    known = low.written.get(key)
    if known is not worker and (known is not None or not _is_plain(worker, low)):
        return service_of(worker, low, None, connections).name
    name = low.names.of(key, _wish_of(worker, connections))
    if known is None:
        low.written[key] = worker
        low.upstreams.space()
        low.upstreams.entries.append(_plain(worker, name, at, connections, low))
    return name


def _key_of(worker: Worker, at: str, connections: Connections) -> tuple[object, ...]:
    return at, worker.reusable and connections.kept, connections.tls


def _wish_of(origin: Origin, connections: Connections) -> str:
    """What the upstream of an origin is to be called."""
    if isinstance(origin, Balancer):
        return origin.name
    name = origin.socket or f"{origin.host}-{origin.port}"
    keeps = origin.reusable and connections.kept
    return name if keeps or origin.scheme in ("uwsgi", "scgi") else f"{name}-no-reuse"


def _write(service: Service, low: Lowering) -> None:
    origin, name = service.origin, service.name
    low.upstreams.space()
    own = [each for each in origin.said_by if each.name.lower() != "balancermember"]
    claims = tuple(_balancer_claims(origin)) if isinstance(origin, Balancer) else ()
    block = low.upstreams.open("upstream", name, comment=low.sources.true.comment(own[:3]), claims=claims)
    if len(members(origin)) > 1:
        block.add("zone", name, "64k")
    if isinstance(origin, Balancer) and _METHODS.get(origin.lbmethod):
        block.add(_METHODS[origin.lbmethod])
    weights = _weights(members(origin))
    for worker, weight in zip(members(origin), weights, strict=True):
        _server(block, worker, weight, service, low)
    if service.keeps:
        block.add("keepalive", _IDLE)


def _is_plain(worker: Worker, low: Lowering) -> bool:
    """Whether nothing is said of a worker but where it is: most of thousands."""
    alone = worker.member is None and worker.check is None and not worker.socket
    limited = is_limited(worker, low.scopes)
    return alone and not limited and is_address(worker) and not _settings_of(worker)


def _plain(worker: Worker, name: str, at: str, connections: Connections, low: Lowering) -> Text:
    """The upstream of such a worker, which stands in ``http``: the text that comes of ``_write``, as neither a
    name that we have given nor an address has signs to quote."""
    comment = comment_lines(low.sources.true.comment(worker.said_by[:3]))
    idle = f"        keepalive {_IDLE};\n" if worker.reusable and connections.kept else ""
    lines = f"    upstream {name} {{\n        server {at};\n{idle}    }}"
    return Text("".join([f"    {line}\n" for line in comment]) + lines, len(comment) + (4 if idle else 3))


def _weights(workers: tuple[Worker, ...]) -> list[int]:
    """NGX-102: load factors as the smallest whole numbers of the same ratio."""
    factors = [worker.member.loadfactor if worker.member else 100 for worker in workers]
    shared = gcd(*factors) or 1
    return [factor // shared for factor in factors]


def address(worker: Worker) -> str:
    """Where to connect, as nginx writes it."""
    if worker.socket:
        return f"unix:{worker.socket}"
    host = f"[{worker.host}]" if ":" in worker.host else worker.host
    return f"{host}:{worker.port}"


def _server(block: Block, worker: Worker, weight: int, service: Service, low: Lowering) -> None:
    origin = service.origin
    status = worker.member.status if worker.member else frozenset()
    # NGX-105: with a memory for failures nginx takes members out for broken answers, too, and answers 502 for a
    # while when all have failed, where httpd tries them at once. An address that is alone is never taken out.
    alone = len(members(origin)) == 1 and is_address(worker)
    words = [service.addresses[worker], *([] if alone else ["max_fails=0"])]
    if weight != 1:
        words.append(f"weight={weight}")
    if status & {"D", "S", "N"}:
        words.append("down")
    elif status & {"H", "R"} or (worker.member and worker.member.lbset > _lowest_set(origin)):
        words.append("backup")
    claims = tuple(_worker_claims(worker, origin, low))
    comment = low.sources.true.comment(worker.said_by) if worker.member else ""
    block.add("server", *words, comment=comment, claims=claims)


def _lowest_set(origin: Origin) -> int:
    return min((worker.member.lbset for worker in members(origin) if worker.member), default=0)


def _worker_claims(worker: Worker, origin: Origin, low: Lowering) -> list[Claim]:
    said_by = [each for each in worker.said_by if worker.member is None or each.name.lower() != "proxypass"]
    claims = [_member_claim(worker, origin)] if worker.member else [exact(_settings_of(worker))]
    if not is_address(worker):
        claims.append(equivalent(said_by, "nginx looks the name up when it starts, and refuses to start if it "
                                 "is unknown; httpd starts", "lookup-at-start"))  # fmt: skip
    if is_limited(worker, low.scopes):
        claims.append(_pool_claim(worker, said_by))
    if worker.ping:
        claims.append(approximated(said_by, _UNASKED_FIRST, "ping"))
    return claims + mod_proxy_hcheck.claims_of(worker, said_by)


def _settings_of(worker: Worker) -> list[Written]:
    """The ProxySet lines of a worker that is asked alone: times and connections, which stand where it is asked."""
    return [each for each in worker.said_by if each.name.lower() == "proxyset"]


def _pool_claim(worker: Worker, said_by: list[Written]) -> Claim:
    if worker.acquire is not None:
        return unsupported(said_by, "max= and acquire= have no counterpart per worker", "pool-limits")
    return equivalent(said_by, "requests beyond max= wait at the origin and not here", "pool-limits")


def _member_claim(worker: Worker, origin: Origin) -> Claim:
    said_by = worker.said_by
    status = worker.member.status if worker.member else frozenset()
    if "I" in status:
        return approximated(said_by, "a member with status +I is failed over from", "ignore-errors")
    if status & {"N", "R"} or (worker.member and worker.member.lbset > _lowest_set(origin)):
        return approximated(said_by, "draining, spare and lbset tiers are one backup tier or down in nginx", "tiers")
    if isinstance(origin, Balancer) and origin.sticky_cookie and "H" in status:
        return approximated(
            said_by, "it may take a session whose member is down though others are there", "standby-sessions"
        )
    return equivalent(
        said_by, f"a failed member is asked again with each request, not after {worker.retry:g} s", "retry"
    )


def _balancer_claims(balancer: Balancer) -> list[Claim]:
    said_by = [each for each in balancer.said_by if each.name.lower() not in ("balancermember", "proxypass")]
    claims = []
    if balancer.lbmethod not in _METHODS:
        claims.append(approximated(said_by, f"lbmethod={balancer.lbmethod} comes as byrequests", "lbmethod"))
    if balancer.fail_on_status or balancer.fail_on_timeout:
        claims.append(unsupported(balancer.said_by, "nginx can't take a member out for its answer and still "
                                  "pass that answer on", "failonstatus"))  # fmt: skip
    if balancer.max_attempts is not None or balancer.wait or not balancer.force_recovery:
        claims.append(approximated(said_by, "how often and how long members are tried differs", "attempts"))
    return claims or [exact(said_by)]
