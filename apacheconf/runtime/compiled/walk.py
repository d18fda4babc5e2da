"""``decide`` with compiled steps and matchers: the walk is the interpreter's own, what it asks and does are closures.

A phase with a flow that is not known here is interpreted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apacheconf.program.conditions import Condition
from apacheconf.program.course import Course
from apacheconf.program.decide import Walk, decide
from apacheconf.program.hosts import Layer, LayerKind, Shape
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import Flow, Step
from apacheconf.program.trace import Tracer
from apacheconf.runtime.compiled.asks import CHANGING, NOTHING, PLACES, asks
from apacheconf.runtime.compiled.evaluate import Test, test_of
from apacheconf.runtime.compiled.steps import Run, run_of

Runs = dict[Phase, Run | None]

#: What was compiled, by the identity of what it was made from, which is kept beside it; emptied when full.
_RUNS: dict[int, tuple[Sequence[Step], int, Runs]] = {}
_TESTS: dict[tuple[int, Phase], tuple[Condition, int, Test]] = {}
_SIZE = 4096


class CompiledWalk(Walk):
    """One request's way through the phases; ``asks`` is what the decision depends on besides the request's bytes."""

    asks: int = NOTHING

    def __init__(self, course: Course, tracer: Tracer) -> None:
        super().__init__(course, tracer)
        self._layers: tuple[Layer, ...] | None = None
        self._runs: Runs = {}

    def run(self, start: Phase, last: Phase = Phase.LOG) -> None:
        """As the interpreter's, without the phases in which nothing would happen."""
        course = self.course
        state = course.state
        idle = _idle_phases(state.host.shape)
        self.name_server()
        phase: Phase | None = start
        while phase is not None and phase <= last:
            if phase in idle and phase not in self._runs_now() and not course.htaccess:
                state.phase = phase
                phase = _NEXT[phase]
            else:
                flow = self._enter(phase)
                phase = _NEXT[phase] if flow is None else self._after(phase, flow)
        self.close()

    def run_phase(self, phase: Phase) -> Flow | None:
        runs = self._runs_now()
        if phase not in runs:
            return None
        run = runs[phase]
        return super().run_phase(phase) if run is None else run(self)

    def _runs_now(self) -> Runs:
        """The functions of the layers that apply now."""
        if self.course.layers is not self._layers:
            self._layers = self.course.layers
            steps = self.steps()
            known = _RUNS.get(id(steps))
            _, asked, self._runs = _compiled(steps) if known is None else known
            self.asks |= asked
        return self._runs

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
    course = made[0].course
    walked = NOTHING if not course.walked else CHANGING if course.htaccess else PLACES
    return Decided(decision, made[0].asks | walked, course.forwarded)


def _compiled(steps: Sequence[Step]) -> tuple[Sequence[Step], int, Runs]:
    """A function for each phase that has steps."""
    if len(_RUNS) >= _SIZE:
        _RUNS.clear()
    phases: dict[Phase, list[Step]] = {}
    for step in steps:
        phases.setdefault(step.phase, []).append(step)
    runs = {phase: run_of(tuple(found)) for phase, found in phases.items()}
    _RUNS[id(steps)] = steps, asks(tuple(steps)), runs
    return _RUNS[id(steps)]


_NEXT: dict[Phase, Phase | None] = {phase: None if phase is Phase.LOG else Phase(phase + 1) for phase in Phase}
#: Phases with something to do besides their steps, whatever the host is like.
_BUSY = frozenset({Phase.READ, Phase.MAP_TO_STORAGE, Phase.HANDLER})
#: Phases in which layers are asked, with their kinds.
_ASKING = {
    Phase.LOCATION_WALK: frozenset({LayerKind.LOCATION, LayerKind.IF}),
    Phase.SECTION_WALK: frozenset({LayerKind.LOCATION, LayerKind.IF}),
}
_IDLE: dict[int, tuple[Shape, frozenset[Phase]]] = {}


def _idle_phases(shape: Shape) -> frozenset[Phase]:
    """The phases of a host in which nothing happens where they have no steps."""
    known = _IDLE.get(id(shape))
    if known is None:
        if len(_IDLE) >= _SIZE:
            _IDLE.clear()
        kinds = {layer.kind for layer in shape.layers}
        asking = {phase for phase, asked in _ASKING.items() if asked & kinds or shape.flipped or shape.renames}
        known = _IDLE[id(shape)] = shape, frozenset(Phase) - _BUSY - asking
    return known[1]
