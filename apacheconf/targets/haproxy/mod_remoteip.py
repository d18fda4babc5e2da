"""mod_remoteip in HAProxy: whom a host believes about the client's address (HAP-49, RI-1 to RI-5).

HAProxy knows no loops, so the rules for one proxy that is believed stand there once for each of several, one behind
the other. What was believed goes out of the header before origins see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.remote import PRIVATE, RemoteIp
from apacheconf.targets.claims import Claim, approximated, exact
from apacheconf.targets.haproxy.asked_headers import joins
from apacheconf.targets.haproxy.conditions import Term
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.restrictions import words_in

#: How many proxies that are believed may stand one behind the other.
_MOST = 4
_DEEPER = f"{_MOST} proxies one behind the other are believed, and addresses that are written in full"
_LINES = ("remoteipheader", "remoteipinternalproxy", "remoteipinternalproxylist", "remoteiptrustedproxy",
          "remoteiptrustedproxylist", "remoteipproxiesheader")  # fmt: skip
_OUTSIDE, _INSIDE = (((sign, "var(txn.outside)", "-m", "bool", "}")) for sign in ("{", "!{"))
_ADDRESS = "^[0-9]+(?:\\.[0-9]+){3}$|^[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*$"


def bind_words(hosts: Sequence[Host]) -> list[str]:
    """The word for the ``bind`` of an address where all connections begin with the PROXY protocol (RI-5)."""
    return ["accept-proxy"] if hosts[0].preamble == () else []


def emit_preamble(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """Who has to begin with the PROXY protocol, where some needn't."""
    excepted = hosts[0].preamble
    if excepted is None:
        return
    lines = dict.fromkeys(each for host in hosts for each in (*low.scopes.top, *low.scopes.own(host)))
    said_by = [each for each in lines if each.name.lower() == "remoteipproxyprotocol"
               and words_in(each.args) != ["off"]]  # fmt: skip
    if not excepted:
        low.dropped.append(exact(said_by))
        return
    said_by += [each for each in lines if each.name.lower() == "remoteipproxyprotocolexceptions"]
    others = ("if", "!{", "src", *low.listed("proxies", excepted), "}")
    frontend.add("tcp-request", "connection", "set-var(sess.preamble)", "bool(true)", *others,
                 comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip
    frontend.add("tcp-request", "connection", "expect-proxy", "layer4", *others)


def headers_of(hosts: Sequence[Host]) -> set[str]:
    """The headers that are asked for clients, in small letters."""
    return {host.remote_ip.header.lower() for host in hosts if host.remote_ip and host.preamble != ()}


def emit_clients(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """Who the client is, for all that is asked later."""
    if low.peer == "src":
        return
    frontend.rule("http-request set-var(txn.peer) src")
    frontend.lines += joins(headers_of(hosts))
    believing = [host for host in hosts if host.remote_ip and host.preamble != ()]
    by_rules: dict[RemoteIp, list[Host]] = {}
    for host in believing:
        if host.remote_ip is not None:
            by_rules.setdefault(host.remote_ip, []).append(host)
    for number, (rules, some) in enumerate(by_rules.items(), 1):
        only: Term = low.is_one_of(some) if len(some) < len(hosts) else ()
        only += ("!{", "var(sess.preamble)", "-m", "bool", "}") if hosts[0].preamble else ()
        frontend.space()
        _Believing(low, rules, f"txn.believed_{number}", frontend).emit(_lines(low, some), only)


@dataclass
class _Believing:
    """The rules for hosts that believe the same; ``believed`` is the variable that counts the proxies, if they do."""

    low: Lowering
    rules: RemoteIp
    believed: str
    frontend: Section

    def emit(self, lines: list[Written], only: Term) -> None:
        """Follow the header from its end, then leave of it what was not believed."""
        name = self.rules.header
        self.frontend.add("http-request", f"set-var({self.believed})", "int(0)", *(("if", *only) if only else ()),
                          comment=self.low.sources.comment(lines), claims=_claims(lines))  # fmt: skip
        for hop in range(1, _MOST + 1):
            self._follow(hop)
        found = ("if", "{", f"var({self.believed})", "-m", "int", "gt", "0", "}")
        self._add("set-header", name, "%[var(txn.not_believed)]", *found)
        self._add("del-header", name, *found, "{", "var(txn.not_believed)", "-m", "len", "0", "}")
        if self.rules.proxies_header:
            self._add("set-header", self.rules.proxies_header, '%[var(txn.proxies),regsub(", $","")]', *found,
                      "{", "var(txn.proxies)", "-m", "found", "}")  # fmt: skip

    def _follow(self, hop: int) -> None:
        name, here = self.rules.header, self._at(hop)
        for term in self._is_believed(hop):
            self._add(f"set-var({self.believed})", f"int({hop})", *self._at(hop - 1), *term)
        kinds = {inside for _, inside in self.rules.trusted}
        if len(kinds) > 1:
            outer = tuple(network for network, inside in self.rules.trusted if not inside)
            self._add("set-var(txn.outside)", "bool(true)", *here, "{", "src", *self.low.listed("proxies", outer), "}")
        if self.rules.proxies_header and kinds != {True}:
            self._add("set-var-fmt(txn.proxies)", "%[var(txn.proxies)]%[src], ", *here,
                      *(_OUTSIDE if len(kinds) > 1 else ()))  # fmt: skip
        self._add("set-src", f"req.hdr_ip({name},-{hop})", *here)
        self._add("set-var(txn.not_believed)", f'req.fhdr({name}),regsub("(?:(?:^|,)[^,]*){{{hop}}}$","")', *here)

    def _is_believed(self, hop: int) -> Iterator[Term]:
        """When the one who has come so far is believed, and the address that it names may be the client's: whoever an
        outer proxy names is outside."""
        named, address = f"req.hdr({self.rules.header},-{hop})", f"req.hdr_ip({self.rules.header},-{hop})"
        valid: Term = ("{", named, "-m", "reg", _ADDRESS, "}", "{", address, "-m", "found", "}")
        public: tuple[Term, ...] = (
            ("!{", named, "-m", "sub", ":", "}", "!{", address, *PRIVATE, "}"),
            ("{", named, "-m", "sub", ":", "}", "{", address, "2000::/3", "}"),
        )
        for internal, networks in groupby(self.rules.trusted or (("", False),), key=lambda each: each[1]):
            found = tuple(network for network, _ in networks if network)
            peer: Term = ("{", "src", *self.low.listed("proxies", found), "}") if found else ()
            inside = _INSIDE if any(not each for _, each in self.rules.trusted) else ()
            terms = ((inside, *((*_OUTSIDE, *term) for term in public)) if inside else ((),)) if internal else public
            for term in terms:
                yield (*peer, *valid, *term)

    def _at(self, hop: int) -> Term:
        return ("if", "{", f"var({self.believed})", "-m", "int", str(hop), "}")

    def _add(self, *words: str) -> None:
        self.frontend.add("http-request", *words)


def _lines(low: Lowering, hosts: list[Host]) -> list[Written]:
    own = [each for host in hosts for each in low.scopes.own(host) if each.name.lower() in _LINES]
    return [*(each for name in _LINES for each in low.scopes.named(name)), *own]


def _claims(lines: list[Written]) -> tuple[Claim, ...]:
    headers = [each for each in lines if each.name.lower() == "remoteipheader"]
    others = [each for each in lines if each not in headers]
    return approximated(headers, _DEEPER, "proxies-believed"), exact(others)
