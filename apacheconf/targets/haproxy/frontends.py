"""Frontends: one for each address and port, with the hosts that are told apart there, and where their cells lead.

Hosts are told apart by a variable, cells by the path, the deepest first (HAP-2, HAP-10 to HAP-32).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, groupby

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import Condition, FromHost
from apacheconf.program.hosts import Cell, Host, Reach
from apacheconf.program.steps import MapToUrl, Step
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Closed, Place, Tree, close, leaves, routes_in
from apacheconf.targets.claims import Claim, unsupported
from apacheconf.targets.environments import variables_in
from apacheconf.targets.growing import places
from apacheconf.targets.haproxy import (
    core,
    documents,
    files,
    hosts,
    mod_headers,
    mod_log_config,
    mod_remoteip,
    mod_setenvif,
    mod_ssl,
)
from apacheconf.targets.haproxy.asked_headers import asked_in, joins
from apacheconf.targets.haproxy.backends import backend_of
from apacheconf.targets.haproxy.conditions import Term, Terms, can_ask
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import can_say
from apacheconf.targets.haproxy.mod_rewrite import settle_maps
from apacheconf.targets.haproxy.pages import pages_of
from apacheconf.targets.haproxy.rewriting import can_follow
from apacheconf.targets.haproxy.samples import Environment
from apacheconf.targets.haproxy.sharing import drop_unread
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.hostnames import Endpoint, Named
from apacheconf.targets.restrictions import asked_by, restrictions
from apacheconf.targets.routes import Route
from apacheconf.targets.schemes import at_address
from apacheconf.targets.unreached import claims_of_unreached

_NO_NAMES = "HAProxy looks up no names of clients, so nobody has them: write their addresses in Require ip"
#: Sections whose rules ask for variables.
Asking = list[Section]


def frontend_of(low: Lowering, endpoint: Endpoint, answering: list[Named]) -> Section:
    """The frontend of an address, of which these hosts answer; the backends that it leads to are written as well."""
    first = low.program.hosts[answering[0].host]
    scheme = "https" if first.front_tls else "http"
    frontend = Section("frontend", low.names.of(endpoint, f"{scheme}-{endpoint.address or 'all'}-{endpoint.port}"))
    every = _emit_reception(low, endpoint, answering, frontend)
    begin = len(frontend.lines)
    core.emit_guards(low, first, frontend)
    hosts.emit_choice(low, answering, frontend)
    mod_remoteip.emit_clients(low, every, frontend)
    lowered = [(host, _places(low, host, first)) for host in every]
    low.pages |= {host.number: pages_of(low.program, low.scopes, host, found) for host, found in lowered}
    low.documents |= {host.number: documents.of_host(low, found) for host, found in lowered}
    _emit_path(low, answering, every, frontend)
    asking = _emit_hosts(low, len(answering) > 1, lowered, frontend)
    core.emit_kept(asking, begin, frontend)
    drop_unread(r"txn\.(peer|env_.*)", frontend, asking)
    hosts.drop_unasked_default(low, answering, frontend)
    return frontend


def _emit_reception(low: Lowering, endpoint: Endpoint, answering: list[Named], frontend: Section) -> list[Host]:
    """The socket and its connections; the hosts that are told apart there, each of which may stand for others."""
    named = [low.program.hosts[each.host] for each in answering]
    hosts.emit_bind(low, endpoint, answering, mod_remoteip.bind_words(named), frontend)
    mod_remoteip.emit_preamble(low, named, frontend)
    every = [party.host for party in hosts.parties_of(low, answering, frontend.name)]
    core.emit_connections(low, every, frontend)
    frontend.space()
    return every


def _emit_path(low: Lowering, answering: list[Named], every: list[Host], frontend: Section) -> None:
    """What is refused for its path or its handshake, the path that all hosts map, and what failures are."""
    core.emit_path_guards(low, every, frontend)
    if low.keeps_raw:
        frontend.rule("http-request set-var(txn.raw) path")
    keeps_slashes = core.emit_slashes(low, every, low.is_one_of, frontend)
    core.emit_path(low, every, keeps_slashes, frontend)
    mod_ssl.emit_checks(low, answering, frontend)
    core.emit_responses(frontend)
    hosts.emit_default(low, answering, frontend)
    core.emit_allowed(low, every, frontend)


def _emit_hosts(low: Lowering, several: bool, lowered: list[tuple[Host, list[Place]]], frontend: Section) -> Asking:
    """What each host says by itself, and where it leads; the sections that ask for what the frontend has set."""
    every = [host for host, _ in lowered]
    for host, found in lowered:
        of_host = low.is_host(host) if several else ()
        mod_headers.emit_in_front(low, host, routes_in(found), of_host, frontend)
    terms, routing, log = Terms(), Section("routing"), Section("log")
    for host, found in lowered:
        _emit_environment(low, host, found, several, terms)
    for host, found in lowered:
        _emit_restrictions(low, host, routes_in(found), several, frontend)
    mod_log_config.emit_log(low, every, terms, log)
    # The default host comes last: its own rules need not ask for the host again.
    for host, found in [*lowered[1:], lowered[0]]:
        _emit_routing(low, host, found, host is not every[0], terms, routing)
    asking = [terms.rules, routing, log, *low.backends, *(each.section for each in low.policies)]
    hosts.emit_server_name(low, every[0], asking, frontend)
    asked = asked_in([terms.rules, routing, *_reached(low, routing)]) - mod_remoteip.headers_of(every)
    frontend.space()
    frontend.lines += joins(asked)
    if terms.rules.lines:
        frontend.space()
        frontend.say("Conditions that take more than one term.")
    frontend.lines += terms.rules.lines
    for section in (log, routing):
        frontend.space()
        frontend.lines += section.lines
    return asking


def _reached(low: Lowering, routing: Section) -> Iterator[Section]:
    """The sections that may take what a frontend routes."""
    names = {line.words[1] for line in routing.lines if line.words}
    yield from (each for each in low.backends if each.name in names)
    yield from (each.section for each in low.policies)


def _places(low: Lowering, host: Host, first: Host) -> list[Place]:
    """The places of a host at an address whose first host is ``first``.

    Where something would be lost that can be said in words of the request alone, it is said so.
    """
    closed, secure = mod_ssl.why_closed(host, first.front_tls), first.front_tls is not None
    found = at_address(places(low.program, host, closed, files=True), secure, captures=False)
    lost = _lost(low, host, found)
    if closed or not lost:
        return found
    in_words = places(low.program, host, spelt_out=True, conditional=True, files=True)
    spelt_out = at_address(in_words, secure, captures=False)
    if _lost(low, host, spelt_out) >= lost:
        return found
    low.spelt_out.add(host.number)
    return spelt_out


def _lost(low: Lowering, host: Host, found: list[Place]) -> int:
    """How many ends of these places are closed, and how many groups of their sections headers lack."""
    environment = mod_setenvif.environment_of(low, host, mod_setenvif.steps_of(found))
    ends = [end for place in found for _, end in leaves(_askable(place.tree, environment)[0])]
    groups = {each for end in ends if isinstance(end, Route) for each in variables_in(tuple(end.headers))
              if each.argument.startswith("MATCH_")}  # fmt: skip
    return len(groups) + sum(isinstance(end, Closed) or not _is_said(end, environment) for end in ends)


def _is_said(route: Route, environment: Environment) -> bool:
    """Whether HAProxy has words for what rules make of the URL, for where it leads, and for who may."""
    if any(isinstance(step.action, MapToUrl) for step in route.others):
        return False
    return can_follow(route, environment) and all(can_say(step, environment) for step in route.admits)


def _askable(tree: Tree, environment: Environment) -> tuple[Tree, list[Step]]:
    """The tree with questions only that HAProxy can ask, and the steps that are lost."""

    def sayable(condition: Condition) -> bool:
        return can_ask(condition, environment)

    return close(files.as_if_none(tree, sayable), sayable)


def _emit_environment(low: Lowering, host: Host, found: list[Place], several: bool, terms: Terms) -> None:
    steps = mod_setenvif.steps_of(found)
    read = mod_setenvif.read_by([*steps, *host.shape.server])
    terms.environment = low.environments[host.number] = mod_setenvif.environment_of(low, host, steps)
    mod_setenvif.emit_environment(low, host, terms, low.is_host(host) if several else (), read)
    mod_setenvif.report_unread(low, host, steps, read)


def _emit_restrictions(low: Lowering, host: Host, found: list[Route], several: bool, frontend: Section) -> None:
    environment = low.environments[host.number]
    for rule in restrictions(low.program, low.scopes, host, found, lambda step: can_say(step, environment)):
        of_host = low.is_host(host) if several else ()
        comment = f"refuses everyone: {low.sources.comment(rule.said_by)}"
        claims = (unsupported(rule.said_by, rule.why, rule.key),)
        frontend.add("http-request", "deny", "deny_status", str(rule.status), "if", *of_host, "{", "path,url_dec", "-m",
                     "reg", rule.pattern, "}", comment=comment, claims=claims)  # fmt: skip


def _emit_routing(low: Lowering, host: Host, found: list[Place], asks: bool, terms: Terms, frontend: Section) -> None:
    """The deepest cell first; the root's backend takes what is left of the host."""
    of_host = low.is_host(host) if asks else ()
    paths = {path: at for at, path in enumerate(dict.fromkeys(place.cell.path for place in found))}
    deepest = sorted(found, key=lambda place: (
        -len(place.cell.path), paths[place.cell.path], place.cell.reach is Reach.BELOW
    ))  # fmt: skip
    if not any(route.file or route.local for route in routes_in(found)):
        roots = [each for each in low.scopes.own(host) if each.name.lower() == "documentroot"]
        low.dropped.append(Claim(tuple(roots), Outcome.NO_EFFECT, "no path of the host leads to a file", "files"))
    low.dropped += [*settle_maps(low, host), *claims_of_unreached(host, found)]
    comment, claims = hosts.section_comment(low, host), hosts.host_claims(low, host)
    terms.environment = low.environments[host.number]
    for asked, backend in _rules(low, host, deepest, terms):
        words = ("use_backend", backend, "if", *of_host, *asked)
        if words[-1] == "if":
            words = ("default_backend", backend)
        frontend.add(*words, comment=comment, claims=claims)
        comment, claims = "", ()


