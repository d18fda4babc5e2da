"""``perform`` does one action in the course of a request.

The actions are a table by type, so that an action nobody performs is a KeyError in the tests and not a silence.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from apacheconf.program import mapping, rewriting
from apacheconf.program.admission import Admit
from apacheconf.program.admitting import admit
from apacheconf.program.client_tls import ask_certificate, export_tls, fake_basic_auth, name_user
from apacheconf.program.course import COOKIE, Course
from apacheconf.program.editing import edit
from apacheconf.program.evaluate import text_of
from apacheconf.program.files import merged
from apacheconf.program.handling import TOLD, Told
from apacheconf.program.mapping import ABOVE_ROOT
from apacheconf.program.mod_userdir import place_of
from apacheconf.program.mod_vhost_alias import filled
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import taken
from apacheconf.program.steps import (
    Action,
    AddCharset,
    AddFilter,
    AddForwarded,
    AnswerExpect,
    AskCertificate,
    BeginRewriting,
    EditHeader,
    ExportTls,
    FakeBasicAuth,
    FinishRewriting,
    ForceHandler,
    KeepHost,
    KeepLocal,
    Log,
    LogError,
    MapBack,
    MapBackCookie,
    MapByName,
    MapToFile,
    MapToHome,
    MapToOrigin,
    MapToUrl,
    NameScript,
    NameUser,
    OverrideErrors,
    Redirect,
    Respond,
    Rewrite,
    SecureOrigin,
    SetCookie,
    SetEnv,
    SetEnvFrom,
    SetErrorDocument,
    SetHandler,
    SetType,
    SetUri,
    Table,
)  # fmt: skip
from apacheconf.program.uri import escape_path
from apacheconf.program.values import Value
from apacheconf.program.variables import read_variable


def perform(action: Action, course: Course) -> None:
    """Do one action of a step whose condition held."""
    _PERFORMERS[type(action)](action, course)


def _map_to_file(action: MapToFile, course: Course) -> None:
    state = course.state
    if course.origin is not None or state.file:
        return
    rest = state.path[taken(state.path, action.prefix) :]
    if action.prefix:
        state.context_prefix, state.context_root = action.prefix, action.root
    if action.value is not None:
        under = action.prefix and taken(state.path, action.prefix)  # a section's path may be a pattern, or a glob
        state.file = text_of(action.value, state) + (rest if under else "")
    elif action.prefix:
        state.file = action.root + rest
    else:
        _map_below_root(action.root, rest, course)


#: The longest path of a file, in bytes, and what apr_filepath_merge keeps free of it.
_PATH_MAX, _SPARE = 4096, 4


def _map_below_root(root: str, path: str, course: Course) -> None:
    """The path lies below DocumentRoot, unless that makes too long a name (403, DR-1)."""
    state = course.state
    below = path.lstrip("/")
    if "/.." in path and merged(path) is None:  # a rule has made it and passed it through
        course.refuse(403, "the path leads out of DocumentRoot")
        mapping.log_unmapped(course, ABOVE_ROOT)
        return
    state.file = f"{root.rstrip('/')}/{below}" if path else root
    if len(root) + len(below) + _SPARE > _PATH_MAX:
        course.refuse(403, "the path is longer than that of a file may be")
        mapping.log_unmapped(course, "(36)File name too long")


def _map_by_name(action: MapByName, course: Course) -> None:
    state = course.state
    name = state.request.local[0] if action.by_address else read_variable("SERVER_NAME", "", state) or ""
    folder = filled(action.pattern, name.strip("[]"), state.asked_port)
    state.document_root = state.context_root = folder
    state.context_prefix = action.prefix
    state.file = folder + state.path.removeprefix(action.prefix)


def _map_to_home(action: MapToHome, course: Course) -> None:
    state = course.state
    file, prefix, folder = place_of(action, state.path)
    if "://" in file:
        course.status, course.location = 302, file
    elif file:
        state.file, state.context_prefix, state.context_root = file, prefix, folder


def _set_uri(action: SetUri, course: Course) -> None:
    course.state.path = text_of(action.uri, course.state)
    course.raw_path = course.state.path
    if action.query is not None:
        course.state.query = text_of(action.query, course.state)


def _respond(action: Respond, course: Course) -> None:
    course.refuse(action.status, "")
    course.by_rules = course.rewriting is not None
    course.body = _optional(action.body, course)
    if action.said is not None:
        _log_error(LogError(*action.said), course)


def _log_error(action: LogError, course: Course) -> None:
    text = action.text.replace("{what}", course.asked_for).replace("{method}", course.state.request.method)
    course.log("error", action.module, text)


_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
#: A URL with a scheme or a path, in one line (RFC 9110, section 10.2.2).
_IS_LOCATION = re.compile(r"(?:[A-Za-z0-9+.-]+:|/)[^\x00-\x08\x0a-\x1f\x7f]*\Z")


def _redirect(action: Redirect, course: Course) -> None:
    state = course.state
    location = text_of(action.location, state)
    if action.prefix:
        if state.phase is Phase.TRANSLATE:
            state.context_prefix, state.context_root = action.prefix, location
        location += escape_path(state.path[taken(state.path, action.prefix) :])
    if location.startswith("/") and not action.relative:
        location = state.self_url + location
    if state.query is not None and "?" not in location:
        location += f"?{state.query}"
    if not _IS_LOCATION.match(location):
        course.refuse(500, f"{location!r} is no URL to redirect to")
        course.lost = action.status if _CONTROLS.search(location) else 0
    else:
        course.status, course.location = action.status, location


def _set_env(action: SetEnv, course: Course) -> None:
    if action.value is None:
        course.state.env.pop(action.name, None)
    else:
        course.state.env[action.name] = text_of(action.value, course.state)


def _set_env_from(action: SetEnvFrom, course: Course) -> None:
    name, _, value = text_of(action.text, course.state).partition(":")
    if name.startswith("!"):
        course.state.env.pop(name[1:], None)
    elif name:
        course.state.env[name] = value


def _set_handler(action: SetHandler, course: Course) -> None:
    course.state.handler = action.name if action.value is None else text_of(action.value, course.state)


def _force_handler(action: ForceHandler, course: Course) -> None:
    course.forced_handler = text_of(action.name, course.state).lower() or course.forced_handler


def _set_type(action: SetType, course: Course) -> None:
    course.forced_type = text_of(action.name, course.state).lower() or course.forced_type


def _edit_header(action: EditHeader, course: Course) -> None:
    if action.table is Table.REQUEST:
        edit(course.headers, action, lambda value: text_of(value, course.state))
    elif course.state.phase is Phase.POST_READ:
        table = course.early if action.table is Table.ALWAYS else course.early_own
        edit(table, action, lambda value: text_of(value, course.state), course.headers)


def _optional(value: Value | None, course: Course) -> str | None:
    return None if value is None else text_of(value, course.state)


def _keep_host(_: KeepHost, course: Course) -> None:
    course.keep_host = True


def _add_forwarded(_: AddForwarded, course: Course) -> None:
    course.forwarded = True


def _answer_expect(_: AnswerExpect, course: Course) -> None:
    course.answers_expect = True


def _secure_origin(action: SecureOrigin, course: Course) -> None:
    course.tls = action.tls


def _override_errors(action: OverrideErrors, course: Course) -> None:
    course.override_errors = action.codes


def _error_document(action: SetErrorDocument, course: Course) -> None:
    course.error_documents[action.status] = action


def _add_charset(action: AddCharset, course: Course) -> None:
    course.charset = action.charset


def _rewrite(action: Rewrite, course: Course) -> None:
    made = rewriting.made_by(action, course)
    if course.status is not None:
        return
    of_files = [each for each in action.sets if isinstance(each, SetType | ForceHandler)]
    for each in action.sets:
        if each not in of_files:
            perform(each, course)
    rewriting.rewrite(action, made, course)
    if not rewriting.leads_away(action, course):  # else httpd asks no more of the rule
        for each in of_files:
            perform(each, course)


def _set_cookie(action: SetCookie, course: Course) -> None:
    line = rewriting.cookie(text_of(action.text, course.state), course.state.started)
    if line:
        course.take_cookies([(COOKIE, line)])


def _tell(action: Told, course: Course) -> None:
    course.told[type(action)] = action


def _map_back(action: MapBack, course: Course) -> None:
    if action.values is not None:
        url, path = (text_of(value, course.state) for value in action.values)
        action = replace(action, text=url, path=path, values=None)
    course.map_back.append(action)


def _map_back_cookie(action: MapBackCookie, course: Course) -> None:
    if action.values is not None:
        internal, public = (text_of(value, course.state) for value in action.values)
        action = replace(action, internal=internal, public=public, values=None)
    course.map_back_cookies.append(action)


def _collect(name: str) -> Callable[[Any, Course], None]:
    return lambda action, course: getattr(course, name).append(action)


_PERFORMERS: dict[type, Callable[[Any, Course], None]] = {
    MapToOrigin: mapping.map_to_origin,
    MapToUrl: mapping.map_to_url,
    KeepLocal: lambda action, course: None,
    MapToFile: _map_to_file,
    MapByName: _map_by_name,
    MapToHome: _map_to_home,
    SetUri: _set_uri,
    Respond: _respond,
    Redirect: _redirect,
    SetEnv: _set_env,
    SetEnvFrom: _set_env_from,
    SetHandler: _set_handler,
    EditHeader: _edit_header,
    KeepHost: _keep_host,
    AddForwarded: _add_forwarded,
    AnswerExpect: _answer_expect,
    SecureOrigin: _secure_origin,
    OverrideErrors: _override_errors,
    MapBack: _map_back,
    MapBackCookie: _map_back_cookie,
    SetErrorDocument: _error_document,
    AddCharset: _add_charset,
    AddFilter: _collect("filters"),
    **dict.fromkeys(TOLD, _tell),
    Log: _collect("logs"),
    NameScript: lambda action, course: rewriting.name_script(course.state),
    BeginRewriting: rewriting.begin,
    Rewrite: _rewrite,
    FinishRewriting: rewriting.finish,
    SetCookie: _set_cookie,
    SetType: _set_type,
    ForceHandler: _force_handler,
    Admit: admit,
    LogError: _log_error,
    ExportTls: export_tls,
    FakeBasicAuth: fake_basic_auth,
    NameUser: name_user,
    AskCertificate: ask_certificate,
}
