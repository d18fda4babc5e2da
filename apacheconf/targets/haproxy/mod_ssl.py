"""TLS with clients in HAProxy: the words of a bind, or a crt-list where hosts differ (HAP-110 to HAP-112, VH-50 ff.).

HAProxy looks for a key in the certificate's file and beside it. Keys stay where they are, so that renewals go on as
they did; a note says which links lead to them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.tls import FrontTls
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.haproxy.lowering import MANY, Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.hostnames import Named, is_suffix
from apacheconf.targets.origin_tls import NEEDS_LISTS

_VERIFY = {"require": "required", "optional": "optional"}
#: HAProxy counts no authorities: a chain of one is known by what a client sends, a long one is as good as any.
_NO_LIMIT = 10
#: From here on HAProxy names the authority that a client's chain ends at.
_NAMES_ROOT = (2, 8)
_PROTOCOLS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_NAMES = {"TLSv1": "TLSv1.0"}


def why_closed(host: Host, shown: FrontTls | None) -> str:
    """Why nothing of a host may be answered where handshakes begin with ``shown``; empty if there is no reason."""
    tls = host.front_tls
    if tls is None:
        return ""
    if shown is None:
        return "the host speaks TLS, and the first host of its address doesn't"
    if tls.verify == "optional_no_ca":
        return "HAProxy can't take a client's certificate from an authority that it doesn't know (optional_no_ca)"
    if tls.verify != "none" and 1 < tls.depth < _NO_LIMIT:
        return f"HAProxy doesn't count the authorities above a client's certificate (SSLVerifyDepth {tls.depth})"
    if tls.verify != "none" and tls.ca_file and tls.ca_path:
        return "HAProxy reads the authorities of clients from a file or from a folder, not from both"
    if tls.revocation != "none" and (tls.crl_path or not tls.crl_file):
        return "HAProxy reads lists of revoked certificates from a file (SSLCARevocationFile), not from a folder"
    return ""


def emit_global(low: Lowering, section: Section) -> None:
    """Where keys are looked for, if one stands beside its certificate."""
    pairs = [pair for host in low.program.hosts if host.front_tls for pair in _pairs(host.front_tls)]
    low.keys_without_crt = any(cert.endswith(".crt") and key == cert[:-4] + ".key" for cert, key in pairs)
    if low.keys_without_crt:
        section.add("ssl-load-extra-del-ext", comment="the key of a.crt is a.key")


def bind_words(low: Lowering, answering: Sequence[Named], frontend: str) -> tuple[list[str], tuple[Claim, ...]]:
    """What follows the address of a bind where the first host speaks TLS, and what that honours."""
    hosts = [low.program.hosts[named.host] for named in answering]
    shown = hosts[0].front_tls
    if shown is None:
        return [], ()
    words = ["ssl"]
    if _differ(hosts):
        words += ["crt-list", _write_list(low, answering, frontend)]
    else:
        words += [word for cert in shown.certificates for word in ("crt", cert)] + _settings(low, shown)
    words += ["alpn", _alpn(low)]
    words += [] if shown.own_order else ["prefer-client-ciphers"]
    words += [] if shown.tickets else ["no-tls-tickets"]
    for host in hosts:
        _note_keys(low, host)
    claims = tuple(claim for host in hosts for claim in _claims(low, host, shown))
    return words, (*claims, exact(low.scopes.everywhere("protocols")))


def _differ(hosts: Sequence[Host]) -> bool:
    """Whether hosts of one address speak TLS in different ways."""
    first, *others = [host.front_tls for host in hosts if host.front_tls]
    asked = _asked(first)
    return any(_asked(each) != asked for each in others)


def _asked(tls: FrontTls) -> FrontTls:
    """What a crt-list can tell apart."""
    return replace(tls, own_order=False, tickets=True, strict_sni=False, policy="")


def _settings(low: Lowering, tls: FrontTls) -> list[str]:
    """The settings that a bind and a line of a crt-list share."""
    words = versions(tls.protocols)
    words += ["ciphers", tls.ciphers or "DEFAULT"]
    words += ["ciphersuites", tls.ciphers_13] if tls.ciphers_13 else []
    if tls.verify in _VERIFY and (tls.ca_file or tls.ca_path):
        words += ["verify", _VERIFY[tls.verify], "ca-file", tls.ca_file or tls.ca_path]
        words += ["crl-file", tls.crl_file] if tls.revocation != "none" and tls.crl_file else []
    return words


def versions(protocols: frozenset[str]) -> list[str]:
    """The words for versions of TLS."""
    spoken = _spoken_from(protocols)
    return ["ssl-min-ver", _NAMES.get(spoken[0], spoken[0]), "ssl-max-ver", _NAMES.get(spoken[-1], spoken[-1])]


def _spoken(protocols: frozenset[str]) -> list[str]:
    return [each for each in _PROTOCOLS if each in protocols] or [_PROTOCOLS[-1]]


def _spoken_from(protocols: frozenset[str]) -> list[str]:
    """The versions that are spoken without a gap up to the highest."""
    spoken = _spoken(protocols)
    highest = _PROTOCOLS.index(spoken[-1])
    lowest = next((n + 1 for n in range(highest - 1, -1, -1) if _PROTOCOLS[n] not in spoken), 0)
    return list(_PROTOCOLS[lowest : highest + 1])


def _alpn(low: Lowering) -> str:
    asked = low.scopes.everywhere("protocols")
    return "h2,http/1.1" if any("h2" in each.args.split() for each in asked) else "http/1.1"


def _write_list(low: Lowering, answering: Sequence[Named], frontend: str) -> str:
    """The crt-list of a frontend: the first host's certificate is the one for names that no line has."""
    file = f"{frontend}.crt-list"
    lines = []
    for named in answering:
        tls = low.program.hosts[named.host].front_tls
        names = [*named.names, *filter(is_suffix, named.wild)]
        if tls and (names or named is answering[0]):
            options = f"[{' '.join(_settings(low, tls))}]"
            lines += [" ".join([cert, options, *names]) for cert in tls.certificates]
    low.files[file] = "\n".join([f"# Certificates of {frontend}, by the name that a client asks for.", *lines]) + "\n"
    return file


