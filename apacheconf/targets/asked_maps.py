"""Which RewriteMap lines the rules of a host ask, and what for (RW-43): its own, and those of the main server that it
inherits (RewriteOptions Inherit)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.values import Literal, Lookup, Value, Variable
from apacheconf.targets.captures import parts_in
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.scopes import Scopes

#: Stands for the key of a map where only the map itself is asked about: every target can say it.
_SOME_KEY = Variable("REQUEST_METHOD")


def maps_asked(scopes: Scopes, host: Host) -> Iterator[tuple[Written, Lookup | None]]:
    """The lines of maps that the host may ask, each with the map as a rule asks it, of some key.

    None where no rule of the host asks it; lines of the main server that are not asked are left to other hosts.
    """
    own = _lines(scopes.own(host))
    inherited = _lines(scopes.top) if host.place is not None else []
    if not own and not inherited:
        return
    every = (*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps))
    steps = {id(each): each for each in every}.values()
    asked = {each.map: _of_some_key(each) for step in steps for each in parts_in(step, Lookup)}
    yield from ((line, asked.get(name)) for name, line in own)
    names = {name for name, _ in own}
    yield from ((line, asked[name]) for name, line in inherited if name in asked and name not in names)


def _lines(lines: tuple[Written, ...]) -> list[tuple[str, Written]]:
    """Those that name a map, each with its name."""
    return [(next(iter(words_in(each.args)), ""), each) for each in lines if each.name.lower() == "rewritemap"]


def _of_some_key(lookup: Lookup) -> Lookup:
    """Whether the key and the default can be said is told where the rule stands, which has captures and more."""
    return replace(lookup, key=_key(lookup.key), default=Literal(""))


def _key(key: Value) -> Value:
    if isinstance(key, Literal):
        return key
    return replace(key, key=_key(key.key)) if isinstance(key, Lookup) else _SOME_KEY
