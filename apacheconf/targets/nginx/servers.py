"""A host as a server of nginx: what it refuses, what its paths come to, and what its errors and logs are.

Every location carries the full set of what it needs (NGX-30); only what is the same for all stands above.
"""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import Step
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.growing import places
from apacheconf.targets.hostnames import Endpoint
from apacheconf.targets.nginx import (
    bare,
    copies,
    core,
    documents,
    escapes,
    failures,
    file_tests,
    first_paths,
    messages,
    missing_documents,
    mod_dir,
    mod_log_config,
    mod_proxy,
    mod_remoteip,
    mod_rewrite,
    mod_ssl,
    named_users,
    overriding,
    settings,
    sharing,
    slashes,
    static,
)
from apacheconf.targets.nginx.locations import emit_place
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import USER
from apacheconf.targets.nginx.tree import Block, Directive, Entry, literal
from apacheconf.targets.restrictions import restrictions
from apacheconf.targets.routes import Route
from apacheconf.targets.schemes import at_address
from apacheconf.targets.unreached import claims_of_unreached


def emit_server(low: Lowering, server_of: copies.Server, servers: Block) -> None:
    """The server of a host, or the one that stands for all that are like it where ``low.alike`` says so."""
    host = low.alike.host if low.alike else low.program.hosts[server_of[1].host]
    server = _open(low, host, server_of, servers)
    low.begin_server()
    found = places(low.program, host, mod_ssl.why_closed(host), spelt_out=True, files=True)
    found = escapes.nearest(low, file_tests.nearest(low, _told_scheme(low, server_of[0], found)))
    _emit_refusals(low, host, server_of[1].host, found, server)
    settings_at = len(server.entries)
    _emit_restrictions(low, host, routes_in(found), server)
    proxied = _settle(low, host, found, server)
    pages = _emit_documents(low, host, found, proxied, server)
    _emit_locations(low, host, found, server)
    if proxied:
        again = documents.may_fail_again(low, host, pages)
        mod_proxy.emit_gateway_errors(low, documents.gateway_pages(low, host, pages), again, server)
    documents.emit_texts(low, server)
    overriding.emit_page(low, server)
    mod_dir.emit_without_index(low, server)
    mod_log_config.emit_logs(low, host, server)
    named_users.settle(low, host)
    server.entries[settings_at:settings_at] = [*first_paths.settings(low), *_settings(low)]
    failures.finish_failures(low, server)
    first_paths.finish(low, server)
    messages.emit_error_log(low, host, server)


def _open(low: Lowering, host: Host, server_of: copies.Server, servers: Block) -> Block:
    """The server with its addresses, its names, its certificates and its limits."""
    listens, named, as_regex = server_of
    alike, section = low.alike, low.scopes.section(host)
    servers.space()
    comment = low.sources.comment([section] if section else [])
    server = servers.open("server", comment=comment, claims=_host_claims(low, host))
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
    return server


def _emit_refusals(low: Lowering, host: Host, number: int, found: list[Place], server: Block) -> None:
    """What is refused whatever the path comes to; ``number`` is that of the host itself."""
    core.emit_slashes(low, number, routes_in(found), server)
    core.emit_guards(low, number, server, documents.lead_back(routes_in(found)))
    slashes.emit_kept(low, host, found, server)
    _emit_forward_proxy(low, host, server)


def _settle(low: Lowering, host: Host, found: list[Place], server: Block) -> bool:
    """What became of lines that no location says; gives whether any origin is asked over HTTP."""
    failures.begin_failures(low, host, server)
    proxied = any(each.mapping and not is_fcgi(each.origin(low.program)) for each in routes_in(found))
    low.dropped += [*mod_rewrite.settle_maps(low, host), *claims_of_unreached(host, found)]
    low.proxied = low.proxied or proxied
    settings.settle(low, host, proxied, found)
    if proxied:
        server.space()
        server.add("error_page", "502", "504", "=", "@gateway_error")
    low.places, low.files_at = found, {}
    return proxied


def _emit_documents(low: Lowering, host: Host, found: list[Place], proxied: bool, server: Block) -> list[Step]:
    """The documents of errors that all paths have, which are given."""
    overriding.begin(low, routes_in(found))
    missing_documents.begin_documents(low, host, routes_in(found))
    static.note_reached(low, host, found)
    pages = documents.common_documents(low, routes_in(found))
    low.documents, low.texts = {step.action for step in pages}, {}
    documents.settle_unasked(low, host, routes_in(found))
    documents.settle_refused(low, routes_in(found))
    documents.emit_documents(low, host, pages, proxied, server)
    return pages


def _emit_locations(low: Lowering, host: Host, found: list[Place], server: Block) -> None:
    locations = Block()
    for place in found:
        emit_place(low, host, place, locations)
    mod_dir.settle_folders(low, locations)
    bare.leave_out_needless(low, locations)
    documents.end_rounds(locations, server)
    sharing.share(locations, server)
    server.space()
    server.entries += locations.entries


def _settings(low: Lowering) -> list[Entry]:
    """The variables that the server needs before anything is asked."""
    users = [Directive("set", (USER, ""))] if low.tells_user else []
    return [*(low.alike.settings().entries if low.alike else []), *users, *low.maps.take_settings().entries]


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