# --- what a request may ask over a connection -------------------------------------------------------------------


def emit_checks(low: Lowering, answering: Sequence[Named], frontend: Section) -> None:
    """Who may ask for what over whose handshake (TL-2, VH-51), and what a host asks of its clients' certificates."""
    hosts = [low.program.hosts[named.host] for named in answering]
    shown = hosts[0].front_tls
    if shown is None:
        return
    frontend.space()
    frontend.say("What a connection may be used for goes by the name in its handshake.")
    frontend.rule("http-request deny deny_status 400 if { ssl_fc_has_sni } !{ req.fhdr(host) -m found }")
    if shown.strict_sni and len(hosts) > 1:
        frontend.rule("http-request deny deny_status 403 if !{ ssl_fc_has_sni }")
    kinds: dict[FrontTls | None, list[Named]] = {}
    for named, host in zip(answering, hosts, strict=True):
        kinds.setdefault(_shown_as(host.front_tls), []).append(named)
    if len(kinds) > 1:
        _emit_misdirected(low, answering, kinds, frontend)
    for host in hosts:
        if host.front_tls is not None and host.front_tls.verify == "require":
            _emit_required(low, host, host.front_tls, len(hosts) > 1, frontend)


def _shown_as(tls: FrontTls | None) -> FrontTls | None:
    """What ``compatible`` asks of two hosts (policy ``secure``)."""
    return tls and replace(tls, own_order=False, tickets=True, strict_sni=False, policy="", chain="", revocation="",
                           crl_file="", crl_path="")  # fmt: skip


def _emit_misdirected(
    low: Lowering, answering: Sequence[Named], kinds: Mapping[FrontTls | None, list[Named]], frontend: Section
) -> None:
    """421 where the host asked for has other settings than the one of the handshake."""
    first = next(iter(kinds))
    for variable in ("shown", "wanted"):
        frontend.add("http-request", f"set-var(txn.{variable})", "int(1)")
    numbers = {id(named): number for number, several in enumerate(kinds.values(), 1) for named in several}
    shown = [named for kind, several in kinds.items() if kind is not None for named in several]
    by_map = sum(len(named.names) for named in shown) > MANY
    for number, (kind, several) in enumerate(kinds.items(), 1):
        if kind == first:
            continue
        exact_names = [] if by_map else [name for named in several for name in named.names]
        endings = [name[1:] for named in several for name in filter(is_suffix, named.wild)]
        for how, words in (("str", exact_names), ("end", endings)):
            if kind is not None and words:
                frontend.add("http-request", "set-var(txn.shown)", f"int({number})", "if", "{", "ssl_fc_sni,lower",
                             "-m", how, *words, "}")  # fmt: skip
        if not by_map:
            hosts = [low.host_name(named.host) for named in several]
            frontend.add("http-request", "set-var(txn.wanted)", f"int({number})", "if",
                         "{", "var(txn.host)", "-m", "str", *hosts, "}")  # fmt: skip
    if by_map:
        by_name = ((name, numbers[id(named)]) for named in shown for name in named.names)
        _look_up(low, "shown", "ssl_fc_sni,lower", by_name, frontend)
        by_host = ((low.host_name(named.host), numbers[id(named)]) for named in answering)
        _look_up(low, "wanted", "var(txn.host)", by_host, frontend)
    frontend.rule("http-request deny deny_status 421 if !{ var(txn.shown),sub(txn.wanted) eq 0 }")


def _look_up(low: Lowering, what: str, sample: str, numbers: Iterable[tuple[str, int]], frontend: Section) -> None:
    """Find a number in a file, which costs the same for the first and the last of many."""
    file = f"{frontend.name}-{what}.map"
    low.files[file] = "".join(f"{name} {number}\n" for name, number in numbers)
    frontend.add("http-request", f"set-var(txn.{what})", f"{sample},map_str_int({file})",
                 "if", "{", f"{sample},map_str({file})", "-m", "found", "}")  # fmt: skip


