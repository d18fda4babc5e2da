"""Hosts in HAProxy: binds, the choice of the host by name, and its claims (HAP-10 to HAP-16)."""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.targets.claims import Claim, exact
from apacheconf.targets.haproxy import mod_ssl
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.hostnames import (
    Endpoint,
    Named,
    is_suffix,
)
from apacheconf.targets.patterns import wildcard_regex

#: HAP-10: the Host without port and final dot, in small letters; an IPv6 address keeps its colons.
_NAME = r"req.fhdr(host),lower,regsub(:[0-9]+$,),regsub(\.$,)"


def emit_bind(low: Lowering, endpoint: Endpoint, answering: list[Named], frontend: Section) -> None:
    """The socket of the frontend, and the TLS that is spoken there."""
    address = f"[{endpoint.address}]" if ":" in endpoint.address else endpoint.address or "*"
    said_by = low.scopes.listens(endpoint.port)
    words, claims = mod_ssl.bind_words(low, answering, frontend.name)
    frontend.add("bind", f"{address}:{endpoint.port}", *words, comment=low.sources.comment(said_by),
                 claims=(exact(said_by), *claims))  # fmt: skip


#: From as many hosts on, names are looked up in a file, which costs the same for the first and the last (HAP-11).
MANY = 64


def emit_default(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """The host that requests belong to before their names are known, and where no name fits."""
    if len(answering) > 1:
        frontend.space()
        frontend.add("http-request", "set-var(txn.host)", f"str({low.host_name(answering[0].host)})")


def emit_choice(low: Lowering, answering: list[Named], frontend: Section) -> None:
    """Which host a request is for: the default, then wildcards from the last to the first, then literal names."""
    if len(answering) < 2:
        return
    frontend.space()
    frontend.say("Which virtual host it is; later rules win.")
    frontend.add("http-request", "set-var(txn.name)", _NAME)
    for named in reversed(answering):
        for pattern in named.wild:
            _choose(low, named, ("-m", "end", pattern[1:]) if is_suffix(pattern) else _regex(pattern), frontend)
    if len(answering) > MANY:
        lines = (f"{name} {low.host_name(named.host)}" for named in answering for name in named.names)
        low.files[f"{frontend.name}-names.map"] = "\n".join(lines) + "\n"
        found = f"var(txn.name),map_str({frontend.name}-names.map)"
        frontend.add("http-request", "set-var(txn.host)", found, "if", "{", found, "-m", "found", "}")
        return
    for named in answering:
        if named.names:
            _choose(low, named, ("-m", "str", *named.names), frontend)


def _regex(pattern: str) -> tuple[str, ...]:
    return ("-m", "reg", f"^{wildcard_regex(pattern)}$")


def _choose(low: Lowering, named: Named, asked: tuple[str, ...], frontend: Section) -> None:
    name = low.host_name(named.host)
    frontend.add("http-request", "set-var(txn.host)", f"str({name})", "if", "{", "var(txn.name)", *asked, "}")


def is_host(low: Lowering, host: Host) -> tuple[str, ...]:
    """The condition that a request is for the host."""
    return ("{", "var(txn.host)", "-m", "str", low.host_name(host.number), "}")


def is_one_of(low: Lowering, some: list[Host]) -> tuple[str, ...]:
    """The condition that a request is for one of the hosts."""
    return ("{", "var(txn.host)", "-m", "str", *(low.host_name(host.number) for host in some), "}")


def section_comment(low: Lowering, host: Host) -> str:
    """Where the host was written."""
    section = low.scopes.section(host)
    return low.sources.comment([section] if section else low.scopes.names(host)[:1])


def host_claims(low: Lowering, host: Host) -> tuple[Claim, ...]:
    """The section and its names."""
    section = low.scopes.section(host)
    canonical = [each for each in low.scopes.own(host) if each.name.lower() == "usecanonicalname"]
    return (exact([*([section] if section else []), *low.scopes.names(host), *canonical]),)
