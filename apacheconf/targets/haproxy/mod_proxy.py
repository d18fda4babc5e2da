"""mod_proxy in HAProxy: a mapping as a backend that rewrites, forwards and maps back (HAP-26, HAP-40 to HAP-62)."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.hosts import Host
from apacheconf.program.steps import Rest
from apacheconf.program.workers import Origin, Worker
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.haproxy import origin_tls
from apacheconf.targets.haproxy.backend_names import origin_backend
from apacheconf.targets.haproxy.copies import copies_of, from_line, position_of, token
from apacheconf.targets.haproxy.core import seconds
from apacheconf.targets.haproxy.lowering import MAIN, Copies, Lowering, Policy
from apacheconf.targets.haproxy.policies import emit_policy
from apacheconf.targets.haproxy.sent_headers import emit_origin_host
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.haproxy.way_back import WaysBack, ways_back
from apacheconf.targets.haproxy.workers import SPOKEN, emit_balancing, emit_servers
from apacheconf.targets.late_origins import origin_of
from apacheconf.targets.likeness import Kind
from apacheconf.targets.origin_tls import settings_of
from apacheconf.targets.routes import (
    NewPath,
    Route,
    members,
    new_path,
    regex_of,
    special_claims,
)
from apacheconf.targets.upgrades import UPGRADES, upgrades_differ


def backend_for(low: Lowering, route: Route, origin: Origin) -> str:
    """The name of the backend that takes the requests of a proxied cell; cells that need the same share it."""
    assert route.map is not None and route.mapping is not None
    path = new_path(route.map, route.cell, origin, regex_of(route.mapping), route.path, puts=True)
    policy = tuple((step.action, step.said_by) for step in route.steps)
    rules_made = path.regex, path.made, route.query, route.refused, route.unescaped
    key = (route.host.number, id(origin), path.cut, path.head, path.joins, *rules_made, policy)
    if key not in low.called_backends:
        low.called_backends[key] = _written(low, key, route, origin, path)
    return low.called_backends[key]


def _written(low: Lowering, key: object, route: Route, origin: Origin, path: NewPath) -> str:
    """Write the backend, or those of all hosts of a kind; what ``use_backend`` calls it."""
    assert route.mapping is not None
    comment = low.sources.comment(route.host.said_by(route.mapping))
    refused = _refusal(route, origin)
    if refused is None and route.host.number in low.kinds:
        return _write_kind(low, low.kinds[route.host.number], route, origin, path)
    backend = Section("backend", low.names.of(key, origin_backend(low, route, origin)), comment, host=route.host.name)
    low.backends.append(backend)
    if refused is not None:
        status, *backend_claims = refused
        backend.claims = tuple(backend_claims)
        backend.rule(f"http-request deny deny_status {status}")
        return backend.name
    backend.claims = _mapping_claims(route, route.host, origin)
    _emit_connections(low, route.host, origin, backend)
    _claim_timeouts(low, route.host)
    emit_policy(low, route, origin, path, backend)
    emit_servers(low, route, origin, backend)
    return backend.name


def _write_kind(low: Lowering, kind: Kind, route: Route, origin: Origin, path: NewPath) -> str:
    """What hosts that are alike share is a defaults section, from which the backend of each of them starts."""
    assert route.map is not None and route.mapping is not None
    number = sum(each.kind == kind for each in low.policies) + 1
    ending = low.ending_of(kind, number)
    comment = f"of {len(kind.hosts)} virtual hosts that are alike"
    policy = Section("defaults", low.kind_name(kind) + (f":{number}" if number > 1 else ""), comment, base=MAIN)
    low.policies.append(Policy(kind, policy))
    # The names of members, and with them the host that is asked for in checks, are each host's own.
    is_alike = isinstance(origin, Worker) and origin.check is None
    back = ways_back(kind, route)
    if is_alike:
        _emit_connections(low, kind.first, origin, policy)
    emit_policy(low, route, origin, path, policy, back)
    _claim_timeouts(low, kind.first)
    copies = _copies(low, kind, route, policy.name, ending, back) if is_alike else None
    if copies is not None:
        low.copies.append(copies)
    for host in kind.hosts if copies is None else ():
        its_origin = origin_of(low.program, host, route.map)
        comment = low.sources.comment(host.said_by(route.mapping))
        backend = Section("backend", low.host_name(host.number) + ending, comment, base=policy.name)
        backend.claims = _mapping_claims(route, host, its_origin)
        if not is_alike:
            _emit_connections(low, host, its_origin, backend)
        if not route.keep_host:
            emit_origin_host(its_origin, backend)
        back.emit_own(low, host, backend)
        emit_servers(low, route, its_origin, backend)
        low.own.append(backend)
    return f"%[var(txn.host)]{ending}"


def _copies(low: Lowering, kind: Kind, route: Route, policy: str, ending: str, back: WaysBack) -> Copies | None:
    """The backends of hosts that have one origin each; None where they are told apart by more than tokens."""
    assert route.map is not None and route.mapping is not None
    steps = [route.mapping, *(step for step, variable in back.shared if variable)]
    numbers = [position_of(kind, step) for step in steps]
    origins = [origin_of(low.program, host, route.map) for host in kind.hosts]
    workers = [each for each in origins if isinstance(each, Worker)]
    if back.own or None in numbers or len(workers) < len(origins):
        return None
    model = Section("backend", token("name") + ending, from_line(numbers[0] or 0), base=policy)
    model.claims = _mapping_claims(route, kind.first, workers[0])
    if not route.keep_host:
        model.rule("http-request set-header Host ?", token("authority"))
    back.emit_model(kind, [number or 0 for number in numbers[1:]], model)
    emit_servers(low, route, workers[0], model)
    server = model.lines[-1]
    server.words = ("server", token("server"), token("address"), *server.words[3:])
    return copies_of(low, kind, model, workers)


def _refusal(route: Route, origin: Origin) -> tuple[int, Claim] | None:
    """The status for all requests that the mapping takes, where nobody may be asked."""
    assert route.mapping is not None
    said_by = route.host.said_by(route.mapping)
    workers = members(origin)
    if not workers or workers[0].scheme not in SPOKEN:
        scheme = workers[0].scheme if workers else "balancer without members"
        return 503, unsupported(said_by, f"{scheme} is not supported yet", "scheme")
    tls, tls_said_by = settings_of(route)
    if SPOKEN[workers[0].scheme] and (why := origin_tls.why_closed(tls)):
        return 503, unsupported((*said_by, *tls_said_by), why, "closed")
    if SPOKEN[workers[0].scheme] and not tls.engine:
        return 500, exact((*said_by, *tls_said_by))
    return None


def _mapping_claims(route: Route, host: Host, origin: Origin) -> tuple[Claim, ...]:
    assert route.map is not None and route.mapping is not None
    said_by = host.said_by(route.mapping)
    claims: list[Claim] = []
    if route.map.raw and route.map.rest is not Rest.AFTER_PREFIX:
        claims.append(approximated(said_by, "nocanon: the path is normalised all the same", "nocanon"))
    claims += special_claims(route.map, said_by, puts=True)
    if len({member.path for member in members(origin)}) > 1:
        claims.append(approximated(said_by, "the members' paths differ: the first one's is used", "member-paths"))
    if upgrades_differ(origin):
        claims.append(approximated(said_by, UPGRADES, "member-upgrades"))
    if SPOKEN[members(origin)[0].scheme]:
        tls, tls_said_by = settings_of(replace(route, host=host))
        claims += origin_tls.claims_of(tls, said_by, tls_said_by)
    return (exact(said_by), *claims)


def _emit_connections(low: Lowering, host: Host, origin: Origin, backend: Section) -> None:
    """How members are chosen, and how long they are waited for (WP-6, WP-30): only where it isn't as usual."""
    emit_balancing(low, origin, backend)
    worker = members(origin)[0]
    limits, common = host.form.limits, low.program.hosts[low.program.index.main].shape.limits
    wait = worker.timeout or limits.proxy_timeout or limits.timeout
    usual = common.proxy_timeout or common.timeout
    if (worker.connect_timeout or wait) != usual:
        backend.add("timeout", "connect", seconds(worker.connect_timeout or wait))
    if wait != usual:
        backend.add("timeout", "server", seconds(wait))


def _claim_timeouts(low: Lowering, host: Host) -> None:
    if host.place:
        named = [each for each in low.scopes.own(host) if each.name.lower() in ("proxytimeout", "timeout")]
        low.dropped.append(exact(named))
