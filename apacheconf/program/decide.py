"""Decide what a request meets, by interpreting the program: slow and obviously right.

explain and prove use it; ``runtime.compile`` must come to the same decision, and a test demands it. It asks
every layer's matcher and folds the layers that apply (it does not use the cells, so that the cells can be
tested against it), then walks the phases in OR-1's order and runs their steps. It does no I/O.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.conditions import Condition
from apacheconf.program.course import Course, perform
from apacheconf.program.environment import Environment
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.fold import levels_for, steps_for
from apacheconf.program.forward import count_forward, decision_of
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Host, LayerKind
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.reading import read_request
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import END, EditHeader, Flow, Move, Rewrite, Step
from apacheconf.program.trace import LayerAsked, Passed, Refused, Rewritten, Round, Tracer, Tried, silent
from apacheconf.program.uri import PathRefused, normalise, parse_target

#: OR-1: which layers are asked when. Proxy layers take the place of the file layers for mapped requests (MRG-4).
_WALKS = {
    Phase.LOCATION_WALK: {LayerKind.LOCATION},
    Phase.MAP_TO_STORAGE: {LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES},
    Phase.SECTION_WALK: {LayerKind.LOCATION, LayerKind.IF},
}
MAX_ROUNDS = 10
#: After an error of its own with one of these, httpd closes the connection (ap_status_drops_connection).
DROPS_CONNECTION = frozenset({400, 408, 411, 413, 414, 500, 501, 503})


def decide(program: Program, request: Request, tracer: Tracer = silent, by: type[Walk] | None = None) -> Decision:
    """What ``request`` meets, before any origin is asked. ``tracer`` hears each event, ``by`` does the walk."""
    course = walk(program, request, tracer, by)
    return decision_of(course, keep_alive=course.status not in DROPS_CONNECTION)


def decide_unread(program: Program, host: Host) -> Decision:
    """What ``host`` does to its answer for a request that could not be read."""
    headers = HeaderTable()
    course = Course(program, State(Request(), host, "/", None, None, headers=headers), "/", headers, status=400)
    Walk(course, silent).run(Phase.FILTERS)
    return decision_of(course, keep_alive=False)


def walk(program: Program, request: Request, tracer: Tracer = silent, by: type[Walk] | None = None) -> Course:
    """The course of ``request`` at its end: all that is known of it then."""
    course = read_request(program, request, tracer)
    if course.status is None:
        (by or Walk)(course, tracer).run(Phase.POST_READ)
    else:
        if course.why:
            tracer(Refused(course.status, course.why))
        if course.status != 200:  # OPTIONS * meets no filter
            (by or Walk)(course, tracer).run(Phase.FILTERS)
    return course


class Walk:
    """One request's way through the phases, with its rounds. ``runtime.compiled`` has a quicker one of its own."""

    def __init__(self, course: Course, tracer: Tracer) -> None:
        self.course, self.tracer = course, tracer
        self.layers: tuple[int, ...] = (0,)
        self.restarts = 0

    def run(self, start: Phase) -> None:
        """Every phase from ``start`` on; a flow that leaves the order says where to go on."""
        phase: Phase | None = start
        while phase is not None:
            flow = self._enter(phase)
            phase = self._after(phase, flow)
        self.course.levels = levels_for(
            tuple(self.course.state.host.shape.layers[number] for number in self.layers)
        )

    def _enter(self, phase: Phase) -> Flow | None:
        course = self.course
        course.state.phase = phase
        if phase in _WALKS:
            self._ask_layers(phase)
        if phase is Phase.HANDLER:
            _before_handler(course, self.tracer)
        if course.status is not None and Phase.LOCATION_WALK <= phase < Phase.FILTERS:
            return None
        if phase is Phase.TRANSLATE and (course.origin is not None or course.state.file):
            return None  # OR-2: the rules have placed the request
        return self.run_phase(phase)

    def run_phase(self, phase: Phase) -> Flow | None:
        """The steps of a phase."""
        return self._run_steps([step for step in self.steps() if step.phase is phase])

    def holds(self, condition: Condition) -> bool:
        """Whether the matcher of a layer holds."""
        return holds(condition, self.course.state)

    def _after(self, phase: Phase, flow: Flow | None) -> Phase | None:
        """The phase that follows, after a flow that ended this one early or None."""
        if flow is not None and flow.move is Move.END:
            return Phase.FILTERS
        if flow is not None and flow.move in (Move.NEXT_ROUND, Move.INTERNAL_REDIRECT):
            return self._next_round(flow)
        return None if phase is Phase.LOG else Phase(phase + 1)

    def steps(self) -> tuple[Step, ...]:
        return steps_for(self.course.state.host.shape, self.layers)

    def _ask_layers(self, phase: Phase) -> None:
        """Find the layers that apply from this walk on; a layer counts only where its container does."""
        kinds = _WALKS[phase]
        if phase is Phase.MAP_TO_STORAGE and self.course.origin is not None:
            kinds = {LayerKind.PROXY}
        layers = self.course.state.host.shape.layers
        found = {n for n in self.layers if layers[n].kind not in kinds}
        for number, layer in enumerate(layers):
            if layer.kind in kinds and (layer.container is None or layer.container in found):
                matched = self.holds(layer.matcher)
                self.tracer(LayerAsked(layer, matched))
                found |= {number} if matched else set()
        self.layers = tuple(sorted(found))

    def _run_steps(self, steps: list[Step]) -> Flow | None:
        at = 0
        while at < len(steps):
            step = steps[at]
            matched = holds(step.when, self.course.state)
            self.tracer(Tried(step, matched))
            if isinstance(step.action, EditHeader) and step.phase is Phase.FILTERS:
                self.course.response_headers.append(step)  # asked again when the answer is there
            elif matched:
                self._perform(step)
            flow = step.then if matched else step.otherwise
            if matched and step.phase is Phase.REWRITE and self.course.status is not None:
                flow = END  # a rule has answered, or what it made is refused
            if flow.move is Move.RESTART and self.may_restart(flow):
                at = 0
                continue
            skipped = len(steps) if flow.move in _ENDING else at + 1 + _skips(flow)
            for passed in steps[at + 1 : skipped]:
                self.tracer(Passed(passed, step))
            if flow.move in _ENDING:
                return flow
            if flow.move is Move.SUBREQUEST:
                self._ask_subrequest(flow)
            at = skipped
        return None

    def _perform(self, step: Step) -> None:
        """Do the action; a mapping that leads nowhere says why (PP-6f, PU-7)."""
        before = self.course.status
        perform(step.action, self.course)
        run = self.course.rewriting
        if run is not None and isinstance(step.action, Rewrite):
            self.tracer(Rewritten(step, run.url, self.course.state.query))
        if before is None and self.course.status is not None and self.course.why:
            self.tracer(Refused(self.course.status, self.course.why))

    def may_restart(self, flow: Flow) -> bool:
        self.restarts += 1
        if self.restarts > flow.count:
            self.course.refuse(500, f"the rules were restarted more than {flow.count} times")
            return False
        return True

    def _next_round(self, flow: Flow) -> Phase | None:
        """Enter again: at READ with REDIRECT_ variables, or at LOCATION_WALK with the path as it is now."""
        course, state = self.course, self.course.state
        course.rounds += 1
        if course.rounds > MAX_ROUNDS:
            course.refuse(500, f"more than {MAX_ROUNDS} internal redirects")
            return Phase.FILTERS
        course.origin, state.file, state.mapped = None, "", ""
        self.layers = (0,)
        if flow.move is Move.NEXT_ROUND:
            self.tracer(Round(course.rounds, state.path, Phase.LOCATION_WALK))
            return Phase.LOCATION_WALK
        uri = text_of(flow.uri, state) if flow.uri is not None else state.path
        self.tracer(Round(course.rounds, uri, Phase.READ))
        before, state.env = state.env, Environment()
        state.env.update({f"REDIRECT_{name}": value for name, value in before.items()})
        return Phase.POST_READ if _reread_path(course, uri) else Phase.FILTERS

    def _ask_subrequest(self, flow: Flow) -> None:
        """What another URI would answer; its file and status are then known as SUBREQUEST_ variables."""
        state = self.course.state
        uri = text_of(flow.uri, state) if flow.uri is not None else state.path
        answer = decide(self.course.program, replace(state.request, method="GET", target=uri))
        state.env["SUBREQUEST_FILE"] = answer.file
        state.env["SUBREQUEST_STATUS"] = str(answer.status or 200)


