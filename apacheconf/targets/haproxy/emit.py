"""The walk over the program in the order that HAProxy wants: global, defaults, frontends, backends.

Routing stands in the frontend, rewriting in the backends (HAP-2). A frontend is one address and port; its hosts are
told apart by a variable, its cells by the path, the deepest first.
"""

from __future__ import annotations

from apacheconf.ledger import Ledger
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import Respond
from apacheconf.targets.claims import Claim, equivalent, exact, settle, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.haproxy import core, hosts, mod_proxy
from apacheconf.targets.haproxy.differences import DIFFERENCES
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section, print_tree
from apacheconf.targets.hostnames import Endpoint, Named, endpoints, named_hosts
from apacheconf.targets.restrictions import KEY, WHY, restrictions
from apacheconf.targets.routes import Route, routes
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources
from apacheconf.targets.translation import NO_TRACE, Emission

FILE = "haproxy.cfg"


def emit(program: Program, version: tuple[int, ...], ledger: Ledger) -> Emission:
    """haproxy.cfg, complete; the ledger gets what its lines claim."""
    low = Lowering(program, version, Sources(program.directives), Scopes(program.directives))
    main = program.hosts[program.index.main]
    process, defaults = Section("global"), Section("defaults")
    core.emit_global(process)
    core.emit_defaults(low, main, defaults)
    frontends = [
        _frontend(low, endpoint, named_hosts(program, candidates))
        for endpoint, candidates in endpoints(program).items()
    ]
    text, claims = print_tree([process, defaults, *frontends, *low.backends], _head(low))
    settle(claims, FILE, ledger)
    for claim in low.dropped:
        ledger.drop(claim.said_by, claim.caveat, claim.outcome, claim.key)
    return Emission({FILE: text}, DIFFERENCES if main.shape.limits.trace else (NO_TRACE, *DIFFERENCES))


def _head(low: Lowering) -> list[str]:
    version = ".".join(map(str, low.version))
    return [
        f"Written by apacheconf from an Apache httpd configuration, for HAProxy {version}.",
        "Comments name the lines that a section came from; the report accounts for every directive.",
    ]


def _frontend(low: Lowering, endpoint: Endpoint, answering: list[Named]) -> Section:
    frontend = Section("frontend", low.names.of(endpoint, f"http-{endpoint.address or 'all'}-{endpoint.port}"))
    first = low.program.hosts[answering[0].host]
    hosts.emit_bind(low, endpoint, frontend)
    frontend.space()
    core.emit_guards(low, first, frontend)
    core.emit_path(first, frontend)
    hosts.emit_choice(low, answering, frontend)
    lowered = [(named, routes(low.program.hosts[named.host])) for named in answering]
    for named, found in lowered:
        _emit_restrictions(low, named, found, len(answering) > 1, frontend)
    core.emit_responses(frontend)
    frontend.space()
    # The default host comes last: its own rules need not ask for the host again.
    for named, found in [*lowered[1:], lowered[0]]:
        _emit_routing(low, named, found, named is not answering[0], frontend)
    return frontend


def _emit_restrictions(low: Lowering, named: Named, found: list[Route], several: bool, frontend: Section) -> None:
    host = low.program.hosts[named.host]
    for rule in restrictions(low.program, low.scopes, host, found):
        of_host = hosts.is_host(low, host) if several else ()
        comment = f"refuses everyone: {low.sources.comment(rule.said_by)}"
        frontend.add(*["http-request", "deny", "deny_status", "403", "if"], *of_host, "{", "path,url_dec", "-m", "reg",
                     rule.pattern, "}", comment=comment, claims=(unsupported(rule.said_by, WHY, KEY),))  # fmt: skip


def _emit_routing(low: Lowering, named: Named, found: list[Route], asks: bool, frontend: Section) -> None:
    """The deepest cell first; the root's backend takes what is left of the host."""
    host = low.program.hosts[named.host]
    of_host = hosts.is_host(low, host) if asks else ()
    deepest = sorted(found, key=lambda route: (-len(route.cell.path), route.cell.reach is Reach.BELOW))
    comment = hosts.section_comment(low, host)
    for route in deepest:
        asked = (*of_host, *_in_cell(route.cell))
        words = ("use_backend", _backend(low, route), "if", *asked)
        if not asked:
            words = ("default_backend", words[1])
        frontend.add(*words, comment=comment, claims=hosts.host_claims(low, host) if comment else ())
        comment = ""


def _in_cell(cell: Cell) -> tuple[str, ...]:
    if not cell.path:
        return ()
    how, path = ("str", cell.path) if cell.reach is Reach.BARE else ("beg", f"{cell.path}/")
    return ("{", "path", "-m", how, core.escaped(path), "}")


def _backend(low: Lowering, route: Route) -> str:
    origin = route.origin(low.program)
    if origin is not None and not route.refusals:
        return mod_proxy.backend_for(low, route, origin)
    status, claims = _local(route)
    name = low.names.of(("answers", status), "not-found" if status == 404 else f"answers-{status}")
    backend = low.bodies.get(("answers", status))
    if backend is None:
        backend = Section("backend", name, comment="what no mapping takes" if status == 404 else "")
        backend.rule(f"http-request deny deny_status {status}")
        low.bodies["answers", status] = backend
        low.backends.append(backend)
    backend.claims += claims
    for step in (*route.unsure, *route.others):
        if step not in route.refusals:
            low.dropped.append(unsupported(route.host.said_by(step), "not supported yet for haproxy", "not-yet"))
    return name


def _local(route: Route) -> tuple[int, tuple[Claim, ...]]:
    """A cell that no mapping takes: an answer made here, or the 404 of a server without that file."""
    status, claims = 404, [unsupported(route.host.said_by(step), WHY, KEY) for step in route.refusals]
    if route.refusals:
        return 403, tuple(claims)
    if route.local:
        claims.append(equivalent(route.host.said_by(route.local), FILES, "files"))
    if route.answer and isinstance(route.answer.action, Respond) and route.answer.action.status in _DENIALS:
        status = route.answer.action.status
        claims.append(exact(route.host.said_by(route.answer)))
    elif route.answer:
        claims.append(unsupported(route.host.said_by(route.answer), "not supported yet for haproxy", "not-yet"))
    elif route.file:
        claims.append(unsupported(route.host.said_by(route.file), FILES, "files"))
    return status, tuple(claims)


#: The statuses that ``deny`` can answer with.
_DENIALS = frozenset({400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504})
