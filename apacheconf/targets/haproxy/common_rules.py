"""Rules with which all frontends begin stand once, in defaults of their own that the frontends start from.

HAProxy runs the rules of defaults before a section's own, each kind of rule by itself. So only what all frontends begin
with can stand there, and nothing changes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

from apacheconf.targets.haproxy.tree import Line, Section

NAME = "clients"
#: The kinds of rules, of which each is a list of its own.
_KINDS = ("http-request", "http-response", "http-after-response")
#: Fewer rules than these are read where they stand.
_FEWEST = 8


def share_rules(frontends: list[Section], base: str) -> Section | None:
    """The defaults with what all of the frontends begin with, which these have no more; None where that isn't much."""
    common = {kind: _common([_rules(each, kind) for each in frontends]) for kind in _KINDS}
    if len(frontends) < 2 or sum(common.values()) < _FEWEST:
        return None
    moved = [[line for kind in _KINDS for line in _rules(each, kind)[: common[kind]]] for each in frontends]
    first, *others = moved
    for line, twins in zip(first, zip(*others, strict=True), strict=True):
        line.claims = tuple(dict.fromkeys((*line.claims, *(claim for twin in twins for claim in twin.claims))))
    gone = {id(line) for lines in moved for line in lines}
    shared = Section("defaults", NAME, "what all frontends begin with", base=base)
    shared.lines = _only(frontends[0].lines, lambda line: id(line) in gone)
    for each in frontends:
        each.lines, each.base = _only(each.lines, lambda line: id(line) not in gone), NAME
    return shared


def _rules(section: Section, kind: str) -> list[Line]:
    return [line for line in section.lines if line.words[:1] == (kind,)]


def _common(lists: list[list[Line]]) -> int:
    """How many lines all lists begin with alike."""
    return sum(1 for _ in takewhile(_are_alike, zip(*lists, strict=False)))


def _are_alike(lines: tuple[Line, ...]) -> bool:
    return len({(line.words, line.comment) for line in lines}) == 1


def _only(lines: list[Line], wanted: Callable[[Line], bool]) -> list[Line]:
    """The wanted lines; a comment of its own stays where anything stays that stands below it."""
    kept: list[Line] = []
    for paragraph in _paragraphs(lines):
        words = [line for line in paragraph if line.words and wanted(line)]
        if words:
            kept += [Line()] if kept else []
            kept += [line for line in paragraph if not line.words or wanted(line)]
    return kept


def _paragraphs(lines: list[Line]) -> list[list[Line]]:
    """The lines between blank ones."""
    found: list[list[Line]] = [[]]
    for line in lines:
        if line.words or line.comment:
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return found
