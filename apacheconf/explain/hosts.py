"""The chapter about the virtual host: who answers, and why each of the others lost (VH-30 to VH-36)."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from apacheconf.explain.story import Chapter, Sentence, loses, says
from apacheconf.explain.trail import Trail
from apacheconf.program.hosts import AddressSet, Host
from apacheconf.source import Place

#: So many losers are told one by one, the rest are counted.
MOST = 12


def chapter(trail: Trail) -> Chapter:
    return Chapter("host", "Which virtual host answers", tuple(_sentences(trail)))


def title(host: Host) -> str:
    return "the main server" if host.place is None else f"the virtual host {host.title}"


def _sentences(trail: Trail) -> Iterator[Sentence]:
    chosen = trail.chosen
    asked_in = chosen.choice.chosen_from
    address, port = trail.request.local
    if asked_in is not None:
        count = len(asked_in.hosts)
        whose = "one virtual host is" if count == 1 else f"{count} virtual hosts are"
        yield says(f"For a connection to {_address(address)}:{port}, {whose} asked: those of {_set_title(asked_in)}.")
    yield says(
        f"{title(chosen.host)[0].upper()}{title(chosen.host)[1:]} answers: {chosen.choice.why}.", _place(chosen.host)
    )
    if not chosen.choice.matched and chosen.name is not None:
        yield loses(f"{chosen.name} is none of its names ({_names(chosen.host)}).", _place(chosen.host))
    if asked_in is not None:
        yield from _losers(trail, asked_in)
    yield from _unasked(trail, asked_in)


def _losers(trail: Trail, asked_in: AddressSet) -> Iterator[Sentence]:
    losers = [number for number in asked_in.hosts if number != trail.host.number]
    for number in losers[:MOST]:
        host = trail.program.hosts[number]
        yield loses(f"{title(host)}: {_why_not(host, trail)}.", _place(host))
    if len(losers) > MOST:
        yield loses(f"and {len(losers) - MOST} more virtual hosts of this address.")


def _why_not(host: Host, trail: Trail) -> str:
    name = trail.chosen.name
    if name is None:
        return "it isn't the first of its address"
    if _has_name(host, name):
        return f"it is named {name} too, but comes later"
    return f"{name} is none of its names ({_names(host)})"


def _names(host: Host) -> str:
    return ", ".join(filter(None, (host.name, *host.aliases))) or "it has none"


def _has_name(host: Host, name: str) -> bool:
    return any(fnmatchcase(name, each.lower().removesuffix(".")) for each in (host.name, *host.aliases) if each)


def _unasked(trail: Trail, asked_in: AddressSet | None) -> Iterator[Sentence]:
    """Virtual hosts of other addresses that have the name: the surprise of VH-30."""
    asked = set(asked_in.hosts) if asked_in else set()
    name = trail.chosen.name
    for each in trail.program.index.sets:
        for number in each.hosts:
            host = trail.program.hosts[number]
            if number not in asked and name is not None and _has_name(host, name):
                yield loses(f"{title(host)} was not asked: it is for {_set_title(each)}.", _place(host))


def _set_title(each: AddressSet) -> str:
    return f"{_address(each.address or '*')}:{each.port or '*'}"


def _address(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _place(host: Host) -> tuple[Place, ...]:
    return () if host.place is None else (host.place,)