def _rules(low: Lowering, host: Host, found: list[Place], terms: Terms) -> Iterator[tuple[Term, str]]:
    """What is asked, in order, and the backend that takes the requests for which it holds.

    A path and what lies below it are asked side by side where they ask the same, so that ``shorten`` can join them.
    """
    low.dropped += files.claims_of(host, found)
    for _, group in groupby(found, key=lambda place: place.cell.path):
        alike = list(group)
        rules = [list(_rules_of(low, host, place, terms)) for place in alike]
        cells = [[_in_cell(place.cell)] * len(each) for place, each in zip(alike, rules, strict=True)]
        pairs = [list(zip(*each, strict=True)) for each in zip(cells, rules, strict=True)]
        same = len({tuple(words for words, _ in each) for each in rules}) == 1
        ordered = chain.from_iterable(zip(*pairs, strict=True) if same else pairs)
        yield from (((*cell, *words), backend) for cell, (words, backend) in ordered)


def _rules_of(low: Lowering, host: Host, place: Place, terms: Terms) -> Iterator[tuple[Term, str]]:
    """The same within a place."""
    tree, lost = _askable(place.tree, terms.environment)
    low.dropped += [_unasked(host, step) for step in lost]
    for answers, end in leaves(tree):
        held = [terms.of(condition) for condition, answer in answers.items() if answer]
        words = terms.shortened(tuple(word for term in held if term != ("TRUE",) for word in term), "asked")
        yield words, backend_of(low, end)
        if not words:  # nothing is left for other answers
            return


def _unasked(host: Host, step: Step) -> Claim:
    """The claim for what is not asked of a client: of access rules only for the lines that ask for its name."""
    name = next(parts_in(step.when, FromHost), None)
    if name is None:
        return unsupported(host.said_by(step), "its condition can't be asked in HAProxy", "condition")
    return unsupported(asked_by(host.said_by(step), name), _NO_NAMES, "condition")


def _in_cell(cell: Cell) -> tuple[str, ...]:
    if not cell.path:
        return ()
    path = core.escaped(cell.path)
    return ("{", "path", "-m", "str", path, "}") if cell.reach is Reach.BARE else (
        "{", "path", "-m", "beg", f"{path}/", "}")  # fmt: skip
