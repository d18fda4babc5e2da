"""``decide`` with compiled steps and matchers: the walk is the interpreter's own, what it asks and does are closures.

A phase with a flow that is not known here is interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apacheconf.program.conditions import Condition
from apacheconf.program.course import Course
from apacheconf.program.decide import Walk, decide
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import Flow, Step
from apacheconf.program.trace import Tracer
from apacheconf.runtime.compiled.asks import CHANGING, NOTHING, asks
from apacheconf.runtime.compiled.evaluate import Test, test_of
from apacheconf.runtime.compiled.steps import Run, run_of

#: What was compiled, by the identity of what it was made from, which is kept beside it; emptied when full.
_RUNS: dict[int, tuple[Sequence[Step], int, dict[Phase, Run | None]]] = {}
_TESTS: dict[tuple[int, Phase], tuple[Condition, int, Test]] = {}
_SIZE = 4096


class CompiledWalk(Walk):
    """One request's way through the phases; ``asks`` is what the decision depends on besides the request's bytes."""

    asks: int = NOTHING

    def run_phase(self, phase: Phase) -> Flow | None:
        steps = self.steps()
        known = _RUNS.get(id(steps))
        _, asked, runs = _compiled(steps) if known is None else known
        self.asks |= asked
        if phase not in runs:
            return None
        run = runs[phase]
        return super().run_phase(phase) if run is None else run(self)

    def holds(self, condition: Condition) -> bool:
        phase = self.course.state.phase
        known = _TESTS.get((id(condition), phase))
        if known is None:
            if len(_TESTS) >= _SIZE:
                _TESTS.clear()
            known = _TESTS[id(condition), phase] = condition, asks(condition), test_of(condition, phase)
        _, asked, test = known
        self.asks |= asked
        return test(self.course.state)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, and what it depends on; ``forwarded`` when the origin is told the client's address."""

    decision: Decision
    asks: int
    forwarded: bool


def decide_compiled(program: Program, request: Request) -> Decided:
    """The decision of ``decide``."""
    made: list[CompiledWalk] = []

    def by(course: Course, tracer: Tracer) -> CompiledWalk:
        made.append(CompiledWalk(course, tracer))
        return made[-1]

    decision = decide(program, request, by=by)
    if not made:
        return Decided(decision, CHANGING, False)
    asked = made[0].asks | (CHANGING if getattr(made[0].course, "walked", False) else NOTHING)
    return Decided(decision, asked, made[0].course.forwarded)


def _compiled(steps: Sequence[Step]) -> tuple[Sequence[Step], int, dict[Phase, Run | None]]:
    """A function for each phase that has steps."""
    if len(_RUNS) >= _SIZE:
        _RUNS.clear()
    phases: dict[Phase, list[Step]] = {}
    for step in steps:
        phases.setdefault(step.phase, []).append(step)
    runs = {phase: run_of(tuple(found)) for phase, found in phases.items()}
    _RUNS[id(steps)] = steps, asks(tuple(steps)), runs
    return _RUNS[id(steps)]
