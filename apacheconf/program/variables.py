"""The variables of requests by their names: what reads each from a request's state (EXPR-30 to EXPR-36, RW-41)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from apacheconf.program.conditions import Regex
from apacheconf.program.mod_unique_id import unique_id
from apacheconf.program.naming import banner
from apacheconf.program.phases import Phase
from apacheconf.program.regexes import search
from apacheconf.program.request import Request

if TYPE_CHECKING:
    from apacheconf.program.evaluate import State

_TIMES = {"YEAR": "%Y", "MON": "%m", "DAY": "%d", "HOUR": "%H", "MIN": "%M", "SEC": "%S", "WDAY": "%w"}


def _local_time(form: str) -> Callable[[State], str]:
    return lambda state: time.strftime(form, time.localtime(state.started))


def reader_of(name: str, argument: str) -> Callable[[State], str | None]:
    """What reads a variable; it gives None when the variable is unset."""
    reader = _VARIABLES.get(name)
    if reader is not None:
        return reader
    family = _FAMILIES.get(name)
    if family is not None:
        return lambda state: family(state, argument)
    if name.startswith("SSL_"):
        return lambda state: state.request.tls.get(name)
    return lambda state: state.env.get(name)


def read_variable(name: str, argument: str, state: State) -> str | None:
    """The value of a variable, None when it is unset."""
    return reader_of(name, argument)(state)


def _log_ids(state: State) -> tuple[str, str]:
    """By which names the error log knows the request and its connection, once it has spoken of them (LG-2l)."""
    return ("", "") if state.request.log_ids is None else state.request.log_ids()


def _user(state: State) -> str | None:
    """Who it is; that it was asked for is remembered where nobody has said so (EXPR-36)."""
    state.asked_user = state.asked_user or state.user is None
    return state.user


_VARIABLES: dict[str, Callable[[State], str | None]] = {
    "REMOTE_USER": _user,
    "AUTH_TYPE": lambda s: s.auth_type or None,
    "REQUEST_URI": lambda s: s.path,
    "REQUEST_METHOD": lambda s: s.request.method,
    "REQUEST_SCHEME": lambda s: s.scheme,
    "QUERY_STRING": lambda s: s.query or "",
    "THE_REQUEST": lambda s: f"{s.request.line_method or s.request.method} {s.request.target} {protocol(s.request)}",
    "HTTP_HOST": lambda s: s.header("Host"),
    "HTTP_USER_AGENT": lambda s: s.header("User-Agent"),
    "HTTP_REFERER": lambda s: s.header("Referer"),
    "HTTP_COOKIE": lambda s: s.header("Cookie"),
    "HTTP_ACCEPT": lambda s: s.header("Accept"),
    "REMOTE_ADDR": lambda s: s.request.peer[0],
    "REMOTE_HOST": lambda s: s.request.peer[0],
    "CONN_REMOTE_ADDR": lambda s: s.request.connected[0],
    "REMOTE_PORT": lambda s: str(s.request.connected[1]),
    "CLIENT_PORT": lambda s: str(s.request.peer[1]),
    "SERVER_ADDR": lambda s: s.request.local[0],
    "SERVER_NAME": lambda s: s.own_name,
    "SERVER_PORT": lambda s: str(s.asked_port),
    "SERVER_PROTOCOL": lambda s: protocol(s.request),
    "SERVER_ADMIN": lambda s: s.host.admin,
    "SERVER_SOFTWARE": lambda s: banner(s.host.shape.limits.server_tokens),
    "HTTP2": lambda s: "off",
    "REMOTE_IDENT": lambda s: None,
    "REQUEST_LOG_ID": lambda s: _log_ids(s)[0] or None,
    "CONN_LOG_ID": lambda s: _log_ids(s)[1] or None,
    "SCRIPT_USER": lambda s: s.authority.owner(s.file, group=False) if s.file else None,
    "SCRIPT_GROUP": lambda s: s.authority.owner(s.file, group=True) if s.file else None,
    "LAST_MODIFIED": lambda s: _last_modified(s),
    "HTTPS": lambda s: "on" if s.request.scheme == "https" else "off",
    "REWRITTEN": lambda s: s.path if s.rewritten is None else s.rewritten,
    "REWRITTEN_HERE": lambda s: _here(s),
    "REWRITING_ENDED": lambda s: "yes" if s.ended else "",
    "FILE_AS_MAPPED": lambda s: s.file,
    "FILE_SO_FAR": lambda s: s.rewritten or s.file or s.path,
    "DOCUMENT_ROOT": lambda s: s.root,
    "UNIQUE_ID_OF_REQUEST": lambda s: s.env.get("REDIRECT_UNIQUE_ID") or unique_id(),
    "CONTEXT_DOCUMENT_ROOT": lambda s: s.context_root or s.root,
    "CONTEXT_PREFIX": lambda s: s.context_prefix,
    "REQUEST_FILENAME": lambda s: _file(s),
    "REQUEST_BASENAME": lambda s: s.file.rpartition("/")[2],
    "MAPPED_URL": lambda s: s.mapped,
    "CONTENT_TYPE": lambda s: _content_type(s),
    "PATH_INFO": lambda s: s.path_info,
    "HANDLER": lambda s: _handler(s),
    "REQUEST_STATUS": lambda s: str(s.status or ""),
    "REQUEST_TIME_USEC": lambda s: str(int(s.started * 1e6)),
    "DURATION_USEC": lambda s: str(int((time.time() - s.started) * 1e6)),
    "IPV6": lambda s: "on" if ":" in s.request.local[0] else "off",
    "IS_SUBREQ": lambda s: "true" if s.sub else "false",
    **{f"TIME_{name}": _local_time(form) for name, form in _TIMES.items()},
    "TIME": _local_time("%Y%m%d%H%M%S"),
    "LOAD_AVERAGE": lambda s: "/".join(f"{load:.2f}" for load in os.getloadavg()),
    "IDLE_PERCENT": lambda s: "100",
    "BUSY_PERCENT": lambda s: "0",
}

#: What mod_ssl looks up beside its own variables, whether TLS is spoken or not.
_BY_MOD_SSL = frozenset({"HTTPS", "REMOTE_ADDR", "REMOTE_USER", "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI",
                         "SERVER_NAME", "SERVER_PORT", "SERVER_ADMIN", "QUERY_STRING", "DOCUMENT_ROOT"})  # fmt: skip

_FAMILIES: dict[str, Callable[[State, str], str | None]] = {
    "HTTP": lambda s, argument: s.header(argument),
    "ENV": lambda s, argument: s.env.get(argument),
    "OSENV": lambda s, argument: os.environ.get(argument),
    "SSL": lambda s, argument: _by_mod_ssl(s, argument),
    "RESP": lambda s, argument: _answer_field(s, argument),
    "NOTE": lambda s, argument: s.notes.get(argument.lower()),
    "HC": lambda s, argument: s.env.get("HC_BODY") if argument.lower() == "body" else None,
    "HTTP_MATCHING": lambda s, argument: _matching_header(s, argument),
    "HTTP_OR_ENV": lambda s, argument: s.env.get(argument) if s.header(argument) is None else s.header(argument),
}


def _by_mod_ssl(state: State, name: str) -> str | None:
    if name == "QUERY_STRING":  # unset, not empty, where there is no question mark
        return state.query
    return _VARIABLES[name](state) if name in _BY_MOD_SSL else state.request.tls.get(name)


def _answered(state: State, name: str) -> str | None:
    return next((found for table in state.answer if (found := table.get(name)) is not None), None)


def _answer_field(state: State, name: str) -> str | None:
    """A field of the answer; a type that no origin has told lies elsewhere until the answer is sent (EXPR-32)."""
    hidden = name.lower() == "content-type" and state.phase is Phase.FILTERS and not state.mapped
    return None if hidden else _answered(state, name)


def _file(state: State) -> str:
    """The file, or the URL at an origin, which fixups but for a section's rules see as it is sent (EXPR-19)."""
    if not state.mapped:
        return state.file or state.unmapped
    is_sent = state.phase is Phase.FIXUPS and state.rewritten is None
    return f"proxy:{state.sent if is_sent else state.mapped}"


