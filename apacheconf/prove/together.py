"""Requests that meet several conditions at once (DIF-8): two together can lead where neither does alone.

What is asked of a path takes no part: one request has one, and ``situations`` asks for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, islice

from apacheconf.program.hosts import Cell, Host, LayerKind, Reach
from apacheconf.program.program import Program
from apacheconf.prove.edited import fields_of_requests
from apacheconf.prove.requests import Aim, Probe
from apacheconf.prove.situations import IN_TWO_LINES, Situation, atoms_in, joined, neighbours, ways_of

#: More requests than these are not asked of one host, and of one part of URL space no more conditions are met.
MOST = 128
MOST_MET = 8
#: More paths than these are not asked with fields in two lines.
MOST_PATHS = 12
#: Fields that have one line.
_ALONE = frozenset({"authorization", "connection", "content-length", "content-type", "host", "range", "upgrade"})


def generate(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """The probes for ``host``: two conditions of each part of its URL space, then three of each..."""
    at = neighbours(program)
    below = [(f"{cell.path}/x", _met(host, cell, at)) for cell in host.shape.cells if cell.reach is Reach.BELOW]
    bare = [(cell.path, _met(host, cell, at)) for cell in host.shape.cells if cell.reach is Reach.BARE]
    made = (*_together(below), *_together(bare))
    yield from islice((each.probe(aim) for each in dict.fromkeys(made)), MOST)


def _together(cells: Iterable[tuple[str, list[Situation]]]) -> Iterator[Situation]:
    """Of each path and what can be met there: any two, then any three..."""
    for size in range(2, MOST_MET + 1):
        for path, met in cells:
            yield from (joined(Situation(path), each) for each in combinations(met, size) if _can_be_said(each))


def in_two_lines(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """All fields that conditions of ``host`` ask, or that lines edit, each in two lines (RFC 9110, 5.3): with something
    else before or behind what is asked.
    """
    at, said = neighbours(program), dict[str, tuple[str, str]]()
    steps = tuple(step for cell in host.shape.cells for step in cell.steps)
    ways = (ways_of(atom, at)[:1] for atom in atoms_in((*host.shape.server, *steps, *host.shape.layers)))
    asked = (field for found in ways for way in found for field in way.headers)
    for name, value in (*asked, *fields_of_requests(steps)):
        if name.lower() not in _ALONE:
            said.setdefault(name.lower(), (name, value))
    paths = [f"{cell.path}/x" for cell in host.shape.cells if cell.reach is Reach.BELOW]
    for path in dict.fromkeys(paths[:MOST_PATHS] if said else ()):
        for words, others in (("behind", ("other", None)), ("before", (None, "other"))):
            lines = ((name, text or value) for name, value in said.values() for text in others)
            probe = Situation(path, headers=tuple(lines)).probe(aim)
            yield replace(probe, name=f"condition: GET {path}, what is asked {words} others, {IN_TWO_LINES}")


def _can_be_said(chosen: Iterable[Situation]) -> bool:
    """Whether no two of them are about the same part of a request."""
    said = [part for each in chosen for part in _said(each)]
    return len(said) == len(set(said))


def _said(situation: Situation) -> Iterator[str]:
    yield from (name.lower() for name, _ in situation.headers)
    parts = {"its method": situation.method != "GET", "its query": situation.query, "its client": situation.source}
    yield from (part for part, is_said in parts.items() if is_said)


def _met(host: Host, cell: Cell, at: dict[str, str]) -> list[Situation]:
    """How requests meet what is asked in a cell: one way for each condition."""
    layers = [host.shape.layers[number] for number in cell.maybe]
    asked = (*(step.when for step in cell.steps), *(each.matcher for each in layers if each.kind is LayerKind.IF))
    found = (ways_of(atom, at)[:1] for condition in asked for atom in atoms_in(condition))
    return list(dict.fromkeys(way for ways in found for way in ways if way != Situation("")))[:MOST_MET]
