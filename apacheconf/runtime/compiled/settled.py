"""Header lines of an answer whose conditions are known when the request is: they need not be asked again."""

from __future__ import annotations

from collections.abc import Callable

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.evaluate import State
from apacheconf.program.phases import Phase
from apacheconf.program.request import Decision
from apacheconf.program.response import asks_fields, is_settled
from apacheconf.program.steps import EditHeader, Step
from apacheconf.program.values import Capture, Variable
from apacheconf.runtime.compiled.asks import CHANGING, asks
from apacheconf.runtime.compiled.evaluate import test_of

#: Whether a line holds for a request, None where only the answer can tell.
Settle = Callable[[State], bool]

#: By the identity of a step, which is kept beside it; emptied when full.
_KNOWN: dict[int, tuple[Step, Settle | None]] = {}
_SIZE = 4096


def settled_edits(decision: Decision) -> tuple[EditHeader, ...] | None:
    """The lines that hold for the request's answer, whatever it is; None where a line asks for more."""
    state = decision.state
    if state is None or decision.early_headers or decision.early_own:
        return None
    state.phase = Phase.FILTERS
    held: list[EditHeader] = []
    for step in decision.response_headers:
        settle = _settle_of(step)
        if settle is None:
            return None
        if isinstance(step.action, EditHeader) and settle(state):
            held.append(step.action)
    return tuple(held)


def _settle_of(step: Step) -> Settle | None:
    known = _KNOWN.get(id(step))
    if known is None:
        if len(_KNOWN) >= _SIZE:
            _KNOWN.clear()
        known = _KNOWN[id(step)] = step, _made(step)
    return known[1]


def _made(step: Step) -> Settle | None:
    if not isinstance(step.action, EditHeader) or not is_settled(step.action):
        return None
    if step.when == ALWAYS:
        return lambda state: True
    if asks(step.when) & CHANGING or _is_of_member(step.when) or asks_fields(step.when):
        return None
    return test_of(step.when, Phase.FILTERS)


def _is_of_member(node: object) -> bool:
    """Whether a condition asks for what a member adds to the environment, or for a capture of another line."""
    if isinstance(node, Variable):
        return node.argument.upper().startswith("BALANCER_")
    if isinstance(node, Capture):
        return True
    if isinstance(node, tuple):
        return any(map(_is_of_member, node))
    fields = getattr(node, "__dataclass_fields__", {})
    return any(_is_of_member(getattr(node, name)) for name in fields)
