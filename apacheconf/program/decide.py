"""Decide what a request meets, by interpreting the program: slow and obviously right.

explain and prove use it; ``runtime.compile`` must come to the same decision, and a test demands it. It asks
every layer's matcher and folds the layers that apply (it does not use the cells, so that the cells can be
tested against it), then walks the phases in OR-1's order and runs their steps. Of the outside world it sees the file
system (``walks``, ``files``), and that only for requests that no origin takes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace

from apacheconf.program.conditions import Condition
from apacheconf.program.course import Course
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.fold import levels_for, steps_of
from apacheconf.program.forward import count_forward, decision_of
from apacheconf.program.handling import FileRules, FolderRules
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Host, LayerKind
from apacheconf.program.mapping import keep_slashes
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.naming import naming_for
from apacheconf.program.performing import perform
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.reading import read_request
from apacheconf.program.request import Decision, Request
from apacheconf.program.rounds import begin_again, begin_document, begin_from_handler, begin_sub_request
from apacheconf.program.steps import END, BeginRewriting, EditHeader, Flow, Move, Rewrite, Step
from apacheconf.program.trace import Passed, Refused, Rewritten, Round, Tracer, Tried, silent
from apacheconf.program.uri import escape_path
from apacheconf.program.walks import ask_layers, walk_directories
from apacheconf.program.workers import Balancer

#: OR-1: which layers are asked when. Proxy layers take the place of the file layers for mapped requests (MRG-4).
_WALKS = {
    Phase.LOCATION_WALK: frozenset({LayerKind.LOCATION, LayerKind.IF}),
    Phase.MAP_TO_STORAGE: frozenset({LayerKind.PROXY}),
    Phase.SECTION_WALK: frozenset({LayerKind.LOCATION, LayerKind.IF}),
}
#: After an error of its own with one of these, httpd closes the connection (ap_status_drops_connection).
DROPS_CONNECTION = frozenset({400, 408, 411, 413, 414, 500, 501, 503})

#: Makes the walk of a request.
MakeWalk = Callable[["Course", Tracer], "Walk"]


def decide(program: Program, request: Request, tracer: Tracer = silent, by: MakeWalk | None = None) -> Decision:
    """What ``request`` meets, before any origin is asked. ``tracer`` hears each event, ``by`` does the walk."""
    course = walk(program, request, tracer, by)
    return decision_of(course, keep_alive=course.status not in DROPS_CONNECTION)


def decide_unread(program: Program, host: Host) -> Decision:
    """What ``host`` does to its answer for a request that could not be read."""
    headers = HeaderTable()
    course = Course(program, State(Request(), host, "/", None, None, headers=headers), "/", headers, status=400)
    Walk(course, silent).run(Phase.FILTERS)
    return decision_of(course, keep_alive=False)


def decide_document(program: Program, before: Decision, status: int, path: str, notes: str = "") -> Decision:
    """What answers for an ErrorDocument that is a local ``path``: an internal redirect by GET (ED-1).

    ``before`` was decided for the request that ended with the error ``status``, be it the origin's; ``notes`` is what
    the stock page would have said.
    """
    course = begin_document(program, before, status, path, notes)
    Walk(course, silent).run(Phase.POST_READ if course.status is None else Phase.FILTERS)
    return decision_of(course, keep_alive=course.status not in DROPS_CONNECTION)


def decide_again(program: Program, before: Decision, uri: str, env: Mapping[str, str]) -> Decision:
    """What answers after an internal redirect that a handler makes to ``uri``; ``env`` is set before (mod_actions)."""
    course = begin_from_handler(program, before, uri, env)
    Walk(course, silent).run(Phase.POST_READ if course.status is None else Phase.FILTERS)
    return decision_of(course, keep_alive=course.status not in DROPS_CONNECTION)


def walk(program: Program, request: Request, tracer: Tracer = silent, by: MakeWalk | None = None) -> Course:
    """The course of ``request`` at its end: all that is known of it then."""
    course = read_request(program, request, tracer)
    walker = (by or Walk)(course, tracer)
    if course.status is not None and course.why:
        tracer(Refused(course.status, course.why))
    if course.status == 200:  # OPTIONS * meets what is early, then If, and no filter
        walker.run(Phase.POST_READ, Phase.POST_READ)
        walker.rewrite_star()
        ask_layers(course, frozenset({LayerKind.IF}), walker.holds, tracer)
        if course.status != 200:
            walker.run(Phase.FILTERS)
    else:
        walker.run(Phase.POST_READ if course.received else Phase.FILTERS)
    return course


def decide_sub_request(program: Program, before: State, uri: str, depth: int = 1, as_file: bool = False) -> Decision:
    """What a sub-request of a request whose state is ``before`` would come to, as ``ap_sub_req_lookup_uri`` asks it.

    With ``as_file`` it is for a file beside the request's, which nothing maps anew (``ap_sub_req_lookup_dirent``).

    ``uri`` is a path and perhaps a query, relative to the request's own without a slash in front. The handler of an
    internal redirect (``redirect_to``) isn't asked: it is the sub-request's own.
    """
    sub = begin_sub_request(program, before, uri, as_file, depth)
    start = Phase.MAP_TO_STORAGE if as_file else Phase.LOCATION_WALK
    if as_file:  # sections that have asked for the query apply to what lies beside as well
        sub.state.query = before.query
    Walk(sub, silent).run(start if sub.status is None else Phase.FILTERS)
    return decision_of(sub)


def _look_up(course: Course, uri: str, as_file: bool) -> Course:
    """The course of a sub-request up to its handler; with ``as_file`` it is for a file and no URL."""
    sub = begin_sub_request(course.program, course.state, uri, as_file, course.depth + 1)
    sub.state.sections_before = course.layers
    sub.state.known_before = course.state.user, course.state.auth_type
    if sub.status is None:
        Walk(sub, silent).run(Phase.MAP_TO_STORAGE if as_file else Phase.LOCATION_WALK, Phase.FIXUPS)
    course.take_cookies(sub.early.lines())
    return sub


class Walk:
    """One request's way through the phases, with its rounds. ``runtime.compiled`` has a quicker one of its own."""

    def __init__(self, course: Course, tracer: Tracer) -> None:
        self.course, self.tracer = course, tracer
        self.restarts = 0
        course.state.look_up = lambda uri, as_file: _look_up(course, uri, as_file)
        if not course.layers:
            course.layers = course.state.host.shape.layers[:1]

    def run(self, start: Phase, last: Phase = Phase.LOG) -> None:
        """Every phase from ``start`` to ``last``; a flow that leaves the order says where to go on."""
        self.name_server()
        phase: Phase | None = start
        while phase is not None and phase <= last:
            flow = self._enter(phase)
            phase = self._after(phase, flow)
        self.close()

    def rewrite_star(self) -> None:
        """The server's rules are asked about ``OPTIONS *`` where AllowAnyURI says so; what they make of it is lost."""
        steps = [step for step in self.steps() if step.phase is Phase.REWRITE]
        if any(isinstance(step.action, BeginRewriting) and step.action.any_uri for step in steps):
            self.course.status, self.course.state.phase = None, Phase.REWRITE
            self._run_steps(steps)
            self.course.status = self.course.status or 200

    def close(self) -> None:
        """What the layers say that apply in the end."""
        self.course.levels = levels_for(self.course.layers)
        self.course.state.sections = self.course.layers

    def name_server(self) -> None:
        """How the server calls itself where the layers apply that are known to (VH-60)."""
        state = self.course.state
        if state.host.shape.renames or self.course.htaccess:
            state.naming = naming_for(self.course.layers)
        if state.called.by_dns:
            state.dns_name = state.authority.own_name(state.request.local[0])

    def _enter(self, phase: Phase) -> Flow | None:
        course = self.course
        course.state.phase = phase
        if phase is Phase.HANDLER:
            _before_handler(course, self.tracer)
        if course.status is not None and Phase.LOCATION_WALK <= phase < Phase.FILTERS:
            return None
        if phase in _ADMISSION and _was_judged(course):
            course.state.user, course.state.auth_type = course.state.known_before
            return None
        if phase is Phase.HANDLER:
            if course.redirect_to is not None and not course.state.sub and not _needs_slash(course):
                if not course.forced_handler:
                    return Flow(Move.INTERNAL_REDIRECT)
                _lose_redirect(course)
            _force(course)
        if phase is Phase.MAP_TO_STORAGE and _is_echoed(course):
            ask_layers(course, _WALKS[Phase.SECTION_WALK], self.holds, self.tracer)  # for what they add to Vary
            if _check_trace(course) and not course.state.host.shape.limits.trace_bodies and _has_body(course):
                course.refuse(413, "a body with TRACE, and TraceEnable isn't extended")
            return END
        if phase is Phase.FILTERS and course.status is None and _is_echoed(course):
            return None
        if phase is Phase.MAP_TO_STORAGE and course.origin is None:
            walk_directories(course, self.holds, self.tracer)
            self.name_server()
        elif phase in _WALKS:
            ask_layers(course, _WALKS[phase], self.holds, self.tracer)
            self.name_server()
        if phase is Phase.REWRITE and (course.origin is not None or course.state.ended):
            return None  # a mapping took it before its path was decoded (PU-8), or END was said (RW-25)
        if phase is Phase.TRANSLATE and (course.origin is not None or course.state.file):
            return None  # OR-2: the rules have placed the request
        if phase is Phase.FIXUPS and not course.state.sub:
            course.state.fixed_in = course.layers
        if phase is Phase.HEADER_PARSER and course.state.sub:
            return None  # sub-requests have their main request's header fields, and what was made of them
        return self._before_normalising() if phase is Phase.POST_READ else self.run_phase(phase)

    def _before_normalising(self) -> Flow | None:
        """What is early sees the path as it was sent (EV-1)."""
        course, path = self.course, self.course.state.path
        course.state.path = course.sent_path or path
        flow = self.run_phase(Phase.POST_READ)
        course.state.path = path
        return flow

    def run_phase(self, phase: Phase) -> Flow | None:
        """The steps of a phase."""
        return self._run_steps([step for step in self.steps() if step.phase is phase])

    def holds(self, condition: Condition) -> bool:
        """Whether the matcher of a layer holds."""
        return holds(condition, self.course.state)

    def _after(self, phase: Phase, flow: Flow | None) -> Phase | None:
        """The phase that follows, after a flow that ended this one early or None."""
        if flow is not None and flow.move is Move.END:
            self.course.rewriting, self.course.state.rewritten = None, None
            return Phase.FILTERS
        if flow is not None and flow.move is Move.INTERNAL_REDIRECT:
            return self._next_round(flow)
        return None if phase is Phase.LOG else Phase(phase + 1)

    def steps(self) -> tuple[Step, ...]:
        return steps_of(self.course.state.host.shape, self.course.layers)

    def _run_steps(self, steps: list[Step]) -> Flow | None:
        at = 0
        while at < len(steps):
            step = steps[at]
            if self.course.state.sub and isinstance(step.action, Rewrite) and step.action.main_only:
                at += 1
                continue
            asked = len(self.course.state.vary)
            matched = holds(step.when, self.course.state)
            self.tracer(Tried(step, matched))
            if isinstance(step.action, EditHeader) and step.phase is Phase.FILTERS:
                self.course.response_headers.append(step)  # asked again when the answer is there
                del self.course.state.vary[asked:]
            elif matched:
                self._perform(step)
            flow = step.then if matched else step.otherwise
            if matched and self.course.rewriting is not None and self.course.status is not None:
                flow = END  # a rule has answered, or what it made is refused
            if flow.move is Move.RESTART and self.may_restart(flow):
                at = 0
                continue
            skipped = len(steps) if flow.move in _ENDING else at + 1 + _skips(flow)
            for passed in steps[at + 1 : skipped]:
                self.tracer(Passed(passed, step))
            if flow.move in _ENDING:
                return flow
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
        """Enter again at READ, with REDIRECT_ variables (EV-5)."""
        course, state = self.course, self.course.state
        uri = course.redirect_to or (text_of(flow.uri, state) if flow.uri is not None else state.path)
        state.file, state.handler = f"redirect:{uri.partition('?')[0]}", "redirect-handler"
        begin_again(course, uri)
        if course.status is not None:
            return Phase.FILTERS
        self.restarts = 0
        self.tracer(Round(course.rounds, uri, Phase.READ))
        return Phase.POST_READ


