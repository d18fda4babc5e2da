"""What differs where a directive falls short in a target: the aspects of an answer, or of what an origin gets.

A row of a report that is approximated or unsupported announces these aspects and no others: the header that it
names, the page of its status. What is not listed here announces nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from apacheconf.ledger import Row
from apacheconf.syntax.words import split

#: Patterns (fnmatch) of aspects in lower case; an answer may be one of several.
_VARY = ("*header vary", "*header content-encoding")
_BACK = ("header location", "header content-location", "header uri", "answer ?: header location")
_FRESH = ("*header expires", "*header cache-control")
_COOKIE = ("header set-cookie", "answer ?: header set-cookie")
_PAGE = tuple(
    f"{answer}{what}"
    for answer in ("", "answer ?: ")
    for what in ("body", "header content-type", "header content-language", "header etag", "header last-modified")
)


def _set_header(row: Row) -> tuple[str, ...]:
    """Header [condition] action NAME ..."""
    words = [word.lower() for word in split(row.args)]
    words = words[1:] if words[:1] in (["always"], ["onsuccess"]) else words
    name = words[1].rstrip(":") if len(words) > 1 else "?"
    return f"header {name}", f"answer ?: header {name}"


def _request_header(row: Row) -> tuple[str, ...]:
    name = _set_header(row)[0]
    return f"origin: {name}", f"request ? origin: {name}"


def _remote_ip(row: Row) -> tuple[str, ...]:
    """The field that says who the client is, and what tells origins and logs of it."""
    name = row.args.strip().lower()
    return f"origin: header {name}", "origin: header x-forwarded-for", "log line *"


def _rule(row: Row) -> tuple[str, ...]:
    """A rule that sets a cookie (RW-22) announces no more than that: where it leads is another matter."""
    flags = (split(row.args)[2:] or [""])[0].lower()
    return _COOKIE if re.search(r"[\[,]\s*(?:co|cookie)=", flags) else ()


#: Variables that say how a client is spoken to.
_OF_CONNECTIONS = {
    "nokeepalive": ("header connection", "connection afterwards"),
    "force-response-1.0": ("version",),
    "downgrade-1.0": ("version",),
}


def _set_variable(row: Row) -> tuple[str, ...]:
    """SetEnvIf ATTRIBUTE REGEX NAME[=VALUE]...: what scripts are told, and how clients are spoken to."""
    return _variables(split(row.args)[2:])


def _match_browser(row: Row) -> tuple[str, ...]:
    """BrowserMatch REGEX NAME[=VALUE]..."""
    return _variables(split(row.args)[1:])


def _variables(words: list[str]) -> tuple[str, ...]:
    names = [word.lstrip("!").partition("=")[0].lower() for word in words]
    told = (f"{request}origin: header {name}" for name in names for request in ("", "request ? "))
    return (*told, *(aspect for name in names for aspect in _OF_CONNECTIONS.get(name, ())))


def _output_filter(row: Row) -> tuple[str, ...]:
    """What includes are looked for in is no file any more, and has no facts of one."""
    names = split(row.args)[0].lower().split(";")
    return (*_VARY, "header etag", "header last-modified", "header accept-ranges") if "includes" in names else _VARY


_BY_NAME: Mapping[str, tuple[str, ...] | Callable[[Row], tuple[str, ...]]] = {
    "header": _set_header,
    "requestheader": _request_header,
    "rewriterule": _rule,
    "setenvif": _set_variable,
    "setenvifnocase": _set_variable,
    "browsermatch": _match_browser,
    "browsermatchnocase": _match_browser,
    "adddefaultcharset": ("*header content-type",),
    "usecanonicalname": ("header location", "header content-location", "header uri", "header destination"),
    "addoutputfilterbytype": _VARY,
    "setoutputfilter": _VARY,
    "addoutputfilter": _output_filter,
    "proxypassreverse": _BACK,
    "proxypassreversecookiepath": _COOKIE,
    "proxypassreversecookiedomain": _COOKIE,
    "sessioncookiename": _COOKIE,
    "session": _COOKIE,
    "proxyvia": ("*header via",),
    "expiresactive": _FRESH,
    "expiresbytype": _FRESH,
    "expiresdefault": _FRESH,
    "customlog": ("log line *",),
    "logformat": ("log line *",),
    "transferlog": ("log line *",),
    "remoteipinternalproxy": ("log line *",),
    "remoteiptrustedproxy": ("log line *",),
    "protocols": ("*header upgrade",),
    "errordocument": _PAGE,
    "remoteipheader": _remote_ip,
    "proxyerroroverride": (*_PAGE, "*header content-length", "*header www-authenticate", "header x-origin"),
    "remoteipproxyprotocol": (
        "answer",
        "answer ?: answer",
        "origin: request",
        "request ? origin: request",
        "connection afterwards",
    ),
    "checkspelling": (
        *("*status", "*reason", "*header location", *_PAGE, "*header cache-control", "*header vary"),
        *("*header accept-ranges", "*header content-length"),
    ),
    "proxyhtmlenable": ("*header content-type", "*body", "*header content-length", "*header transfer-encoding"),
}


def aspects_of(row: Row) -> tuple[str, ...]:
    """Patterns of the aspects that differ where ``row`` falls short; empty for a directive that announces nothing."""
    found = _BY_NAME.get(row.name.lower(), ())
    return found(row) if callable(found) else found