def _content_type(state: State) -> str | None:
    """The type of the answer; that of a file is known with 304 as well, and without a charset by default (EXPR-32).

    Before there is an answer it is the one that the name stands for.
    """
    if state.phase < Phase.FILTERS:
        return None if state.type_so_far is None else state.type_so_far() or None
    of_file = state.handled_type and (state.status < 300 or state.status in (304, 412))
    if of_file:
        return state.handled_type
    return _answered(state, "Content-Type") if state.answer else PAGE_TYPE if state.status >= 400 else None


#: The type of the pages of errors, and of the texts in their place.
PAGE_TYPE = "text/html; charset=iso-8859-1"


def _handler(state: State) -> str:
    """The handler's name; once a file's own has answered that is the file's type (EXPR-32)."""
    if state.mapped:  # a handler that names an origin is the one that answers
        return state.handler if state.handler.startswith("proxy:") else "proxy-server"
    if state.handler or state.phase < Phase.FILTERS or state.phase is Phase.LOG:  # what came of a type is forgotten
        return state.handler
    if state.file and Path(state.file).is_dir():
        return "httpd/unix-directory"
    if state.handled_type and state.request.method != "OPTIONS":
        return state.handled_type.partition(";")[0]
    if state.request.method == "OPTIONS":  # its answer goes out when the handler is forgotten again
        return ""
    return (_answered(state, "Content-Type") or "").partition(";")[0] if state.status < 300 else ""


def _last_modified(state: State) -> str:
    """When the file was changed, once it has answered; until then, and for others, the beginning of time (EXPR-32)."""
    told = None if state.mapped else _answered(state, "Last-Modified")
    if not told:
        return datetime.fromtimestamp(0, UTC).strftime("%Y%m%d%H%M%S")
    from email.utils import parsedate_to_datetime  # seldom asked, and slow to import

    return parsedate_to_datetime(told).strftime("%Y%m%d%H%M%S")


def _here(state: State) -> str:
    """What a section's rule looks at: the file so far and PATH_INFO, without the section's folder (RW-2)."""
    url = (state.rewritten or "") + state.path_info
    proxied = url.startswith("proxy:")
    return url[len(state.folder) :] if url.startswith(state.folder) and not proxied else url


def _matching_header(state: State, pattern: str) -> str | None:
    """The last field whose name holds a match (EV-1)."""
    lines = state.request.headers if state.headers is None else state.headers.lines()
    return next((value for name, value in reversed(lines) if search(Regex(pattern), name) is not None), None)


def protocol(request: Request) -> str:
    """The protocol as the request line names it."""
    return f"HTTP/{request.version[0]}.{request.version[1]}"
