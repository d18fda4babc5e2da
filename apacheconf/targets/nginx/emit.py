"""The walk over the program in the order that nginx wants: shared settings, maps, upstreams, servers.

Every location carries the full set of what it needs (NGX-30); only what is the same for all stands above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from apacheconf.ledger import Ledger
from apacheconf.program.hosts import Host
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.program import Program
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.growing import places
from apacheconf.targets.hostnames import (
    Endpoint,
    Named,
    endpoints,
    named_hosts,
)
from apacheconf.targets.media_types import is_known
from apacheconf.targets.nginx import (
    bare,
    copies,
    core,
    documents,
    failed_requests,
    failures,
    file_tests,
    htaccess,
    messages,
    missing_documents,
    mod_dir,
    mod_log_config,
    mod_mime,
    mod_proxy,
    mod_proxy_fcgi,
    mod_proxy_hcheck,
    mod_remoteip,
    mod_rewrite,
    mod_ssl,
    overrides,
    overriding,
    settings,
    sharing,
    slashes,
    static,
)
from apacheconf.targets.nginx.differences import Traits, differences
from apacheconf.targets.nginx.files import Files, own_files
from apacheconf.targets.nginx.handshakes import handshakes
from apacheconf.targets.nginx.locations import emit_place
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import USER
from apacheconf.targets.nginx.tree import DOLLAR, QUESTION, Block, Copy, Directive, Entry, all_directives, literal
from apacheconf.targets.restrictions import restrictions
from apacheconf.targets.routes import Route
from apacheconf.targets.schemes import at_address
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources
from apacheconf.targets.translation import Emission, adds_always, asks_securely
from apacheconf.targets.unreached import claims_of_unreached

FILE, TYPES = "nginx.conf", "mime.types"
_WORDS = "Written by apacheconf from an Apache httpd configuration, for nginx"


def emit(program: Program, version: tuple[int, ...], ledger: Ledger, scopes: Scopes, folder: bool = False) -> Emission:
    """nginx.conf, complete, or as a ``folder`` with a file for each host; the ledger gets what its lines claim."""
    low = Lowering(program, version, Sources(program.directives, program.one_reading), scopes)
    low.handshakes, misdirected = handshakes(program)
    servers = Block()
    found = _emit_servers(low, servers)
    models = [each.model for each in found]
    settings.settle(low, program.hosts[program.index.main], low.proxied, [])
    files = Files(FILE, ledger)
    types = mod_mime.settle_tables(low, [(servers, 1), *((each.model, len(each.servers)) for each in found)])
    for each in found:
        copies.write(low, each, 0 if folder else 1)
    if folder and types.entries:
        files.add(TYPES, types)
        types = Block([Directive("include", (TYPES,))])
    hosts = own_files(servers, files) if folder else servers
    files.add(FILE, _assemble(low, [servers, *models], hosts, types))
    mod_mime.settle_types(low, files.claims)
    static.settle_unreached(low, {host.number for each in found for host in each.kind.hosts[1:]})
    mod_proxy_hcheck.settle(low)
    overrides.settle(low)
    file_tests.settle(low)
    for claim in low.dropped:
        ledger.drop(claim.said_by, claim.caveat, claim.outcome, claim.key)
    for each in found:
        copies.settle_copies(each, ledger)
    trace = any(host.form.limits.trace for host in program.hosts)
    named = any(re.search("[a-z]", each.host) and not each.socket for each in program.workers())
    traits = Traits(
        trace,
        misdirected,
        low.serves_files,
        is_known(program, scopes),
        low.asks_scripts,
        named,
        adds_always(program),
        asks_securely(program),
    )
    return Emission(files.texts, differences(version, traits), htaccess.notes(low))


def _servers(program: Program) -> list[copies.Server]:
    """The servers to write: a host with the endpoints where it has the same names (NGX-10, NGX-12)."""
    found: dict[Named, copies.Server] = {}
    for endpoint, candidates in endpoints(program).items():
        answering = named_hosts(program, candidates)
        as_regex = core.needs_regexes(answering)
        for position, named in enumerate(answering):
            found.setdefault(named, ([], named, as_regex))[0].append((endpoint, position == 0))
    return list(found.values())


def _emit_servers(low: Lowering, servers: Block) -> list[copies.Copies]:
    """Write all servers in their order; gives the copies among them, whose text is still to be written."""
    found = _servers(low.program)
    by_host, lower = {server[1].host: server for server in found}, partial(_emit_server, low)
    made = (copies.emit_model(low, kind, by_host, lower) for kind in copies.find_kinds(low, found))
    models = [each for each in made if each is not None]
    written = {number: copy for each in models for number, copy in each.servers.items()}
    for server in found:
        copy = written.get(server[1].host)
        if copy is None:
            _emit_server(low, server, servers)
        else:
            servers.space()
            servers.entries.append(copy)
    return models


def _assemble(low: Lowering, servers: list[Block], *at_the_end: Block) -> Block:
    """The main file; ``at_the_end`` stand the ``servers``, or where they are, and the types of files."""
    root = Block()
    root.say(f"{_WORDS} {'.'.join(map(str, low.version))}.")
    root.say("Comments name the lines that a block came from; the report accounts for every directive.")
    root.space()
    root.add("worker_processes", "auto")
    messages.emit_main_log(low, root)
    root.space()
    root.open("events").add("worker_connections", "4096")
    root.space()
    http = root.open("http")
    http.say("httpd's limits and defaults, which differ from nginx's.")
    core.emit_limits(low, low.program.hosts[low.program.index.main], http)
    core.emit_hash_sizes([name for block in servers for name in _names_in(block)], low.version, http)
    core.emit_map_sizes(low, http)
    mod_proxy.emit_defaults(low, http)
    mod_proxy_fcgi.emit_defaults(low, http)
    http.space()
    http.add("access_log", "off", comment="a server that has no CustomLog writes no log")
    mod_mime.emit_types(low, http)
    written = [each for block in (*servers, low.members) for each in all_directives(block)]
    words = [*low.formats, *(word for each in written for word in each.words)]
    low.maps.emit(http, words)
    mod_log_config.emit_formats(low, http)
    http.entries += _signs([*words, *low.maps.words()])
    for part in (low.upstreams, low.members, *at_the_end):
        if part.entries:
            http.space()
            http.entries += part.entries
    return root


def _names_in(servers: Block) -> Iterator[str]:
    for each in servers.entries:
        if isinstance(each, Copy):
            yield from each.names
        elif isinstance(each, Directive) and each.block:
            yield from (name for line in each.block.directives() if line.name == "server_name" for name in line.words)


def _signs(words: list[str]) -> list[Entry]:
    """NGX-195: variables that hold a sign for which nginx has no escape, where a word needs one."""
    block = Block()
    for sign, variable in (("$", DOLLAR), ("?", QUESTION)):
        if any(variable in word for word in words):
            block.space()
            block.open("geo", variable.replace("{", "").replace("}", "")).add("default", sign)
    return [None, *block.entries] if block.entries else []


def _emit_server(low: Lowering, server_of: copies.Server, servers: Block) -> None:
    listens, named, as_regex = server_of
    alike = low.alike
    host = alike.host if alike else low.program.hosts[named.host]
    section = low.scopes.section(host)
    said_by = [section] if section else []
    servers.space()
    server = servers.open("server", comment=low.sources.comment(said_by), claims=_host_claims(low, host))
    for endpoint, default in listens:
        _emit_listen(low, host, endpoint, default, server)
    names = [alike.word("names")] if alike else core.server_names(named, as_regex)
    if names:
        server.add("server_name", *names, claims=_name_claims(low, host))
    mod_ssl.emit_tls(low, host, server)
    claims = () if names else _name_claims(low, host)
    name = literal(host.name) if host.name else "$hostname"
    server.add("set", "$server_is", alike.word("name") if alike else name, claims=claims)
    core.emit_own_limits(low, host, server)
    mod_remoteip.emit_remote_ip(low, host, server)
    server.space()
    low.begin_server()
    found = _told_scheme(low, listens, places(low.program, host, mod_ssl.why_closed(host), spelt_out=True, files=True))
    found = file_tests.nearest(low, found)
    core.emit_slashes(low, named.host, routes_in(found), server)
    core.emit_guards(low, named.host, server, documents.lead_back(routes_in(found)))
    slashes.emit_kept(low, host, found, server)
    _emit_forward_proxy(low, host, server)
    settings_at = len(server.entries)
    _emit_restrictions(low, host, routes_in(found), server)
    failures.begin_failures(low, host, server)
    proxied = any(each.mapping and not is_fcgi(each.origin(low.program)) for each in routes_in(found))
    low.dropped += [*mod_rewrite.settle_maps(low, host), *claims_of_unreached(host, found)]
    low.proxied = low.proxied or proxied
    settings.settle(low, host, proxied, found)
    if proxied:
        server.space()
        server.add("error_page", "502", "504", "=", "@gateway_error")
    low.places = found
    overriding.begin(low, routes_in(found))
    missing_documents.begin_documents(low, host, routes_in(found))
    static.note_reached(low, host, found)
    pages = documents.common_documents(low, routes_in(found))
    low.documents, low.texts = {step.action for step in pages}, {}
    documents.settle_unasked(low, host, routes_in(found))
    documents.settle_refused(low, routes_in(found))
    documents.emit_documents(low, host, pages, proxied, server)
    locations = Block()
    for place in found:
        emit_place(low, host, place, locations)
    mod_dir.settle_folders(low, locations)
    bare.leave_out_needless(low, locations)
    documents.end_rounds(locations, server)
    sharing.share(locations, server)
    server.space()
    server.entries += locations.entries
    if proxied:
        again = documents.may_fail_again(low, host, pages)
        mod_proxy.emit_gateway_errors(low, documents.gateway_pages(low, host, pages), again, server)
    documents.emit_texts(low, server)
    overriding.emit_page(low, server)
    mod_dir.emit_without_index(low, server)
    mod_log_config.emit_logs(low, host, server)
    server.entries[settings_at:settings_at] = low.maps.take_settings().entries
    if low.tells_user:
        server.entries.insert(settings_at, Directive("set", (USER, "")))
    server.entries[settings_at:settings_at] = alike.settings().entries if alike else []
    failures.finish_failures(low, server)
    failed_requests.finish_failed(low, server)
    messages.emit_error_log(low, host, server)


def _told_scheme(low: Lowering, listens: list[tuple[Endpoint, bool]], found: list[Place]) -> list[Place]:
    """Without questions about TLS, where each endpoint that the host listens at speaks it, or none does."""
    index = low.program.index
    sets = [index.set_for(endpoint.address or "*", endpoint.port) for endpoint, _ in listens]
    firsts = [low.program.hosts[each.hosts[0] if each else index.main] for each in sets]
    secure = {first.front_tls is not None for first in firsts}
    return at_address(found, secure.pop()) if len(secure) == 1 else found


def _emit_forward_proxy(low: Lowering, host: Host, server: Block) -> None:
    """ProxyRequests On: nginx is no forward proxy, and must not answer for other servers with what lies here."""
    found = [each for each in low.scopes.within(host) if each.name.lower() == "proxyrequests"]
    if found and found[-1].args.strip().lower() == "on":
        why = "nginx is no forward proxy: whoever asks for a URL of another server is refused"
        claims = (unsupported(found, why, "closed"),)
        server.open("if", "$request", "~", r"^\S+ \w+://", claims=claims).add("return", "403")


def _emit_listen(low: Lowering, host: Host, endpoint: Endpoint, default: bool, server: Block) -> None:
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address
    words = [f"{address}:{endpoint.port}" if address else str(endpoint.port)]
    said_by = low.scopes.listens(endpoint.port)
    words += (["ssl"] if host.front_tls else []) + (["default_server"] if default else [])
    words += ["proxy_protocol"] if host.preamble is not None else []
    found = low.program.index.set_for(endpoint.address or "*", endpoint.port)
    beside = [low.program.hosts[number] for number in found.hosts] if found and host.front_tls else [host]
    http2, claims = mod_ssl.http2_on(low, host, beside)
    server.add("listen", *words, *http2, claims=(exact(said_by), *claims))


def _host_claims(low: Lowering, host: Host) -> tuple[Claim, ...]:
    section = low.scopes.section(host)
    engine = [each for each in (host.front_tls.said_by if host.front_tls else ()) if each.name.lower() == "sslengine"]
    return (exact([*([section] if section else []), *engine]),)


def _name_claims(low: Lowering, host: Host) -> tuple[Claim, ...]:
    """Names that an earlier host wins everywhere are dead; the others stand in ``server_name``."""
    return (exact(low.scopes.names(host)),)


def _emit_restrictions(low: Lowering, host: Host, found: list[Route], server: Block) -> None:
    for rule in restrictions(low.program, low.scopes, host, found, lambda _: True):
        comment = f"refuses everyone: {low.sources.comment(rule.said_by)}"
        claims = (unsupported(rule.said_by, rule.why, rule.key),)
        block = server.open("if", "$uri", "~", rule.pattern, comment=comment, claims=claims)
        block.add("return", str(rule.status))