_ENDING = frozenset({Move.STOP, Move.END, Move.NEXT_ROUND, Move.INTERNAL_REDIRECT})


def _skips(flow: Flow) -> int:
    return flow.count if flow.move in (Move.SKIP, Move.CHAIN) else 0


def _reread_path(course: Course, uri: str) -> bool:
    """Make ``uri`` the path of the request; False when it is refused."""
    limits = course.state.host.shape.limits
    try:
        target = parse_target(course.state.request.method, uri)
        course.state.path = normalise(target.raw_path, limits.encoded_slashes, limits.merge_slashes)
    except PathRefused as refusal:
        course.refuse(refusal.status, str(refusal))
        return False
    course.raw_path = target.raw_path
    if target.query is not None:
        course.state.query = target.query
    return True


def _before_handler(course: Course, tracer: Tracer) -> None:
    """What the proxy handler and the default handler check themselves: TRACE, CONNECT, Max-Forwards."""
    if course.status is not None:
        return
    method = course.state.request.method
    if method == "TRACE" and not course.state.host.shape.limits.trace:
        course.refuse(405, "TraceEnable is off")
        if course.origin is not None:
            course.log("error", "proxy", "AH01139: TRACE forbidden by server configuration")
    elif method == "CONNECT" and course.origin is None:
        course.refuse(405, "CONNECT is for forward proxies, and no mapping takes it")
    elif course.origin is not None and course.headers.breaks():
        course.refuse(400, "a header field would hold a control character")
    elif course.origin is not None:
        count_forward(course)
    if course.status is not None:
        tracer(Refused(course.status, course.why))
