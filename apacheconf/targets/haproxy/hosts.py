"""Hosts in HAProxy: binds, the choice of the host by name, and its claims (HAP-10 to HAP-16)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.tls import FrontTls
from apacheconf.targets.claims import Claim, approximated, exact
from apacheconf.targets.haproxy import mod_ssl
from apacheconf.targets.haproxy.core import HAS_HOST
from apacheconf.targets.haproxy.lowering import MANY, Lowering
from apacheconf.targets.haproxy.own_urls import Redirects
from apacheconf.targets.haproxy.samples import SERVER_NAME
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.haproxy.wildcards import emit_wildcards
from apacheconf.targets.hostnames import (
    NO_DNS,
    Endpoint,
    Named,
)
from apacheconf.targets.likeness import Kind, kinds_of
from apacheconf.targets.naming import slug
from apacheconf.targets.patterns import wildcard_regex

#: HAP-10: the Host without port and final dot, in small letters; an IPv6 address keeps its colons.
_NAME = r"req.fhdr(host),lower,regsub(:[0-9]+$,),regsub(\.$,)"
#: The fields whose URLs are mapped back.
_MAPPED_BACK = re.compile(r"(?i)(?<![\w-])(?:(?:content-)?location|uri|destination)(?![\w-])")


def emit_bind(low: Lowering, endpoint: Endpoint, answering: list[Named], more: list[str], frontend: Section) -> None:
    """The socket of the frontend, and the TLS that is spoken there."""
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address or "*"
    said_by = low.scopes.listens(endpoint.port)
    words, claims = mod_ssl.bind_words(low, answering, frontend.name)
    frontend.add("bind", f"{address}:{endpoint.port}", *words, *more, comment=low.sources.comment(said_by),
                 claims=(exact(said_by), *claims))  # fmt: skip


@dataclass(frozen=True)
class Party:
    """A host that the rules of a frontend tell apart; ``kind`` where it stands for others, too."""

    named: Named
    host: Host
    kind: Kind | None = None


def find_kinds(low: Lowering, served: dict[Endpoint, list[Named]]) -> Iterator[Kind]:
    """Hosts that are alike at addresses of many hosts, where none of them is the default (DES-18)."""
    if any(map(_edits_way_back, low.scopes.everywhere("header"))):
        return
    at: dict[int, list[Endpoint | None]] = {}
    for endpoint, answering in served.items():
        for named in answering:
            usable = len(answering) > MANY and named is not answering[0]
            at.setdefault(named.host, []).append(endpoint if usable else None)
    twice = {number for answering in served.values() for number in _called_alike(low, answering)}
    found = (low.program.hosts[number] for number, places in at.items() if None not in places and number not in twice)
    usable_hosts = (host for host in found if host.name == host.title == slug(host.name))
    redirects = Redirects()
    yield from kinds_of(
        low.program, low.scopes, usable_hosts,
        lambda host: (*at[host.number], _told(host.front_tls), *redirects.of(host)),
    )  # fmt: skip


def _called_alike(low: Lowering, answering: Sequence[Named]) -> Iterator[int]:
    """The hosts of an address that others there share their ServerName with: a request would not tell them apart."""
    by_name: dict[str, list[int]] = {}
    for named in answering:
        by_name.setdefault(low.program.hosts[named.host].name.lower(), []).append(named.host)
    return (number for several in by_name.values() if len(several) > 1 for number in several)


def _edits_way_back(directive: Written) -> bool:
    """Whether the order of a Header line and ProxyPassReverse may matter."""
    return _MAPPED_BACK.search(directive.args) is not None


def _told(tls: FrontTls | None) -> FrontTls | None:
    """What rules say of how a host speaks TLS: its certificates are on lists."""
    return tls and replace(tls, certificates=(), keys=(), chain="", said_by=())


def parties_of(low: Lowering, answering: list[Named], frontend: str) -> list[Party]:
    """The hosts that a frontend tells apart, the default first; what it calls them is ``low.called``."""
    several = len(answering) > MANY
    members = {host.number: kind for kind in low.kinds.values() for host in kind.hosts} if several else {}
    found = []
    for named in answering:
        kind = members.get(named.host)
        if kind is not None:
            low.called[named.host] = "txn.kind", low.kind_name(kind)
        else:
            low.called[named.host] = "txn.kind" if members else "txn.host", low.host_name(named.host)
        if kind is None or kind.first.number == named.host:
            found.append(Party(named, low.program.hosts[named.host], kind))
    if members:
        lines = (f"{low.host_name(n.host)} {low.called[n.host][1]}\n" for n in answering if n.host in members)
        low.files[f"{frontend}-kinds.map"] = "".join(lines)
    return found


def emit_default(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """The host that answers where a request is refused before its name is known."""
    if len(answering) < 2:
        return
    for variable, name in _defaults(low, answering):
        frontend.rule(f"http-after-response set-var({variable}) str({name}) unless {{ var({variable}) -m found }}")


def _defaults(low: Lowering, answering: list[Named]) -> Iterable[tuple[str, str]]:
    first = answering[0].host
    return dict.fromkeys([("txn.host", low.host_name(first)), low.called[first]])


#: Lines that are met by none who was refused before the host was known.
_WHEN_KNOWN = frozenset({"http-request", "http-response", "use_backend", "default_backend"})


def drop_unasked_default(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """Leave out what ``emit_default`` has said where nothing about an answer, or in a log, asks for the host."""
    for variable, _ in _defaults(low, answering) if len(answering) > 1 else ():
        setter = "http-after-response", f"set-var({variable})"
        late = [line for line in frontend.lines if line.words[:1] and line.words[0] not in _WHEN_KNOWN]
        if not any(f"var({variable})" in word for line in late if line.words[:2] != setter for word in line.words):
            frontend.lines = [line for line in frontend.lines if line.words[:2] != setter]


def emit_choice(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """Which host a request is for: the default, then wildcards from the last to the first, then literal names."""
    if len(answering) < 2:
        return
    frontend.space()
    frontend.say("Which virtual host it is; later rules win.")
    frontend.add("http-request", "set-var(txn.host)", f"str({low.host_name(answering[0].host)})")
    frontend.add("http-request", "set-var(txn.name)", _NAME)
    emit_wildcards(low, answering, frontend)
    if sum(len(named.names) for named in answering) > MANY:
        lines = (f"{name} {low.host_name(named.host)}" for named in answering for name in named.names)
        low.files[f"{frontend.name}-names.map"] = "\n".join(lines) + "\n"
        found = f"var(txn.name),map_str({frontend.name}-names.map)"
        frontend.add("http-request", "set-var(txn.host)", found, "if", "{", found, "-m", "found", "}")
        _emit_kind(low, answering, frontend)
        return
    for named in answering:
        if named.names and (named is not answering[0] or _may_be_others(named, answering)):
            asked = "{", "var(txn.name)", "-m", "str", *named.names, "}"
            frontend.add("http-request", "set-var(txn.host)", f"str({low.host_name(named.host)})", "if", *asked)


def _may_be_others(first: Named, answering: list[Named]) -> bool:
    """Whether a wildcard takes a name of the first host, which is the default, for another one."""
    patterns = [re.compile(wildcard_regex(each)) for named in answering if named is not first for each in named.wild]
    return any(each.fullmatch(name) for each in patterns for name in first.names)


def _emit_kind(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """What the host is called together with those that are like it."""
    file = f"{frontend.name}-kinds.map"
    if file in low.files:
        found = f"var(txn.host),map_str({file})"
        frontend.add("http-request", "set-var(txn.kind)", "var(txn.host)")
        frontend.add("http-request", "set-var(txn.kind)", found, "if", "{", found, "-m", "found", "}")


def emit_server_name(low: Lowering, first: Host, sections: Iterable[Section], frontend: Section) -> None:
    """What the client calls the server, where anything asks for it; without a Host it is the name of the first one."""
    asked = f"var({SERVER_NAME})"
    if any(asked in word for section in sections for line in section.lines for word in line.words):
        frontend.add("http-request", f"set-{asked}", _NAME)
        name = "var(txn.host)" if first.number in low.kinds else f"str({first.name})"  # on trial it is one of many
        frontend.rule(f"http-request set-{asked} ? unless {HAS_HOST}", name)


def section_comment(low: Lowering, host: Host) -> str:
    """Where the host was written."""
    section = low.scopes.section(host)
    return low.sources.comment([section] if section else low.scopes.names(host)[:1])


def host_claims(low: Lowering, host: Host) -> tuple[Claim, ...]:
    """The section and its names."""
    section = low.scopes.section(host)
    canonical = [each for each in low.scopes.own(host) if each.name.lower() == "usecanonicalname"]
    looked_up = [each for each in canonical if each.args.lower() == "dns"]
    named = [each for each in canonical if each not in looked_up]
    return (
        exact([*([section] if section else []), *low.scopes.names(host), *named]),
        approximated(looked_up, NO_DNS, "canonical-dns"),
    )