def _emit_required(low: Lowering, host: Host, tls: FrontTls, several: bool, frontend: Section) -> None:
    """A certificate was shown (a resumed session must have had one), and no more of its chain than may stand above."""
    own = low.is_host(host) if several else ()
    frontend.add("http-request", "deny", "deny_status", "403", "if", *own, "!{", "ssl_c_used", "}")
    if tls.depth <= 1:
        frontend.add("http-request", "deny", "deny_status", "403", "if", *own, *_too_long(low, frontend))


def _too_long(low: Lowering, frontend: Section) -> tuple[str, ...]:
    """An authority stands between the client's and the trusted one. HAProxy 2.6 knows only whether more was sent."""
    if low.version < _NAMES_ROOT:
        return "{", "ssl_c_chain_der", "-m", "found", "}"
    frontend.add("http-request", "set-var(txn.root)", "ssl_c_r_dn")
    return "{", "var(txn.root)", "-m", "found", "}", "!{", "ssl_c_i_dn,strcmp(txn.root)", "eq", "0", "}"


# --- what became of the directives ------------------------------------------------------------------------------


def _pairs(tls: FrontTls) -> list[tuple[str, str]]:
    """Certificates with their keys; one without a key has it in its own file."""
    return list(zip(tls.certificates, tls.keys, strict=False))


def _note_keys(low: Lowering, host: Host) -> None:
    """How HAProxy finds the keys that don't stand where it looks."""
    for cert, key in _pairs(host.front_tls) if host.front_tls else ():
        beside = cert[:-4] + ".key" if low.keys_without_crt and cert.endswith(".crt") else f"{cert}.key"
        if key not in (cert, beside):
            low.key_links[key, beside] = None
    if host.front_tls and host.front_tls.chain:
        low.note(f"HAProxy takes the chain from the certificate's file: append {host.front_tls.chain} to it")


_OF_CLIENTS = frozenset({"sslverifyclient", "sslverifydepth", "sslcacertificatefile", "sslcacertificatepath",
                         "sslcarevocationcheck", "sslcarevocationfile", "sslcarevocationpath"})  # fmt: skip


def _claims(low: Lowering, host: Host, shown: FrontTls) -> list[Claim]:
    tls, why = host.front_tls, why_closed(host, shown)
    if tls is None:
        return []
    closed = [each for each in tls.said_by if why and each.name.lower() in _OF_CLIENTS]
    others = [each for each in tls.said_by if each not in closed]
    return [unsupported(closed, why, "closed"), *(_claim(low, each, tls, shown) for each in others)]


def _claim(low: Lowering, directive: Written, tls: FrontTls, shown: FrontTls) -> Claim:
    said_by = [directive]
    match directive.name.lower():
        case "sslcertificatekeyfile":
            why = "HAProxy looks for the key beside the certificate: a link leads there"
            return equivalent(said_by, why, "key-beside")
        case "sslcertificatechainfile":
            why = "HAProxy takes the chain from the certificate's file: append it there"
            return unsupported(said_by, why, "chain-file")
        case "sslcacertificatepath":
            why = "HAProxy reads the folder's files that end in .pem, .crt or .cer, not the links with hashes"
            return approximated(said_by, why, "ca-folder")
        case "sslprotocol" if _spoken_from(tls.protocols) != _spoken(tls.protocols):
            why = (
                f"HAProxy speaks every version from the lowest to the highest: from {_spoken_from(tls.protocols)[0]} on"
            )
            return approximated(said_by, why, "protocol-gap")
        case "sslhonorcipherorder" if tls.own_order != shown.own_order:
            return approximated(said_by, "the first host of the address says whose order counts", "first-host")
        case "sslsessiontickets" if tls.tickets != shown.tickets:
            return approximated(said_by, "the first host of the address says whether there are tickets", "first-host")
        case "sslstrictsnivhostcheck" if tls.strict_sni != shown.strict_sni:
            return approximated(said_by, "the first host of the address says whether names are needed", "first-host")
        case "sslvhostsnipolicy" if tls.policy != "secure":
            return approximated(said_by, f"the policy is secure, not {tls.policy}", "sni-policy")
        case "sslverifydepth" | "sslverifyclient" if tls.verify != "none" and tls.depth <= 1:
            if low.version < _NAMES_ROOT:
                why = (
                    "a client that sends more certificates than its own gets 403, even if the other is its authority's"
                )
                return approximated(said_by, why, "verify-depth")
            return equivalent(
                said_by, "a chain that is too long gets 403, not the end of the handshake", "verify-depth"
            )
        case "sslcarevocationcheck" if tls.revocation == "leaf":
            why = "every certificate of the chain is looked up, not the client's only"
            return approximated(said_by, why, "revocation-leaf")
        case "sslcarevocationcheck" if tls.without_list:
            return approximated(said_by, NEEDS_LISTS, "revocation-lists")
        case _:
            return exact(said_by)
