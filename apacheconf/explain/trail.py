"""The events of one decision, kept for asking."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TypeVar

from apacheconf.explain.anybody import ANYBODY
from apacheconf.ledger import Written
from apacheconf.program.by_handler import is_proxy, proxied
from apacheconf.program.decide import decide
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import Step
from apacheconf.program.trace import Event, HostChosen, Tried

E = TypeVar("E")


def with_handler(program: Program, decision: Decision) -> Decision:
    """The decision for the origin that a file's handler names, if it does."""
    handler = decision.state.handler if decision.state is not None else ""
    if decision.status is None and decision.origin is None and decision.file and is_proxy(handler):
        return proxied(program, decision, handler)
    return decision


@dataclass(frozen=True)
class Trail:
    """A program, the request it was asked about, what it decided, and the events on the way."""

    program: Program
    request: Request
    decision: Decision
    events: tuple[Event, ...] = field(repr=False)

    @classmethod
    def follow(cls, program: Program, request: Request) -> Trail:
        events: list[Event] = []
        decision = decide(program, replace(request, authority=ANYBODY), events.append)
        return cls(program, request, with_handler(program, decision), tuple(events))

    @property
    def by_handler(self) -> bool:
        """Whether a file has gone to an origin because of its handler (FC-3)."""
        return bool(self.decision.file) and is_proxy(self.decision.handler)

    def of(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def chosen(self) -> HostChosen:
        return self.of(HostChosen)[0]

    @property
    def host(self) -> Host:
        return self.chosen.host

    def said_by(self, step: Step) -> tuple[Written, ...]:
        return self.host.said_by(step)

    def done(self, action: type[object]) -> list[Step]:
        """The steps with an action of this kind whose condition held."""
        return [event.step for event in self.of(Tried) if event.matched and isinstance(event.step.action, action)]
