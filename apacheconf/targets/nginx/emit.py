"""The walk over the program in the order that nginx wants: shared settings, maps, upstreams, servers.

Every location carries the full set of what it needs (NGX-30); only what is the same for all stands above.
"""

from __future__ import annotations

from apacheconf.ledger import Ledger
from apacheconf.program.hosts import Host, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import Respond
from apacheconf.targets.claims import Claim, equivalent, exact, settle, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.hostnames import (
    Endpoint,
    Named,
    endpoints,
    named_hosts,
)
from apacheconf.targets.nginx import core, mod_proxy
from apacheconf.targets.nginx.differences import differences
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import DOLLAR, Block, Directive, literal, print_tree
from apacheconf.targets.restrictions import KEY, WHY, restrictions
from apacheconf.targets.routes import Route, routes
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources
from apacheconf.targets.translation import Emission

FILE = "nginx.conf"
_WORDS = "Written by apacheconf from an Apache httpd configuration, for nginx"


def emit(program: Program, version: tuple[int, ...], ledger: Ledger) -> Emission:
    """nginx.conf, complete; the ledger gets what its lines claim."""
    low = Lowering(program, version, Sources(program.directives), Scopes(program.directives))
    servers = Block()
    for listens, named, as_regex in _servers(program):
        _emit_server(low, listens, named, as_regex, servers)
    text, claims = print_tree(_assemble(low, servers))
    settle(claims, FILE, ledger)
    for claim in low.dropped:
        ledger.drop(claim.said_by, claim.caveat, claim.outcome, claim.key)
    return Emission({FILE: text}, differences(version, any(host.shape.limits.trace for host in program.hosts)))


Listens = list[tuple[Endpoint, bool]]


def _servers(program: Program) -> list[tuple[Listens, Named, bool]]:
    """The servers to write: a host with the endpoints where it has the same names (NGX-10, NGX-12)."""
    found: dict[Named, tuple[Listens, Named, bool]] = {}
    for endpoint, candidates in endpoints(program).items():
        answering = named_hosts(program, candidates)
        as_regex = core.needs_regexes(answering)
        for position, named in enumerate(answering):
            found.setdefault(named, ([], named, as_regex))[0].append((endpoint, position == 0))
    return list(found.values())


def _assemble(low: Lowering, servers: Block) -> Block:
    root = Block()
    root.say(f"{_WORDS} {'.'.join(map(str, low.version))}.")
    root.say("Comments name the lines that a block came from; the report accounts for every directive.")
    root.space()
    root.add("worker_processes", "auto")
    root.space()
    root.open("events").add("worker_connections", "4096")
    root.space()
    http = root.open("http")
    http.say("httpd's limits and defaults, which differ from nginx's.")
    core.emit_limits(low, low.program.hosts[low.program.index.main], http)
    core.emit_hash_sizes([name for each in servers.directives() for name in _names_in(each)], http)
    http.space()
    http.say("What holds for every origin: headers end, pass and come back as with httpd.")
    mod_proxy.emit_defaults(low, http)
    if not any(each.name.lower() in ("customlog", "transferlog") for each in low.program.directives):
        http.space()
        http.add("access_log", "off", comment="no CustomLog")
    low.maps.emit(http)
    http.entries += _dollar(servers)
    for part in (low.upstreams, servers):
        http.space()
        http.entries += part.entries
    return root


def _names_in(server: Directive) -> list[str]:
    return [name for each in server.block.directives() if each.name == "server_name" for name in each.words] if (
        server.block) else []  # fmt: skip


def _dollar(servers: Block) -> list[Directive | str | None]:
    """NGX-195: a variable that holds the ``$`` nginx has no escape for, if any word needs it."""
    if not any(DOLLAR in word for each in _all_directives(servers) for word in each.words):
        return []
    block = Block()
    block.space()
    block.open("geo", "$dollar").add("default", "$")
    return [None, *block.entries]


def _all_directives(block: Block) -> list[Directive]:
    found = []
    for each in block.directives():
        found.append(each)
        found += _all_directives(each.block) if each.block else []
    return found


