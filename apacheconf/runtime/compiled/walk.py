"""``decide`` with compiled steps and matchers: the walk is the interpreter's own, what it asks and does are closures.

A phase with a flow that is not known here is interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from apacheconf.program.conditions import Condition
from apacheconf.program.decide import Walk, decide
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import Flow, Step
from apacheconf.runtime.compiled.evaluate import Test, test_of
from apacheconf.runtime.compiled.steps import Run, run_of

#: What was compiled, by the identity of what it was made from, which is kept beside it; emptied when full.
_RUNS: dict[int, tuple[Sequence[Step], dict[Phase, Run | None]]] = {}
_TESTS: dict[tuple[int, Phase], tuple[Condition, Test]] = {}
_SIZE = 4096


def decide_compiled(program: Program, request: Request) -> Decision:
    """The same as ``decide``."""
    return decide(program, request, by=CompiledWalk)


class CompiledWalk(Walk):
    """One request's way through the phases."""

    def run_phase(self, phase: Phase) -> Flow | None:
        steps = self.steps()
        known = _RUNS.get(id(steps))
        runs = _compiled(steps) if known is None else known[1]
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
            known = _TESTS[id(condition), phase] = condition, test_of(condition, phase)
        return known[1](self.course.state)


def _compiled(steps: Sequence[Step]) -> dict[Phase, Run | None]:
    """A function for each phase that has steps."""
    if len(_RUNS) >= _SIZE:
        _RUNS.clear()
    phases: dict[Phase, list[Step]] = {}
    for step in steps:
        phases.setdefault(step.phase, []).append(step)
    runs = {phase: run_of(tuple(found)) for phase, found in phases.items()}
    _RUNS[id(steps)] = steps, runs
    return runs


