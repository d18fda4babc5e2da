"""Compare two observations of one probe, aspect by aspect, and excuse only what a named rule excuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from apacheconf.origins import Headers
from apacheconf.prove.normalise import Rule
from apacheconf.prove.observe import Arrival, Observation, Reply


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing that differs: ``what`` names it (``status``, ``header Location``, ``origin: path``)."""

    what: str
    reference: str
    other: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``aspects`` is what still differs after the rules; ``excused`` are the names of the rules that were needed."""

    aspects: tuple[Aspect, ...]
    excused: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        return not self.aspects


def compare(reference: Observation, other: Observation, rules: Iterable[Rule]) -> Comparison:
    """Apply the rules in turn as long as something differs; count those that took a difference away."""
    aspects = tuple(differences(reference, other))
    excused: list[str] = []
    for rule in rules:
        if not aspects:
            break
        reference, other = rule.apply_to(reference, other)
        left = tuple(differences(reference, other))
        if len(left) < len(aspects):
            excused.append(rule.name)
        aspects = left
    return Comparison(aspects, tuple(excused))


def differences(reference: Observation, other: Observation) -> Iterator[Aspect]:
    """Every aspect in which the two are not exactly equal."""
    for number, (one, two) in enumerate(zip_longest(reference.replies, other.replies), 1):
        prefix = f"answer {number}: " if max(len(reference.replies), len(other.replies)) > 1 else ""
        yield from _prefixed(prefix, _replies(one, two))
    if reference.ended != other.ended:
        yield Aspect("connection afterwards", reference.ended, other.ended)
    for number, (here, there) in enumerate(zip_longest(reference.arrivals, other.arrivals), 1):
        prefix = f"request {number} " if max(len(reference.arrivals), len(other.arrivals)) > 1 else ""
        yield from _prefixed(f"{prefix}origin: ", _arrivals(here, there))


def _prefixed(prefix: str, aspects: Iterable[Aspect]) -> Iterator[Aspect]:
    return (Aspect(prefix + each.what, each.reference, each.other) for each in aspects)


def _replies(one: Reply | None, two: Reply | None) -> Iterator[Aspect]:
    if one is None or two is None:
        yield Aspect("answer", _status(one), _status(two))
        return
    for what in ("status", "reason", "version", "interims", "body", "whole"):
        if getattr(one, what) != getattr(two, what):
            yield Aspect(what, str(getattr(one, what)), str(getattr(two, what)))
    yield from _headers(one.headers, two.headers)


def _arrivals(one: Arrival | None, two: Arrival | None) -> Iterator[Aspect]:
    if one is None or two is None:
        yield Aspect("request", _line(one), _line(two))
        return
    if one.origin != two.origin:
        yield Aspect("which", one.origin, two.origin)
    for what in ("line", "body", "framing", "broken"):
        if getattr(one, what) != getattr(two, what):
            yield Aspect(what, getattr(one, what), getattr(two, what))
    yield from _headers(one.headers, two.headers)


def _headers(one: Headers, two: Headers) -> Iterator[Aspect]:
    """Name by name in their spelling; then, if only that differs, the order."""
    if one == two:
        return
    found = False
    for name in dict.fromkeys(name for name, _ in (*one, *two)):
        ours = [value for key, value in one if key == name]
        theirs = [value for key, value in two if key == name]
        if ours != theirs:
            found = True
            yield Aspect(f"header {name}", _lines(ours), _lines(theirs))
    if not found:
        yield Aspect("order of headers", " ".join(n for n, _ in one), " ".join(n for n, _ in two))


def _lines(values: list[str]) -> str:
    return " | ".join(values) if values else "(absent)"


def _status(one: Reply | None) -> str:
    return f"{one.status} {one.reason}".strip() if one else "(none)"


def _line(one: Arrival | None) -> str:
    return f"{one.line} at {one.origin}" if one else "(none)"
