"""Walking the steps of a cell as a request with given answers would, up to the first question that is open."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from apacheconf.program.conditions import ALWAYS, NEVER, Condition
from apacheconf.program.phases import Phase
from apacheconf.program.steps import (
    END,
    EditHeader,
    FinishRewriting,
    Flow,
    MapToOrigin,
    Move,
    Rewrite,
    SetUri,
    Step,
    Table,
)
from apacheconf.program.values import Literal
from apacheconf.targets.answers import Answers, residual
from apacheconf.targets.environments import Environment, mentions_any
from apacheconf.targets.rewrites import plain
from apacheconf.targets.routes import Deciding

#: Steps that run, each with whether it is certain.
Met = list[tuple[Step, bool]]


class Spelling(Enum):
    """What is put in words of the request for a target (``places``)."""

    NOTHING = "nothing"
    VARIABLES = "questions about variables"
    ALL = "and conditional headers, as routes of their own"


#: Variables that are known when the answer is there, and those of the environment that nobody here has set.
_LATER = ("REQUEST_STATUS", "RESP", "ENV")
#: In place of an action that makes a path nobody here can follow.
_LOST = SetUri(Literal(""))


def walk(steps: tuple[Step, ...], answers: Answers, spelling: Spelling) -> tuple[Condition | None, Met]:
    """The steps that run, in order, up to the first deciding one whose condition is open: that one is returned."""
    met: Met = []
    ended: Phase | None = None
    mapped = False
    at = -1
    environment = Environment() if spelling is not Spelling.NOTHING else None
    while (at := at + 1) < len(steps):
        step = steps[at]
        if (ended is not None and ended <= step.phase < Phase.FILTERS) or (mapped and step.phase is Phase.TRANSLATE):
            continue
        left = residual(environment.asked(step.when) if environment else step.when, answers)
        if left not in (ALWAYS, NEVER) and _decides(step, spelling is Spelling.ALL and not _waits(left, step, steps)):
            return left, [*met, (step, False)]
        flow = step.then if left == ALWAYS else step.otherwise if left == NEVER else Flow()
        after = _after(flow, at, steps)
        if environment and left != NEVER:
            environment.tell(step, left, at, step.otherwise)
        if left == ALWAYS and isinstance(step.action, Rewrite):
            finishes = isinstance(steps[min(after + 1, len(steps) - 1)].action, FinishRewriting)
            said = plain(step, finishes)
            if said is None:
                return None, [*met, (replace(step, action=_LOST), True)]
            step, ended = said, step.phase if said.then == END else ended
            mapped = mapped or isinstance(said.action, MapToOrigin)
        if environment and isinstance(step.action, EditHeader):
            step = replace(step, when=left)
        if left != NEVER:
            met.append((step, left == ALWAYS))
        at = after
        ended = step.phase if flow.move is Move.END else ended
    return None, met


def _waits(left: Condition, step: Step, steps: tuple[Step, ...]) -> bool:
    """Whether a header line is no matter of who answers: it is asked when its value is."""
    return any(mentions_any(left, name) for name in _LATER) or _is_alone(step, steps)


def _is_alone(step: Step, steps: tuple[Step, ...]) -> bool:
    """Whether a header has no other line, and this one only adds to what an answer has: a text that may be empty."""
    action = step.action
    if not isinstance(action, EditHeader) or action.table is Table.REQUEST:
        return False
    adds = action.operation == "add" or (action.operation == "set" and action.table is Table.ALWAYS)
    names = [each.action.name.lower() for each in steps if isinstance(each.action, EditHeader)]
    return adds and names.count(action.name.lower()) == 1


def _decides(step: Step, headers: bool) -> bool:
    """Whether who answers may depend on the step: a rule that only sets something and goes on decides nothing."""
    if headers and isinstance(step.action, EditHeader):
        return True
    if isinstance(step.action, Rewrite) and step.action.target is None and not step.action.answers:
        return step.then != Flow() or step.otherwise != Flow()
    return isinstance(step.action, Deciding)


def _after(flow: Flow, at: int, steps: tuple[Step, ...]) -> int:
    """The last step that a flow passes over."""
    if flow.move in (Move.SKIP, Move.CHAIN):
        return at + flow.count
    if flow.move is Move.STOP:
        return next((n for n in range(at + 1, len(steps)) if steps[n].phase != steps[at].phase), len(steps)) - 1
    return at
