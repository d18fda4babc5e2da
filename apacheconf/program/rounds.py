"""A request that begins anew within the server: internal redirects, sub-requests and error documents.

An internal redirect keeps the header fields and takes the environment along under ``REDIRECT_`` names. A sub-request
only asks what another request would come to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from posixpath import normpath

from apacheconf.program.course import Course
from apacheconf.program.environment import Environment
from apacheconf.program.evaluate import State
from apacheconf.program.fold import steps_of
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Layer
from apacheconf.program.mod_env import said_in
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.uri import PathRefused, escape_path, normalise, parse_target


def begin_again(course: Course, uri: str) -> None:
    """An internal redirect to ``uri``; the course is refused where there are too many, or the path is none."""
    state = course.state
    course.redirect_to = None
    if _is_too_often(course):
        return
    course.rounds += 1
    if state.first_round is None:
        state.first_round = copy(state)
    state.env = _redirected(state)
    state.env["REDIRECT_STATUS"] = str(state.status)
    state.before = state.path, state.query
    state.sections_before = course.layers or state.sections
    _forget(course)
    _read_path(course, uri)


def _is_too_often(course: Course) -> bool:
    """Whether there are too many internal redirects already; the course is refused then."""
    most = course.state.host.recursion[0]
    if course.rounds < most:
        return False
    course.refuse(500, f"more than {most} internal redirects")
    course.log(
        "error",
        "core",
        f"AH00124: Request exceeded the limit of {most} internal redirects due to probable configuration error. "
        "Use 'LimitInternalRecursion' to increase the limit if necessary. "
        "Use 'LogLevel debug' to get a backtrace.",
    )
    return True


def begin_document(program: Program, before: Decision, status: int, path: str, notes: str) -> Course:
    """The course of a local ErrorDocument, asked by GET with the same header fields (ED-1)."""
    old = before.state
    assert old is not None
    env = _redirected(old)
    env["REDIRECT_REQUEST_METHOD"] = old.request.method
    env["REDIRECT_STATUS"] = str(status)
    env.update({"REDIRECT_ERROR_NOTES": notes} if notes else {})
    headers = old.headers or HeaderTable(old.request.headers)
    request, redirected = old.request.as_get, (old.path, old.query)
    state = replace(
        old, request=request, env=env, status=status, headers=headers, before=redirected, vary=[],
        sections_before=old.sections, first_round=None,
    )  # fmt: skip
    early = HeaderTable(before.early_headers)
    course = Course(program, state, path, headers, early=early, rounds=before.rounds)
    _forget(course)
    if not _is_too_often(course):
        course.rounds += 1
        _read_path(course, path)
    return course


def begin_from_handler(program: Program, before: Decision, uri: str, env: Mapping[str, str]) -> Course:
    """The course of an internal redirect that a handler makes once all was decided."""
    old = before.state
    assert old is not None
    own = Environment()
    own.update({**old.env, **env})
    headers = old.headers or HeaderTable(old.request.headers)
    state = replace(old, env=own, headers=headers, sub=False, handler=env.get("HANDLER", old.handler))
    early = HeaderTable(before.early_headers)
    course = Course(program, state, before.path, headers, early=early, rounds=before.rounds)
    begin_again(course, uri)
    return course


def said_late(state: State) -> dict[str, str]:
    """What SetEnv and PassEnv have said in the fixups: whoever takes the variables along, a script or the next round,
    goes by it where one has another value from before (EV-4)."""
    layers = tuple(each for each in state.fixed_in if isinstance(each, Layer))
    return dict(said_in(steps_of(state.host.shape, layers), state)) if layers else {}


def _redirected(state: State) -> Environment:
    """The variables of the round before; one that was set twice is what SetEnv said of it (EV-5)."""
    found, said = Environment(), Environment()
    said.update(said_late(state))
    found.update({f"REDIRECT_{name}": said.get(name, value) for name, value in state.env.items()})
    return found


def begin_sub_request(program: Program, old: State, uri: str, as_file: bool, depth: int) -> Course:
    """The course of a sub-request ``depth`` deep; refused where that is too deep, or the path is none."""
    headers = HeaderTable((old.headers or HeaderTable(old.request.headers)).lines())
    env = Environment()
    env.update(old.env)
    state = State(
        old.request.as_get, program.hosts[old.host.number], old.path, None, old.host_name,
        env=env, headers=headers, started=old.started, sub=True, main_path=old.path,
        asked_host=old.asked_host, fixed_in=old.fixed_in,
    )  # fmt: skip
    sub = Course(program, state, old.path, headers, depth=depth)
    if depth > old.host.recursion[-1]:
        sub.refuse(500, "too many sub-requests within each other")
        return sub
    folder = old.path.rpartition("/")[0] + "/"
    if as_file:
        beside = (old.rewritten or old.file or old.path).rpartition("/")[0] + "/"
        file = uri if uri.startswith("/") else beside + uri
        state.file = normpath(file) + "/" * (file[-1:] == "/")
        name = state.file[len(beside) :]
        known = state.file.startswith(beside) and name and "/" not in name
        state.path = folder + name if known else ""  # what a file elsewhere would be asked by is not known
    else:
        _read_path(sub, uri if uri.startswith("/") else escape_path(folder) + uri)
    return sub


def _forget(course: Course) -> None:
    """What was found out about the request before."""
    state = course.state
    state.known_before, state.user, state.auth_type = (state.user, state.auth_type), None, ""
    state.fixed_in = ()
    course.origin, course.located, course.layers, course.htaccess = None, None, (), ()
    course.told.clear()
    course.response_headers.clear()
    course.early_own = HeaderTable()
    state.file, state.path_info, state.mapped, state.handler = "", "", "", ""
    state.folder, state.base, state.unmapped, state.handled_type = "", "", "", ""
    state.document_root, state.context_root, state.context_prefix = "", "", ""
    state.host = course.program.hosts[state.host.number]
    course.forced_handler, course.forced_type, course.unfit = "", "", False
    state.captures.clear()
    state.query = None
    course.layers = state.host.shape.layers[:1]


def _read_path(course: Course, uri: str) -> None:
    """Make ``uri`` the path and the query of the request."""
    limits = course.state.host.shape.limits
    try:
        path, question, query = uri.partition("?")
        course.state.path, course.state.query = path, query if question else None
        parse_target("GET", path.replace(" ", "%20"))
        course.state.path = normalise(path, limits.encoded_slashes, limits.merge_slashes)
    except PathRefused as refusal:
        course.refuse(refusal.status, str(refusal))
        course.state.path = re.sub(r"^(/\.\.)+(?=/)", "", course.state.path)  # httpd has cut off what leads above /
        return
    course.raw_path = course.sent_path = path
