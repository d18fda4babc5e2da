"""The walk over the program in the order that HAProxy wants: global, defaults, frontends, backends (HAP-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apacheconf.ledger import Ledger
from apacheconf.program.program import Program
from apacheconf.targets.claims import settle
from apacheconf.targets.haproxy import (
    core,
    hosts,
    mod_log_config,
    mod_ssl,
)
from apacheconf.targets.haproxy.copies import settle_copies
from apacheconf.targets.haproxy.differences import DIFFERENCES, FILES, NO_ECHO, UNBELIEVED
from apacheconf.targets.haproxy.frontends import frontend_of
from apacheconf.targets.haproxy.hoisting import hoist
from apacheconf.targets.haproxy.key_links import note_of
from apacheconf.targets.haproxy.lowering import MAIN, Lowering
from apacheconf.targets.haproxy.mod_proxy_hcheck import claims_of_expressions
from apacheconf.targets.haproxy.own_words import can_say as can_say_own
from apacheconf.targets.haproxy.own_words import say_own
from apacheconf.targets.haproxy.sharing import share_backends, shorten
from apacheconf.targets.haproxy.tree import Line, Section, print_tree
from apacheconf.targets.hostnames import Endpoint, Named, endpoints, named_hosts
from apacheconf.targets.likeness import FEWEST, Kind
from apacheconf.targets.own_words import OwnName
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources
from apacheconf.targets.translation import LINE_ORDER, Difference, Emission, adds_always, asks_securely

FILE = "haproxy.cfg"


def emit(program: Program, version: tuple[int, ...], ledger: Ledger, scopes: Scopes, folder: bool = False) -> Emission:
    """haproxy.cfg, complete; the ledger gets what its lines claim.

    In a ``folder`` it is the same: hosts of one socket share their frontend, which can't be parted.
    """
    low = Lowering(program, version, Sources(program.directives, program.one_reading), scopes)
    text = _printed(low, _lower(low), ledger)
    notes = tuple(filter(None, (note_of(low.key_links), *low.notes)))
    return Emission({FILE: text, **low.files}, tuple(_differences(low)), notes)


def _lower(low: Lowering) -> list[Section]:
    """The sections that are written one by one, in their order."""
    process, defaults = Section("global"), Section("defaults")
    core.emit_global(low, process)
    mod_ssl.emit_global(low, process)
    mod_log_config.emit_global(low, process)
    core.emit_defaults(low, low.program.hosts[low.program.index.main], defaults)
    candidates = endpoints(low.program)
    served = {endpoint: named_hosts(low.program, several) for endpoint, several in candidates.items()}
    _find_kinds(low, served)
    low.nameless = frozenset(answering[0].host for answering in served.values())
    frontends = [frontend_of(low, endpoint, answering) for endpoint, answering in served.items()]
    low.backends = share_backends(low.backends, frontends)
    for frontend in frontends:
        shorten(frontend)
    policies = [each.section for each in low.policies]
    say_own([*frontends, *low.backends, *policies], low.own_name)
    hoisted = hoist(low, frontends)
    if low.files:
        process.lines.insert(0, Line(("default-path", "config"), "the files that are named here stand beside this one"))
    if policies or hoisted:
        defaults.name = MAIN
        for section in (*frontends, *low.backends):
            section.base = section.base or MAIN
    return [process, defaults, *hoisted, *low.userlists, *frontends, *low.backends, *policies]


def _printed(low: Lowering, sections: list[Section], ledger: Ledger) -> str:
    """The text of the sections, and of those of hosts that are alike behind them; what their lines claim is settled."""
    text, claims = print_tree(sections, _head(low))
    own, own_claims = print_tree(low.own, [], text.count("\n"))
    settle(claims, FILE, ledger)
    for claim in (*low.dropped, *claims_of_expressions(low), *core.claims_of_switches(low)):
        ledger.drop(claim.said_by, claim.caveat, claim.outcome, claim.key)
    begins = text.count("\n") + own.count("\n")
    for copies in low.copies:
        copies.begins, begins = begins, begins + copies.text.count("\n")
    for kind in low.kinds.values():
        settle_copies(kind, [each for each in low.copies if each.kind is kind], FILE, ledger)
    settle(own_claims, FILE, ledger)
    return "".join([text, own, *(each.text for each in low.copies)])


def _differences(low: Lowering) -> Iterator[Difference]:
    """What differs whatever the configuration says, as far as this one can show it."""
    if low.answers_here and any(host.form.limits.trace for host in low.program.hosts):
        yield NO_ECHO
    yield from DIFFERENCES
    if low.lacks_files:
        yield FILES
    if adds_always(low.program):
        yield LINE_ORDER
    if asks_securely(low.program):
        yield UNBELIEVED


def _find_kinds(low: Lowering, served: dict[Endpoint, list[Named]]) -> None:
    """Find the hosts that are alike, and let the first of each kind stand for all; those that say words of their own
    in ways that can't be said of all are lowered one by one.
    """
    at = {named.host: (endpoint, named) for endpoint, answering in served.items() for named in answering}
    kinds = [each for each in hosts.find_kinds(low, served) if not each.own or _can_say_own(low, each, at)]
    models = {each.first.number: each.model_of(each.first) or each.first for each in kinds}
    low.program = replace(low.program, hosts=tuple(models.get(each.number, each) for each in low.program.hosts))
    low.kinds = {each.first.number: each for each in kinds}
    names = list(filter(None, map(OwnName.of, kinds)))
    low.own_name = next((each for each in names if each.without_www), names[0] if names else None)
    for each in kinds:
        low.call_alike(each)


def _can_say_own(low: Lowering, kind: Kind, at: dict[int, tuple[Endpoint, Named]]) -> bool:
    """Whether what stands for the words of each can be said of whoever is asked; a few are lowered to see it."""
    few = replace(kind, hosts=kind.hosts[:FEWEST], written=kind.written[:FEWEST], own=kind.own[:FEWEST])
    model, number = kind.model_of(kind.first), kind.first.number
    if model is None:
        return False
    program = replace(low.program, hosts=tuple(model if each.number == number else each for each in low.program.hosts))
    trial = Lowering(program, low.version, low.sources, low.scopes)
    trial.kinds = {number: few}
    trial.call_alike(few)
    endpoint, named = at[number]
    frontend = frontend_of(trial, endpoint, [named])
    return can_say_own([frontend, *trial.backends, *(each.section for each in trial.policies)], OwnName.of(kind))


def _head(low: Lowering) -> list[str]:
    version = ".".join(map(str, low.version))
    return [
        f"Written by apacheconf from an Apache httpd configuration, for HAProxy {version}.",
        "Comments name the lines that a section came from; the report accounts for every directive.",
    ]
