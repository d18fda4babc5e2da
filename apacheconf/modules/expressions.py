"""The names of ap_expr (sections 9.2 and 9.3 of config-language.md), and the check of an expression at load time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from apacheconf.modules.declare import ValueRefused
from apacheconf.modules.mod_authz_host import check_addresses
from apacheconf.syntax import expr


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VARIABLES = _names(
    """
    HTTP_ACCEPT HTTP_COOKIE HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_REFERER HTTP_USER_AGENT
    REQUEST_METHOD REQUEST_SCHEME REQUEST_URI DOCUMENT_URI REQUEST_FILENAME SCRIPT_FILENAME LAST_MODIFIED SCRIPT_USER
    SCRIPT_GROUP PATH_INFO QUERY_STRING IS_SUBREQ THE_REQUEST REMOTE_ADDR REMOTE_PORT REMOTE_HOST REMOTE_USER
    REMOTE_IDENT SERVER_NAME SERVER_PORT SERVER_ADMIN SERVER_PROTOCOL DOCUMENT_ROOT AUTH_TYPE CONTENT_TYPE HANDLER
    HTTP2 HTTPS IPV6 REQUEST_STATUS REQUEST_LOG_ID CONN_LOG_ID CONN_REMOTE_ADDR CONTEXT_PREFIX
    CONTEXT_DOCUMENT_ROOT TIME_YEAR TIME_MON TIME_DAY TIME_HOUR TIME_MIN TIME_SEC TIME_WDAY TIME SERVER_SOFTWARE
    API_VERSION
    """
)
FUNCTIONS = _names(
    """
    req http req_novary resp note env reqenv osenv tolower toupper escape unescape base64 unbase64 md5 sha1 file
    filesize ldap
    """
)
#: What mod_ssl adds: its variables, and the one list function there is (EXPR-29).
_OF_SSL = re.compile(r"Variable 'SSL_|List-returning function 'PeerExtList'", re.IGNORECASE)
#: Their case counts (EXPR-10).
UNARY = frozenset("nzRTdefsLhxFUA")
BINARY = frozenset({"ipmatch", "strmatch", "strcmatch", "fnmatch"})


_NO_REGEX = "Failed to compile regular expression"

T = TypeVar("T")


def check_condition(text: str, prefix: str, ssl: bool, word: int | None = 0) -> expr.Expr:
    """The expression of a condition; ``ssl`` says whether mod_ssl is loaded and its variables exist.

    Raises ValueRefused with ``prefix`` and httpd's words.
    """
    return _checked(expr.parse_condition, text, prefix, ssl, word)


def check_string(text: str, prefix: str, ssl: bool, word: int = 0) -> expr.Word:
    """The expression of a text, as ``check_condition``."""
    return _checked(expr.parse_string, text, prefix, ssl, word)


def _checked(parse: Callable[[str], T], text: str, prefix: str, ssl: bool, word: int | None) -> T:
    try:
        found = parse(text)
    except expr.ExprError as error:
        raise ValueRefused(f"{prefix}{_with_names(error, text, ssl)}", word) from None
    last = ""
    for complaint in _complaints(found):
        if complaint == _NO_REGEX:  # at which httpd stops
            last = f"{complaint}: {last}" if last else complaint
            break
        if not (ssl and _OF_SSL.match(complaint)):
            last = complaint
    if last:
        raise ValueRefused(f"{prefix}{last}", word)
    return found


_NAMES = re.compile(
    r"%\{(?P<variable>\w+)\} | %\{(?P<function>\w+): | (?P<call>[A-Za-z]\w*)\( | %\{\w+(?P<stray>[^\w}:])"
    r" | (?<!\S)-(?P<unary>[A-Za-z])\s | (?<!\S)-(?P<binary>\w{2,})",
    re.VERBOSE | re.ASCII,
)


def _with_names(error: expr.ExprError, text: str, ssl: bool) -> str:
    """A syntax error as httpd has it: with the last name before it that doesn't exist; it looks them up on its way."""
    said = str(error)
    if not re.fullmatch(r"syntax error, unexpected \S+", said):
        return said
    last = ""
    for found in _NAMES.finditer(text, 0, error.at):
        if found["stray"]:
            return f"syntax error, unexpected T_ERROR: Invalid character in variable name '{found['stray']}'"
        complaint = next(_complaints(_node(found)), "")
        last = complaint if complaint and not (ssl and _OF_SSL.match(complaint)) else last
    return f"{said}: {last}" if last else said


def _node(found: re.Match[str]) -> expr.Expr | expr.Word:
    """What a name stands in, with nothing else that could be wrong."""
    name = found[found.lastgroup or 0]
    match found.lastgroup:
        case "variable":
            return expr.Name(name)
        case "unary":
            return expr.Unary(name, expr.Text("::"))
        case "binary":
            is_operator = name in _OPERATORS
            return expr.Truth(True) if is_operator else expr.Named(expr.Text(""), name, expr.Text("::"))
        case _:
            return expr.Function(name, expr.Text(""))


_OPERATORS = frozenset(("eq", "ne", "lt", "le", "gt", "ge", "in"))


def _complaints(node: object) -> Iterator[str]:
    """What httpd says of names that don't exist, in the order in which it meets them."""
    match node:
        case expr.Name(name) if name.upper() not in VARIABLES:
            yield f"Variable '{name}' does not exist"
        case expr.Function(name, argument):
            yield from _complaints(argument)
            if name.lower() not in FUNCTIONS:
                yield f"Function '{name}' does not exist"
        case expr.Unary(letter, value):
            yield from _complaints(value)
            yield from _unary(letter, value)
        case expr.Named(left, name, right):
            yield from (*_complaints(left), *_complaints(right))
            yield from _binary(name, right)
        case expr.Search(value, pattern):
            yield from _complaints(value)
            if not _compiles(pattern):
                yield _NO_REGEX
        case expr.Membership(value, choices, function):
            yield from (each for part in (value, *choices) for each in _complaints(part))
            if function is not None:
                yield f"List-returning function '{function.name}' does not exist"
        case expr.Comparison(left, _, right):
            yield from (*_complaints(left), *_complaints(right))
        case expr.Negated(inner):
            yield from _complaints(inner)
        case expr.Both(parts) | expr.Either(parts):
            yield from (each for part in parts for each in _complaints(part))
        case expr.Concat(words):
            yield from (each for word in words for each in _complaints(word))


def _unary(letter: str, value: expr.Word) -> Iterator[str]:
    if letter not in UNARY:
        yield f"Unary operator '-{letter}' does not exist"
    elif letter == "R":
        yield from _subnet(value, "-R requires subnet/netmask as constant argument")


def _binary(name: str, right: expr.Word) -> Iterator[str]:
    if name.lower() not in BINARY:
        yield f"Binary operator '-{name}' does not exist"
    elif name.lower() == "ipmatch":
        yield from _subnet(right, "-ipmatch requires subnet/netmask as constant argument")


def _subnet(word: expr.Word, not_constant: str) -> Iterator[str]:
    if not isinstance(word, expr.Text):
        yield not_constant
        return
    try:
        check_addresses([word.text], 0)
    except ValueRefused:
        yield "parsing of subnet/netmask failed"


def _compiles(pattern: str) -> bool:
    import pcre2

    try:
        pcre2.compile(pattern)
    except pcre2.PatternError:
        return False
    return True
