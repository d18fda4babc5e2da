"""The values of the core's directives, read from their words and refused as httpd does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apacheconf.modules.declare import SERVER, VHOST, NotHere, Parse, Scope, ValueRefused
from apacheconf.modules.proxy_parameters import atoi, seconds_of
from apacheconf.modules.values import in_server_root, is_there

TRACE = "TraceEnable must be one of 'on', 'off', or 'extended'"


@dataclass(frozen=True, slots=True)
class ServerName:
    """``[scheme://]host[:port]`` (VH-20); scheme and port matter for self-made URLs only (VH-21)."""

    host: str
    port: int | None = None
    scheme: str = ""


#: What httpd takes for a pattern of names: a bracket counts when it is closed.
_GLOB = re.compile(r"[*?]|\[.*\]", re.DOTALL)


def server_name(words: Sequence[str]) -> ServerName:
    scheme, separator, rest = words[0].partition("://")
    if not separator:
        scheme, rest = "", words[0]
    host, colon, port = rest.rpartition(":")
    if not colon:
        host, port = rest, ""
    if _GLOB.search(words[0]):
        raise ValueRefused(f'Invalid ServerName "{words[0]}" use ServerAlias to set multiple server names.', 0)
    if colon and not 1 <= atoi(port) <= 65535:
        message = f'The port number "{words[0]}" is outside the appropriate range (i.e., 1..65535).'
        raise ValueRefused(message, 0)
    return ServerName(host, atoi(port) if colon else None, scheme)


def server_alias(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """ServerAlias (VH-22); refused outside virtual hosts (STR-6)."""
    if scope.context is not VHOST:
        raise ValueRefused("ServerAlias only used in <VirtualHost>")
    return tuple(words)


def seconds(words: Sequence[str]) -> float:
    """Timeout in seconds; what has no form counts as C's atoi has it (ARG-17)."""
    found = seconds_of(words[0], "s")
    return float(atoi(words[0])) if found is None else found


def non_negative(name: str, note: str = "") -> Parse:
    def parse(words: Sequence[str]) -> int:
        number = atoi(words[0])
        if number < 0:
            raise ValueRefused(f'{name} "{words[0]}" must be a non-negative integer{note}', 0)
        return number

    return parse


_BODY = "LimitRequestBody requires a non-negative integer."


def limit_request_body(words: Sequence[str]) -> int:
    if not words[0].isdigit():
        raise ValueRefused(_BODY, 0)
    if int(words[0]) >= 1 << 63:
        raise ValueRefused("LimitRequestBody argument is not parsable.", 0)
    return int(words[0])


_TOKENS = {
    "prod": "Prod", "productonly": "Prod", "major": "Major", "minor": "Minor", "min": "Min", "minimal": "Min",
    "os": "OS", "full": "Full",
}  # fmt: skip


def server_tokens(words: Sequence[str]) -> str:
    found = _TOKENS.get(words[0].lower())
    if found is None:
        said = "'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'"
        raise ValueRefused(f"ServerTokens takes 1 argument: {said}", 0)
    return found


_PROTOCOL_OPTIONS = {
    word.lower(): word for word in ("Unsafe", "Strict", "RegisteredMethods", "LenientMethods", "Require1.0", "Allow0.9")
}
_OPPOSITES = (("Strict", "Unsafe"), ("RegisteredMethods", "LenientMethods"), ("Allow0.9", "Require1.0"))


def http_protocol_options(words: Sequence[str]) -> frozenset[str]:
    found = set()
    for number, word in enumerate(words):
        option = _PROTOCOL_OPTIONS.get(word.lower())
        if option is None:
            said = (
                "HttpProtocolOptions accepts 'Unsafe' or 'Strict' (default), 'RegisteredMethods' or "
                "'LenientMethods' (default), and 'Require1.0' or 'Allow0.9' (default)"
            )
            raise ValueRefused(said, number)
        found.add(option)
        for one, other in _OPPOSITES:
            if {one, other} <= found:
                message = f"HttpProtocolOptions '{one}' and '{other}' are mutually exclusive"
                raise ValueRefused(message, number)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class ErrorDocument:
    """``kind`` is ``text``, ``path`` (an internal redirect), ``url`` (an external one) or ``default`` (ARG-21)."""

    kind: str
    value: str = ""


#: The statuses httpd knows; ErrorDocument takes no other (ARG-21).
STATUSES = frozenset(
    (100, 101, 102, 103, *range(200, 209), 226, *range(300, 309), *range(400, 418), 421, 422, 423, 424, 425, 426, 428,
     429, 431, 451, *range(500, 509), 510, 511)
)  # fmt: skip


def error_document(words: Sequence[str], scope: Scope) -> dict[int, ErrorDocument]:
    """Status to document; its text, path or URL is an expression (ARG-21, EXPR-46)."""
    code = atoi(words[0])
    if code not in STATUSES:
        raise ValueRefused(f"Unsupported HTTP response code {words[0]}", 0)
    text = words[1]
    if " " in text:
        kind = "text"
    elif text.startswith("/"):
        kind = "path"
    elif re.match(r"[A-Za-z][A-Za-z0-9+.-]*:(//|\w)", text):
        kind = "url"
    else:
        kind = "default" if text.lower() == "default" else "text"
    if "%{" in text:
        from apacheconf.modules.expressions import check_string  # only here: it costs 20 ms to load

        check_string(text, "Cannot parse expression in ErrorDocument: ", scope.has_module("mod_ssl"), 1)
    return {code: ErrorDocument(kind, "" if kind == "default" else text)}


#: What each option lets a server do; All leaves two of them out.
_OPTIONS = {
    "indexes": {"indexes"},
    "includes": {"includes", "exec in includes"},
    "includesnoexec": {"includes"},
    "followsymlinks": {"links"},
    "symlinksifownermatch": {"links of one owner"},
    "execcgi": {"cgi"},
    "multiviews": {"views"},
    "all": {"indexes", "includes", "exec in includes", "links", "cgi"},
    "none": set[str](),
}
_FIRST = {
    "none": "'Options None' must be the first Option given.",
    "all": "'Options All' must be the first option given.",
}


def options(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    """Options as its words, checked (ARG-24): after All or None signs may follow."""
    granted = None if scope.options is None else _lets(scope.options)
    merging, all_or_none = False, False
    for number, word in enumerate(words):
        sign = word[:1] if word[:1] in ("+", "-") else ""
        if (sign and number and not merging and not all_or_none) or (merging and not sign):
            raise ValueRefused("Either all Options must start with + or -, or no Option may.", number)
        merging = merging or bool(sign)
        name = word[len(sign) :]
        option = name.lower()
        if option not in _OPTIONS:
            raise ValueRefused(f"Illegal option {name}", number)
        if option in _FIRST:
            if number or sign:
                said = f"You may not use 'Options +{option.capitalize()}' or 'Options -{option.capitalize()}'."
                raise ValueRefused(_FIRST[option] if number else said, number)
            all_or_none = True
        if granted is not None and not granted >= _OPTIONS[option]:
            raise ValueRefused(f"Option {name} not allowed here", number)
    return tuple(words)


def _lets(options: frozenset[str]) -> set[str]:
    return set().union(*(_OPTIONS.get(option, set()) for option in options))


def replaced_port(words: Sequence[str]) -> None:
    raise ValueRefused("Port was replaced with Listen in Apache 2.0")


def error(text: Sequence[str], scope: Scope) -> None:
    """The Error directive (VAR-15): always refused, with its text."""
    said = text[0].strip()
    if said[:1] in ('"', "'") and said[-1:] == said[:1] and len(said) > 1:
        said = said[1:-1]
    raise ValueRefused(said or "The Error directive was used with no message.")


def handler(words: Sequence[str], scope: Scope) -> str:
    """SetHandler: a handler's name, or after ``expr=`` a text with variables."""
    is_text = words[0].lower().startswith("expr=")
    if is_text or "%{" in words[0]:
        from apacheconf.modules.expressions import check_string  # only here: it costs 20 ms to load

        check_string(words[0][5:] if is_text else words[0], "Can't parse expression : ", scope.has_module("mod_ssl"))
    return words[0]


#: What holds where nobody says one, as Debian's httpd has it compiled in.
DOCUMENT_ROOT = "/var/www/html"


def document_root(words: Sequence[str], scope: Scope) -> str:
    """DocumentRoot: httpd asks for the main server's while it reads (STR-43)."""
    path = in_server_root(words[0], scope)
    if scope.context is SERVER and not is_there(path, Path.is_dir):
        raise NotHere(f"DocumentRoot '{path}' is not a directory, or is not readable", 0, words[0])
    return words[0]
