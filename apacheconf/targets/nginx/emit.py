"""The walk over the program in the order that nginx wants: shared settings, maps, upstreams, servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from apacheconf.ledger import Ledger
from apacheconf.program.program import Program
from apacheconf.targets.hostnames import (
    Named,
    endpoints,
    named_hosts,
)
from apacheconf.targets.media_types import is_known
from apacheconf.targets.nginx import (
    applications,
    copies,
    core,
    file_tests,
    htaccess,
    messages,
    mod_log_config,
    mod_mime,
    mod_proxy,
    mod_proxy_fcgi,
    mod_proxy_hcheck,
    mod_rewrite,
    overrides,
    settings,
    static,
)
from apacheconf.targets.nginx.differences import Traits, differences
from apacheconf.targets.nginx.files import Files, own_files
from apacheconf.targets.nginx.handshakes import handshakes
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.servers import emit_server
from apacheconf.targets.nginx.tree import DOLLAR, QUESTION, Block, Copy, Directive, Entry, all_directives
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources
from apacheconf.targets.translation import Emission, adds_always, asks_securely

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
    mod_rewrite.settle_folders(low)
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
        any("_" in name for host in program.hosts for name in (host.name, *host.aliases)),
        bool(low.ways),
    )
    return Emission(files.texts, differences(version, traits), (*htaccess.notes(low), *low.joined.notes(files.texts)))


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
    by_host, lower = {server[1].host: server for server in found}, partial(emit_server, low)
    made = (copies.emit_model(low, kind, by_host, lower) for kind in copies.find_kinds(low, found))
    models = [each for each in made if each is not None]
    written = {number: copy for each in models for number, copy in each.servers.items()}
    for server in found:
        copy = written.get(server[1].host)
        if copy is None:
            emit_server(low, server, servers)
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
    applications.emit_defaults(low, http)
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
