"""Who may ask for a host over a TLS handshake that was about another one: 421 where their settings differ (NGX-183)."""

from __future__ import annotations

from apacheconf.program.program import Program
from apacheconf.program.tls import kind_of
from apacheconf.targets.hostnames import Named, endpoints, is_suffix, named_hosts
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.patterns import escape, wildcard_regex

_WHY = "hosts over whose handshakes one may ask for each other have one number"
Entries = tuple[tuple[str, str], ...]
#: For each host the entries of the map over the name of the handshake, and its own number.
Handshakes = dict[int, tuple[Entries, str]]


def handshakes(program: Program) -> tuple[Handshakes, bool]:
    """Of every host that not all handshakes of its endpoints suit (VH-51, TL-3): without a name it is the first's.

    Also whether any host is left out, for its endpoints have different ones.
    """
    if len({host.front_tls for host in program.hosts}) < 2:
        return {}, False
    found: Handshakes = {}
    unlike: set[int] = set()
    alike: dict[Entries, Entries] = {}
    for candidates in endpoints(program).values():
        answering = named_hosts(program, candidates)
        numbers = _numbers(program, answering)
        made = tuple(_entries(answering, numbers)) if len(set(numbers.values())) > 1 else ()
        entries = alike.setdefault(made, made)
        for named in answering:
            mine = entries, str(numbers.get(named.host, ""))
            known = found.setdefault(named.host, mine)
            if known[0] is not entries or known[1] != mine[1]:
                unlike.add(named.host)
    known_ones = {host: mine for host, mine in found.items() if mine[0] and host not in unlike}
    return known_ones, any(found[host][0] for host in unlike)


def _numbers(program: Program, answering: list[Named]) -> dict[int, int]:
    """Each host with the number of those that are compatible with it; nothing where one speaks no TLS."""
    kinds: dict[tuple[object, ...], int] = {}
    found: dict[int, int] = {}
    for named in answering:
        tls = program.hosts[named.host].front_tls
        if tls is None:
            return {}
        found[named.host] = kinds.setdefault(kind_of(tls), len(kinds) + 1)
    return found


def _entries(answering: list[Named], numbers: dict[int, int]) -> list[tuple[str, str]]:
    entries = [(name, str(numbers[each.host])) for each in answering for name in each.names]
    for each in answering:
        patterns = (escape(wild[1:]) if is_suffix(wild) else f"^{wildcard_regex(wild)}" for wild in each.wild)
        entries += [(f"~*{pattern}$", str(numbers[each.host])) for pattern in patterns]
    usual = str(numbers[answering[0].host])
    if not any(each.wild for each in answering):  # a pattern could take a name that stands no more
        entries = [entry for entry in entries if entry[1] != usual]
    return [*entries, ("default", usual)]


def emit_misdirected(low: Lowering, host: int, server: Block) -> None:
    """The answer of a host to whoever has shown another one's name in the handshake."""
    known = low.handshakes.get(host)
    if known is not None:
        entries, number = known
        if id(entries) not in low.shown:
            low.shown[id(entries)] = low.maps.make("shown_as", Map("$ssl_server_name", entries, _WHY))
        number = low.alike.word("handshake") if low.alike else number
        server.open("if", low.shown[id(entries)], "!=", number).add("return", "421")