_ENDING = frozenset({Move.STOP, Move.END, Move.INTERNAL_REDIRECT})


_ADMISSION = frozenset({Phase.ACCESS, Phase.AUTHN, Phase.AUTHZ})


def _was_judged(course: Course) -> bool:
    """Whether the same sections apply as before an internal redirect, or to the request that a rule looks ahead from.

    Then httpd doesn't ask again who is let in: a place that is denied shows its ErrorDocument from within, and a user
    who isn't known yet doesn't get known (AZ-12, RW-40). It takes Proxy sections for others each time.
    """
    now, before = course.layers, course.state.sections_before
    if course.program.judges_anew or any(layer.kind is LayerKind.PROXY for layer in now):
        return False
    return bool(before) and len(now) == len(before) and all(map(operator.is_, now, before))


def _needs_slash(course: Course) -> bool:
    """Whether mod_dir comes before the internal redirect of rules: with a redirect to the folder's own URL (DR-2)."""
    state, rules = course.state, course.told.get(FolderRules)
    adds = rules.slash if isinstance(rules, FolderRules) else True
    located = course.located
    named = located is not None and located.is_folder and not located.path_info and not state.path.endswith("/")
    if not (named and adds and "dir_module" in course.program.modules):
        return False
    query = "" if state.query is None else f"?{state.query}"
    state.file = f"redirect:{(course.redirect_to or '').partition('?')[0]}"
    course.status, course.location = 301, f"{state.self_url}{escape_path(state.path)}/{query}"
    return True


