"""What steps are to a walk: who answers may depend on one, or it is met by everybody, or passes others over."""

from __future__ import annotations

from collections import Counter

from apacheconf.program.conditions import ALWAYS, AnyOf, Condition, Matches
from apacheconf.program.phases import Phase
from apacheconf.program.steps import EditHeader, Flow, MapBack, MapBackCookie, Move, Rewrite, Step
from apacheconf.program.values import Capture
from apacheconf.targets.captures import parts_in
from apacheconf.targets.routes import Deciding


def is_choice(part: Condition) -> bool:
    """Whether any of several conditions may be the one that holds, of which some match."""
    return isinstance(part, AnyOf) and any(isinstance(each, Matches) for each in part.conditions)


def is_plain(step: Step) -> bool:
    """Whether a step is met by everybody and changes nothing that others ask: a host may have hundreds of these."""
    return isinstance(step.action, MapBack | MapBackCookie) and step.when == ALWAYS and step.then == step.otherwise


def decides(step: Step, headers: bool) -> bool:
    """Whether who answers may depend on the step: a rule that only sets something and goes on decides nothing."""
    if headers and isinstance(step.action, EditHeader):
        return True
    if isinstance(step.action, Rewrite) and step.action.target is None and not step.action.answers:
        return step.then != Flow() or step.otherwise != Flow()
    return isinstance(step.action, Deciding)


def asks_match(step: Step) -> bool:
    """Whether a rule asks what its pattern has matched."""
    every = (*parts_in(step.action, Capture), *parts_in(step.when, Capture))
    return any(each.match == "rule" for each in every)


def after(flow: Flow, at: int, steps: tuple[Step, ...]) -> int:
    """The last step that a flow passes over."""
    if flow.move in (Move.SKIP, Move.CHAIN):
        return at + flow.count
    if flow.move is Move.STOP:
        return next((n for n in range(at + 1, len(steps)) if steps[n].phase != steps[at].phase), len(steps)) - 1
    return at


def lines_in(steps: tuple[Step, ...]) -> Counter[str]:
    """How many lines each header has."""
    return Counter(each.action.name.lower() for each in steps if isinstance(each.action, EditHeader))


def begin_alike(some: tuple[Step, ...], others: tuple[Step, ...], at: int) -> bool:
    """Whether the steps before this number are the same, and none of a header, which asks for other lines of it."""
    return some[:at] == others[:at] and not any(isinstance(each.action, EditHeader) for each in some[:at])


def is_mapped_before(steps: tuple[Step, ...], at: int) -> bool:
    """Whether all steps from this number on come after what maps a request."""
    return at >= len(steps) or steps[at].phase > Phase.TRANSLATE
