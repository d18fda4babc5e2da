"""A request that begins anew within the server: internal redirects, sub-requests and error documents.

An internal redirect keeps the header fields and takes the environment along under ``REDIRECT_`` names. A sub-request
only asks what another request would come to; ``take_over`` makes its course the request's own (mod_dir's index).
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.course import Course
from apacheconf.program.environment import Environment
from apacheconf.program.evaluate import State
from apacheconf.program.headers import HeaderTable
from apacheconf.program.uri import PathRefused, normalise, parse_target


def begin_again(course: Course, uri: str) -> None:
    """An internal redirect to ``uri``; the course is refused where there are too many, or the path is none."""
    state = course.state
    most = course.program.most_redirects
    course.redirect_to = None
    if course.rounds >= most:
        course.refuse(500, f"more than {most} internal redirects")
        course.log(
            "error",
            "core",
            f"AH00124: Request exceeded the limit of {most} internal redirects due to probable configuration error. Use "
            "'LimitInternalRecursion' to increase the limit if necessary. Use 'LogLevel debug' to get a backtrace.",
        )
        return
    course.rounds += 1
    before, state.env = state.env, Environment()
    state.env.update({f"REDIRECT_{name}": value for name, value in before.items()})
    state.env["REDIRECT_STATUS"] = "200"
    _forget(course)
    _read_path(course, uri)


def begin_document(before: Course, status: int, path: str, notes: str) -> Course:
    """The course of a local ErrorDocument, asked by GET with the same header fields (ED-1)."""
    old = before.state
    state = replace(old, request=replace(old.request, method="GET"), env=Environment(), status=200)
    course = Course(before.program, state, path, before.headers, early=before.early, rounds=before.rounds + 1)
    state.env.update({f"REDIRECT_{name}": value for name, value in old.env.items()})
    state.env["REDIRECT_REQUEST_METHOD"] = old.request.method
    state.env["REDIRECT_STATUS"] = str(status)
    state.env["REDIRECT_URL"] = old.path
    if old.query is not None:
        state.env["REDIRECT_QUERY_STRING"] = old.query
    if notes:
        state.env["REDIRECT_ERROR_NOTES"] = notes
    _forget(course)
    _read_path(course, path)
    return course


def begin_sub_request(course: Course, uri: str, as_file: bool) -> Course:
    """The course of a sub-request; refused where they are too deep, or the path is none."""
    old = course.state
    headers = HeaderTable.of(course.headers.lines())
    env = Environment()
    env.update(old.env)
    state = State(
        replace(old.request, method="GET"), course.program.hosts[old.host.number], old.path, None, old.host_name,
        env=env, headers=headers, started=old.started, sub=True,
    )  # fmt: skip
    sub = Course(course.program, state, old.path, headers, main=course, depth=course.depth + 1)
    if sub.depth > course.program.most_subrequests:
        sub.refuse(500, "too many sub-requests within each other")
        return sub
    folder = old.path.rpartition("/")[0] + "/"
    if as_file:
        state.file = uri if uri.startswith("/") else old.file.rpartition("/")[0] + "/" + uri
        state.path = "" if uri.startswith("/") else folder + uri
    else:
        _read_path(sub, uri if uri.startswith("/") else folder + uri)
    return sub


def take_over(course: Course, sub: Course) -> None:
    """Make a sub-request's course the request's own, as ``ap_internal_fast_redirect`` does; the method stays."""
    old, new = course.state, sub.state
    env = Environment()
    env.update(old.env)
    env.update(new.env)
    course.state = replace(new, request=old.request, env=env, phase=old.phase, sub=old.sub, headers=old.headers)
    course.state.look_up = old.look_up
    course.layers, course.htaccess, course.located = sub.layers, sub.htaccess, sub.located
    course.raw_path, course.origin, course.uri = sub.raw_path, sub.origin, sub.uri
    course.told, course.redirect_to = sub.told, sub.redirect_to
    course.status, course.location, course.why = sub.status, sub.location, sub.why
    course.messages += sub.messages


def _forget(course: Course) -> None:
    """What was found out about the request before."""
    state = course.state
    course.origin, course.located, course.layers, course.htaccess = None, None, (), ()
    course.told.clear()
    course.response_headers.clear()
    state.file, state.path_info, state.mapped, state.handler = "", "", "", ""
    state.host = course.program.hosts[state.host.number]
    course.forced_handler, course.forced_type = "", ""
    state.captures.clear()
    state.query = None
    course.layers = state.host.shape.layers[:1]


def _read_path(course: Course, uri: str) -> None:
    """Make ``uri`` the path and the query of the request."""
    limits = course.state.host.shape.limits
    try:
        path, question, query = uri.partition("?")
        parse_target("GET", path.replace(" ", "%20"))
        course.state.path = normalise(path, limits.encoded_slashes, limits.merge_slashes)
    except PathRefused as refusal:
        course.refuse(refusal.status, str(refusal))
        return
    course.raw_path = path
    course.state.query = query if question else None