def _emit_server(low: Lowering, listens: Listens, named: Named, as_regex: bool, servers: Block) -> None:
    host = low.program.hosts[named.host]
    section = low.scopes.section(host)
    said_by = [section] if section else []
    servers.space()
    server = servers.open("server", comment=low.sources.comment(said_by), claims=_host_claims(low, host))
    for endpoint, default in listens:
        _emit_listen(low, endpoint, default, server)
    names = core.server_names(named, as_regex)
    if names:
        server.add("server_name", *names, claims=_name_claims(low, host, named))
    server.add("set", "$server_is", literal(host.name) if host.name else "$hostname")
    server.space()
    core.emit_guards(low, host, server)
    found = routes(host)
    _emit_restrictions(low, host, found, server)
    proxied = [each for each in found if each.mapping]
    if proxied:
        server.space()
        server.add("error_page", "502", "504", "=", "@gateway_error")
    for route in found:
        _emit_location(low, route, server)
    if proxied:
        mod_proxy.emit_gateway_errors(low, server)


def _emit_listen(low: Lowering, endpoint: Endpoint, default: bool, server: Block) -> None:
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    words = [f"{address}:{endpoint.port}" if address else str(endpoint.port)]
    said_by = low.scopes.listens(endpoint.port)
    server.add("listen", *words, *(["default_server"] if default else []), claims=(exact(said_by),))


def _host_claims(low: Lowering, host: Host) -> tuple[Claim, ...]:
    section = low.scopes.section(host)
    return (exact([section]),) if section else ()


def _name_claims(low: Lowering, host: Host, named: Named) -> tuple[Claim, ...]:
    """Names that an earlier host wins everywhere are dead; the others stand in ``server_name``."""
    return (exact(low.scopes.names(host)),)


def _emit_location(low: Lowering, route: Route, server: Block) -> None:
    server.space()
    location = server.open("location", *_matcher(route), comment=_comment(low, route))
    _report_unsure(low, route, location)
    if route.refusals:
        claims = tuple(unsupported(route.host.said_by(step), WHY, KEY) for step in route.refusals)
        location.add("return", "403", claims=claims)
        return
    origin = route.origin(low.program)
    if origin is not None:
        mod_proxy.emit_proxied(low, route, origin, location)
    else:
        _emit_local(low, route, location)


def _comment(low: Lowering, route: Route) -> str:
    if route.refusals:
        said_by = [each for step in route.refusals for each in route.host.said_by(step)]
        return f"refuses everyone: {low.sources.comment(said_by)}"
    decided = route.answer or route.mapping or route.local or route.file
    return low.sources.comment(route.host.said_by(decided)) if decided else ""


def _matcher(route: Route) -> tuple[str, ...]:
    path = route.cell.path
    if not path:
        return ("/",)
    return ("=", path) if route.cell.reach is Reach.BARE else ("^~", f"{path}/")


def _emit_local(low: Lowering, route: Route, location: Block) -> None:
    """A cell that no mapping takes: an answer made here, or the 404 of a server without that file."""
    status, claims = "404", []
    if route.local:
        claims.append(equivalent(route.host.said_by(route.local), FILES, "files"))
    if route.answer and isinstance(route.answer.action, Respond) and route.answer.action.body is None:
        status = str(route.answer.action.status)
        claims.append(exact(route.host.said_by(route.answer)))
    elif route.answer:
        claims.append(unsupported(route.host.said_by(route.answer), "redirects are not supported yet", "not-yet"))
    elif route.file:
        claims.append(unsupported(route.host.said_by(route.file), FILES, "files"))
    location.add("return", status, claims=tuple(claims))


def _report_unsure(low: Lowering, route: Route, location: Block) -> None:
    """What is not lowered yet leaves a comment at its place, and its row."""
    for step in (*route.unsure, *route.others):
        if step in route.refusals:
            continue
        said_by = route.host.said_by(step)
        low.dropped.append(unsupported(said_by, "not supported yet for nginx", "not-yet"))
        if said_by:
            location.say(f"not translated: {low.sources.comment(said_by)}")


def _emit_restrictions(low: Lowering, host: Host, found: list[Route], server: Block) -> None:
    for rule in restrictions(low.program, low.scopes, host, found):
        comment = f"refuses everyone: {low.sources.comment(rule.said_by)}"
        claims = (unsupported(rule.said_by, WHY, KEY),)
        server.open("if", "$uri", "~", rule.pattern, comment=comment, claims=claims).add("return", "403")
