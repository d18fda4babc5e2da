"""Sections in merge order, each with its matcher: what a section asks of a request, and who overrides whom.

If and its branches come after everything else, in the order of their containers (MRG-1); an ElseIf or Else holds
where none of the branches before it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apacheconf.ledger import Written
from apacheconf.model.types import Section
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    Compare,
    Condition,
    Glob,
    Matches,
    Not,
    Operator,
    Regex,
    Under,
)
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.globs import glob_regex, is_glob
from apacheconf.program.hosts import LayerKind
from apacheconf.program.modules import MAKE_STEPS
from apacheconf.program.values import REQUEST_URI, Literal, Variable

_FILE = Variable("REQUEST_FILENAME")
_BASENAME = Variable("REQUEST_BASENAME")
_MAPPED = Variable("MAPPED_URL")

KINDS = {
    "Proxy": LayerKind.PROXY,
    "Directory": LayerKind.DIRECTORY,
    ".htaccess": LayerKind.HTACCESS,
    "Files": LayerKind.FILES,
    "Location": LayerKind.LOCATION,
    "If": LayerKind.IF,
    "ElseIf": LayerKind.IF,
    "Else": LayerKind.IF,
}
_ORDER = {kind: place for place, kind in enumerate(LayerKind)}
LeaveOut = Callable[[Written, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A section with settings, the one it is nested in, and what it asks of a request."""

    section: Section
    outer: Found | None
    matcher: Condition

    @property
    def kind(self) -> LayerKind:
        return KINDS[self.section.kind]

    @property
    def order(self) -> tuple[int, ...]:
        """MRG-1: kinds in order; directories short to long, then their regexes; Files and Ifs as their containers."""
        section, kind = self.section, self.kind
        if kind in (LayerKind.IF, LayerKind.FILES):
            return (_ORDER[kind], *(self.outer.order if self.outer else ()))
        if section.regex and kind not in (LayerKind.LOCATION, LayerKind.PROXY):
            # The slashes of a pattern count as those of a path do.
            return _ORDER[kind], 1, section.pattern.count("/") if kind is LayerKind.DIRECTORY else 0
        depth = len(section.pattern.strip("/").split("/")) if section.pattern.strip("/") else 0
        if kind is LayerKind.HTACCESS:  # after each directory of its depth, before those below it
            return _ORDER[LayerKind.DIRECTORY], 0, depth, 1
        return _ORDER[kind], 0, depth if kind is LayerKind.DIRECTORY else 0


def in_merge_order(sections: Iterable[Section], left_out: LeaveOut, every: bool = False) -> list[Found]:
    """The sections with settings that make steps, or ``every`` one, from the first merged to the last.

    ``left_out`` hears of those whose condition can't be held yet.
    """
    return sorted(_find(sections, None, left_out, every), key=lambda found: found.order)


def _find(sections: Iterable[Section], outer: Found | None, left_out: LeaveOut, every: bool) -> Iterator[Found]:
    before: list[Condition] = []
    for section in sections:
        matcher = _matcher_after(section, before, left_out)
        if matcher is None:
            continue
        found = Found(section, outer, matcher)
        inner = list(_find(section.sections, found, left_out, every))
        if every or inner or not MAKE_STEPS.isdisjoint(section.confs):
            yield found
        yield from inner


def _matcher_after(section: Section, before: list[Condition], left_out: LeaveOut) -> Condition | None:
    """The matcher of a section, None if it can't be held yet. ``before`` are the branches of the If it belongs to."""
    kind = KINDS.get(section.kind)
    if kind is None:
        _leave(section, f"<{section.kind}> sections are not evaluated yet", left_out)
        return None
    if kind is not LayerKind.IF:
        return _MATCHERS[section.kind](section.pattern, section.regex)
    if section.kind == "If":
        before.clear()
    try:
        own = ALWAYS if section.kind == "Else" else condition_of(section.pattern)
    except NotEvaluated as missing:
        _leave(section, f"its condition uses {missing}, which is not evaluated yet", left_out)
        return None
    matcher = AllOf((*map(Not, before), own)) if before else own
    before.append(own)
    return matcher


def _leave(section: Section, reason: str, left_out: LeaveOut) -> None:
    for node in section.node.walk():
        inside = node is not section.node
        left_out(node, f"it stands in <{section.kind}>: {reason}" if inside else reason)


def _location(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(REQUEST_URI, Regex(pattern), "section")
    return Glob(REQUEST_URI, pattern) if is_glob(pattern) else Under(pattern)


def for_unmerged(matcher: Condition) -> Condition:
    """The same where MergeSlashes is Off: what is no regex takes several slashes for one all the same (LOC-5)."""
    match matcher:
        case Under(prefix, value) | Glob(value, prefix) if value == REQUEST_URI:
            if "//" in prefix:
                return NEVER
            text = glob_regex(prefix) if isinstance(matcher, Glob) else re.escape(prefix)
            end = "$" if isinstance(matcher, Glob) else "" if prefix.endswith("/") else "(/|$)"
            return Matches(REQUEST_URI, Regex("^" + re.sub(r"(?<!\^)/", "/+", text) + end))
        case _:
            return matcher


def _directory(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_FILE, Regex(pattern), "section")  # MRG-3: the file's path, not its folder's
    if is_glob(pattern):
        return Matches(_FILE, Regex(f"^{glob_regex(pattern)}(/|$)"))
    return Under(pattern.rstrip("/") or "/", _FILE)


def _htaccess(pattern: str, regex: bool) -> Condition:
    return Under(pattern.rstrip("/") or "/", _FILE)


def _files(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_BASENAME, Regex(pattern), "section")
    return Glob(_BASENAME, pattern) if is_glob(pattern) else Compare(_BASENAME, Operator.SAME, Literal(pattern))


def _proxy(pattern: str, regex: bool) -> Condition:
    if regex:
        return Matches(_MAPPED, Regex(pattern), "section")
    if is_glob(pattern):
        return Glob(_MAPPED, pattern, crosses_slash=True)
    return Matches(_MAPPED, Regex("^" + re.escape(pattern)))


_MATCHERS: dict[str, Callable[[str, bool], Condition]] = {
    "Location": _location,
    "Directory": _directory,
    ".htaccess": _htaccess,
    "Files": _files,
    "Proxy": _proxy,
}