def _lose_redirect(course: Course) -> None:
    """H has taken the place of the handler that would redirect: it is asked for what stands for that, which is no file.

    (RW-27.)
    """
    course.state.file = f"redirect:{(course.redirect_to or '').partition('?')[0]}"
    course.redirect_to = None
    course.forced_handler = "default-handler"
    if course.located is not None:
        found = None if course.located.is_folder else course.located.found
        course.located = replace(course.located, found=found, lost=True)


def _force(course: Course) -> None:
    """The handler and the type that rules have asked for, at the end of the fixups (RW-27)."""
    if course.forced_handler:
        course.state.handler = course.forced_handler
    if course.forced_type:
        rules = course.told.get(FileRules)
        known = rules if isinstance(rules, FileRules) else FileRules()
        course.told[FileRules] = replace(known, force_type=course.forced_type)


def _skips(flow: Flow) -> int:
    return flow.count if flow.move in (Move.SKIP, Move.CHAIN) else 0


def _is_echoed(course: Course) -> bool:
    """Whether it is a TRACE that no origin takes: it is answered before the file system is looked at (HP-4)."""
    return course.state.request.method == "TRACE" and course.origin is None and not course.state.sub


def _has_body(course: Course) -> bool:
    length = course.headers.get("Content-Length") or ""
    return course.headers.get("Transfer-Encoding") is not None or length.strip("0 ") != ""


def _check_trace(course: Course) -> bool:
    """Whether TRACE may be answered."""
    allowed = course.state.host.shape.limits.trace
    if not allowed:
        course.refuse(405, "TraceEnable is off")
    return allowed


def _before_handler(course: Course, tracer: Tracer) -> None:
    """What the proxy handler and the default handler check themselves: TRACE, CONNECT, Max-Forwards."""
    if course.status is not None:
        return
    keep_slashes(course)
    method = course.state.request.method
    if course.status is not None:
        pass
    elif method == "TRACE" and not _check_trace(course):
        course.log("error", "proxy", "AH01139: TRACE forbidden by server configuration")
    elif course.unfit:
        course.turn_of = course.origin if isinstance(course.origin, Balancer) else None
        course.refuse(403, "a blank or control character in a path that is passed on as it is")
        course.log("error", "proxy_http", "AH10415: To be forwarded path contains control characters or spaces")
    elif course.origin is not None and not is_fcgi(course.origin) and course.headers.breaks():
        course.refuse(400, "a header field would be more than one line")
    elif course.origin is not None:
        count_forward(course)
    if course.status is not None:
        tracer(Refused(course.status, course.why))
