"""What ``decide`` tells a listener on the way: the events that explain narrates.

A tracer is called with each event in order. Events are data; numbers resolve through the host.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.program.hosts import Cell, Host, Layer
from apacheconf.program.names import Choice
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Step
from apacheconf.program.workers import Worker


@dataclass(frozen=True, slots=True)
class HostChosen:
    """The host that answers; ``name`` is the name asked for (None when the request names none)."""

    host: Host
    choice: Choice
    name: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """The request is answered with an error before or instead of any step; ``why`` is a sentence."""

    status: int
    why: str


@dataclass(frozen=True, slots=True)
class PathRead:
    """The target was normalised: ``raw`` as sent, ``path`` as matched."""

    raw: str
    path: str


@dataclass(frozen=True, slots=True)
class LayerAsked:
    """A section's matcher was asked."""

    layer: Layer
    matched: bool


@dataclass(frozen=True, slots=True)
class CellFound:
    cell: Cell


@dataclass(frozen=True, slots=True)
class Tried:
    """A step's condition was asked; when it held, the action was done."""

    step: Step
    matched: bool


@dataclass(frozen=True, slots=True)
class Passed:
    """A step was not asked, because of ``by`` (an earlier step that ended or skipped)."""

    step: Step
    by: Step


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A rule has matched; ``url`` and ``query`` are what the rules have made of the request so far."""

    step: Step
    url: str
    query: str | None


@dataclass(frozen=True, slots=True)
class Round:
    """An internal redirect or a further round begins; ``uri`` is its path."""

    number: int
    uri: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class MemberChosen:
    """The member a fresh balancer would take, of the members in order."""

    member: Worker
    why: str


Event = HostChosen | Refused | PathRead | LayerAsked | CellFound | Tried | Passed | Rewritten | Round | MemberChosen
Tracer = Callable[[Event], None]


def silent(event: Event) -> None:
    """The tracer that listens to nothing."""
