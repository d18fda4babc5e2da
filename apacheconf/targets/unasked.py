"""Balancers that no request reaches, for an earlier mapping takes all that they are mapped to."""

from __future__ import annotations

from apacheconf.ledger import Ledger, Outcome
from apacheconf.program.hosts import Shape
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin, MapToUrl, Rewrite, SetHandler
from apacheconf.program.workers import Balancer

_WHY = "no request is mapped to this balancer"
_LINES = frozenset({"balancermember", "proxyset"})


def settle_unasked(program: Program, ledger: Ledger) -> None:
    """Members and settings of such balancers have no effect: what is mapped to them is dead, and told for itself."""
    balancers = {number: each for number, each in enumerate(program.origins) if isinstance(each, Balancer)}
    asked = _asked(program) if balancers else set()
    for number, origin in balancers.items():
        if number not in asked:
            members = (each for worker in origin.members for each in worker.said_by)
            lines = {id(each): each for each in (*origin.said_by, *members) if each.name.lower() in _LINES}
            ledger.drop(lines.values(), _WHY, Outcome.NO_EFFECT, "unasked")


def _asked(program: Program) -> set[int]:
    """The numbers of the origins that some cell may ask."""
    by_shape: dict[int, set[int] | None] = {}
    found: set[int] = set()
    for host in program.hosts:
        if id(host.form) not in by_shape:
            by_shape[id(host.form)] = _numbers(host.form)
        local = by_shape[id(host.form)]
        found.update(host.origins if local is None else (host.origins[each] for each in local))
    return found


def _numbers(shape: Shape) -> set[int] | None:
    """The host's numbers of those that its cells ask; None where a request, a rule or a handler may name any."""
    actions = [step.action for cell in shape.cells for step in cell.steps]
    if any(isinstance(each, MapToUrl | SetHandler | Rewrite) or getattr(each, "late", False) for each in actions):
        return None
    return {each.origin for each in actions if isinstance(each, MapToOrigin)}
