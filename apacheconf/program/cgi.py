"""What a program that answers in httpd's place is told: CGI's variables and those of a request (FC-5, FC-6, FC-9).

What the connection alone knows (CONTENT_LENGTH, REMOTE_PORT) is added by whoever asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from apacheconf.program.evaluate import State
from apacheconf.program.handling import FileRules
from apacheconf.program.naming import NO_ADMIN
from apacheconf.program.variables import read_variable

_USUAL = FileRules()
#: CGI's names of variables of the request.
_READ = (
    "SERVER_NAME", "SERVER_ADDR", "SERVER_PORT", "REMOTE_ADDR", "DOCUMENT_ROOT", "REQUEST_SCHEME", "CONTEXT_PREFIX",
    "CONTEXT_DOCUMENT_ROOT", "SERVER_PROTOCOL", "SERVER_SOFTWARE", "REQUEST_METHOD", "QUERY_STRING",
)  # fmt: skip
_NAME = re.compile(r"[A-Za-z0-9-]+")
#: Fields that no program is told: who is asking is httpd's business, and Proxy would become HTTP_PROXY.
_WITHHELD = frozenset({"authorization", "proxy-authorization"})
_NEVER = frozenset({"proxy", "content-type", "content-length", "transfer-encoding"})


def variables(
    state: State, fields: Iterable[tuple[str, str]], target: str, path_info: str, rules: FileRules = _USUAL
) -> dict[str, str]:
    """Everything but SCRIPT_FILENAME and PATH_TRANSLATED, which needs a sub-request.

    ``target`` is as the client sent it first, ``fields`` are as they are now; ``rules`` say what CGIPassAuth and
    QualifyRedirectURL do.
    """
    found = dict(state.env)
    found |= dict(_of_fields(fields, rules.passes_user))
    found |= {name: read_variable(name, "", state) or "" for name in _READ}
    found |= {
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SIGNATURE": state.signature,
        "SERVER_ADMIN": state.host.admin or NO_ADMIN,
        "REQUEST_URI": target,
        "SCRIPT_NAME": state.path,
    }
    if state.before is not None:
        path, query = state.before
        url = state.self_url + path + (f"?{query}" if query is not None else "")
        found["REDIRECT_URL"] = url if rules.whole_url else path
        found |= {"REDIRECT_QUERY_STRING": query} if query is not None else {}
    if state.user is not None:
        found |= {"REMOTE_USER": state.user, "AUTH_TYPE": state.auth_type}
    if path_info:
        found["SCRIPT_NAME"] = state.path[: _start_of(path_info, state.path)]
        found["PATH_INFO"] = path_info
    return found


def _of_fields(fields: Iterable[tuple[str, str]], passes_user: bool) -> Iterable[tuple[str, str]]:
    """Header fields as variables; names that hold more than letters, digits and hyphens have none (FC-9)."""
    merged: dict[str, str] = {}
    for name, value in fields:
        key = name.upper().replace("-", "_")
        merged[key] = f"{merged[key]}, {value}" if key in merged else value
        low = name.lower()
        if low in _NEVER or (low in _WITHHELD and not passes_user) or not _NAME.fullmatch(name):
            del merged[key]
            if low == "content-type":
                yield "CONTENT_TYPE", value
    for key, value in merged.items():
        yield f"HTTP_{key}", value


def _start_of(path_info: str, path: str) -> int:
    """Where the trailing path begins in the request's path: as far back as both are alike, at a slash."""
    at, other = len(path), len(path_info)
    while at and other and path[at - 1] == path_info[other - 1]:
        at, other = at - 1, other - 1
        if path_info[other] == "/":
            while at and path[at - 1] == "/":
                at -= 1
    while at < len(path) and path[at] != "/":
        at += 1
    return at
