"""What mod_proxy's longer directives say: mappings, members and their way back, read from their words.

The messages are httpd's, in the order in which it looks (CE-1 to CE-10). Which mapping takes which URL, and which
workers are shared, is the program's business.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apacheconf.modules.core_sections import check_regex
from apacheconf.modules.declare import HTACCESS, PROXY, SECTIONS, Context, Parse, Scope, SectionArgument, ValueRefused
from apacheconf.modules.proxy_parameters import Parameters, is_balancer, read_parameter
from apacheconf.modules.regex_options import written

EXCLUSION = "!"


@dataclass(frozen=True, slots=True)
class ProxyPass:
    """A mapping as written. ``path`` is None inside a section; target ``!`` is an exclusion (PP-7).

    ``parameters`` are those of the worker or balancer, typed (see ``proxy_parameters``); ``mapping`` stands among
    them. ``keywords`` are of ``nocanon``, ``interpolate`` and ``noquery`` (WP-28).
    """

    path: str | None
    target: str
    regex: bool = False
    parameters: Parameters = ()
    keywords: frozenset[str] = frozenset()

    @property
    def is_exclusion(self) -> bool:
        return self.target == EXCLUSION


@dataclass(frozen=True, slots=True)
class BalancerMember:
    """A worker of ``balancer`` (``balancer://name``, lower case); ``url`` as written."""

    balancer: str
    url: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class ProxySet:
    """Parameters for the worker or balancer ``url``; also what ``<Proxy url k=v>`` says."""

    url: str
    parameters: Parameters = ()


@dataclass(frozen=True, slots=True)
class ProxyPassReverse:
    """``path`` is None inside a Location, where the section's own path counts."""

    path: str | None
    url: str
    interpolate: bool = False


@dataclass(frozen=True, slots=True)
class ReverseCookie:
    """ProxyPassReverseCookieDomain or -Path: ``internal`` becomes ``public``."""

    attribute: str  # "domain" or "path"
    internal: str
    public: str
    interpolate: bool = False


@dataclass(frozen=True, slots=True)
class Remote:
    """ProxyRemote and ProxyRemoteMatch: which upstream proxy serves which URLs."""

    match: str
    url: str
    regex: bool = False
    credentials: str = ""


@dataclass(frozen=True, slots=True)
class ErrorOverride:
    """ProxyErrorOverride; empty ``codes`` means every status from 400 up (RS-23)."""

    on: bool
    codes: tuple[int, ...] = ()


Definition = ProxyPass | BalancerMember | ProxySet


# --- what the words mean --------------------------------------------------------------------------------------------

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^]/]*\]|[^/?#:@]+)(?::([^/?#]*))?(?:[/?#]|$)")
_CAPTURE_IN_PORT = re.compile(r"(:\d*)(?:\$\d)+(?=\d*(?:/|$))")
_NO_SCHEME = re.compile(r"(?![A-Za-z][A-Za-z0-9+.-]*:)[^/:]*:")
_SOCKET = re.compile(r"unix:[^|]*\|(.*)", re.DOTALL | re.IGNORECASE)
_KEYWORDS = frozenset({"nocanon", "interpolate", "noquery"})
_MAPPINGS = ("encoded", "servlet")


def check_url(name: str, url: str) -> None:
    """Refuse a worker's URL as httpd does (CE-2): it needs a scheme and a host, and a port is a number.

    APR takes what stands before a colon for the scheme: a member ``10.0.0.1:8080`` can't be parsed (no scheme begins
    with a digit), ``localhost:8080`` can, but has no host.
    """
    socket = _SOCKET.match(url)
    if socket is not None and re.fullmatch(r"[a-z0-9+.-]+:(//)?", socket[1], re.IGNORECASE):
        return  # UN-1: the host is localhost then
    written = socket[1] if socket else url
    form = _ABSOLUTE.match(written)
    if form is None and not _NO_SCHEME.match(written):
        raise ValueRefused(f"{name} URL must be absolute!: {url}")
    if form is None or (form[2] and not form[2].isdigit()):
        raise ValueRefused(f"{name} Unable to parse URL: {url}")


def _parameters(words: Sequence[str], first: int, url: str, scope: Scope, prefix: str, form: str) -> Parameters:
    """``key=value`` words from number ``first`` on, typed; ``form`` is the message for a word without ``=``."""
    found: list[tuple[str, object]] = []
    for number in range(first, len(words)):
        key, equals, text = words[number].partition("=")
        if not equals:
            raise ValueRefused(form, number)
        try:
            found.append(read_parameter(url, key, text, scope))
        except ValueRefused as refused:
            suffix = f" {key}={text}; {url}" if prefix != "ProxyPass" and prefix != "BalancerMember" else ""
            raise ValueRefused(f"{prefix} {refused}{suffix}", number) from None
    return tuple(found)


_SERVERS = (Context.SERVER, Context.VHOST)
_WITHIN = SECTIONS | HTACCESS
_PASS_FORM = "Invalid ProxyPass|ProxyPassMatch parameter. Parameter must be in the form 'key=value'."
_NEEDS_PATH = "ProxyPass|ProxyPassMatch needs a path when not defined in a location"


def proxy_pass(words: Sequence[str], scope: Scope, match: bool = False) -> ProxyPass:
    """ProxyPass and ProxyPassMatch (LOC-15, PP-11, PP-15, CE-1 to CE-5, CE-9)."""
    in_section = scope.context not in _SERVERS and bool(scope.context & _WITHIN)
    at, regex, path = 0, match, None
    if not in_section:
        if words[:1] == ["~"] or words[:1] == ("~",):
            if match:
                raise ValueRefused("ProxyPassMatch invalid syntax ('~' usage).", 0)
            at, regex = 1, True
        path = words[at] if at < len(words) else None
        at += 1
    if at >= len(words):
        raise ValueRefused(_NEEDS_PATH)
    target = words[at]
    keywords, rest = _split_keywords(words, at + 1, target, in_section)
    if regex and path is not None:
        check_regex(path, "Regular expression could not be compiled.", at - 1)
        path = written(path, scope)
    if target == EXCLUSION:
        return ProxyPass(path, target, regex, (), keywords)
    if not is_balancer(target):
        # Captures may stand in the port of a match too: http://host:80$2 (ap_proxy_define_match_worker).
        _at_word(at, check_url, "ProxyPass", _CAPTURE_IN_PORT.sub(r"\1", target) if regex else target)
    parameters: list[tuple[str, object]] = []
    for number in rest:
        parameters += _pass_parameter(words, number, target, scope)
    return ProxyPass(path, target, regex, tuple(parameters), keywords)


def _at_word(number: int, check: Callable[[str, str], None], name: str, text: str) -> None:
    try:
        check(name, text)
    except ValueRefused as refused:
        raise ValueRefused(str(refused), number) from None


def _split_keywords(
    words: Sequence[str], first: int, target: str, in_section: bool
) -> tuple[frozenset[str], list[int]]:
    """The keywords among the words from ``first`` on, and the numbers of the words that are parameters."""
    keywords, rest = set(), []
    for number in range(first, len(words)):
        word = words[number].lower()
        if word in _KEYWORDS:
            keywords.add(word)
        elif "=" in word:
            rest.append(number)
        elif in_section and target.startswith("/"):
            raise ValueRefused("ProxyPass|ProxyPassMatch can not have a path when defined in a location.", first - 1)
        else:
            raise ValueRefused(_PASS_FORM, number)
    return frozenset(keywords), rest


def _pass_parameter(words: Sequence[str], number: int, target: str, scope: Scope) -> Parameters:
    key, _, text = words[number].partition("=")
    if key.lower() != "mapping":
        return _parameters(words[: number + 1], number, target, scope, "ProxyPass", _PASS_FORM)
    if text.lower() not in _MAPPINGS:
        raise ValueRefused("unknown mapping", number)
    return (("mapping", text.lower()),)


def proxy_pass_match(words: Sequence[str], scope: Scope) -> ProxyPass:
    return proxy_pass(words, scope, match=True)


def balancer_name(url: str) -> str:
    """``balancer://name`` in lower case, without any path (BP-14)."""
    return "/".join(url.lower().split("/")[:3])


def balancer_member(words: Sequence[str], scope: Scope) -> BalancerMember:
    """BalancerMember (BP-15, CE-8)."""
    in_section = bool(scope.context & SECTIONS)
    form = "Invalid BalancerMember parameter. Parameter must be in the form 'key=value'"
    if in_section:
        form = "BalancerMember can not have a balancer name when defined in a location"
    names = [word for word in words if "=" not in word]
    at = 0 if in_section else 1
    if len(names) > at + 1:
        raise ValueRefused(form, words.index(names[-1]))
    if len(names) < at:
        raise ValueRefused("BalancerMember must define balancer name when outside <Proxy > section")
    if len(names) <= at:
        raise ValueRefused("BalancerMember must define remote proxy server")
    balancer, url = names[0] if at else scope.argument, names[at]
    words = [*names, *(word for word in words if "=" in word)]
    if not is_balancer(balancer):
        raise ValueRefused(f"BalancerMember Bad syntax for a balancer name ({balancer})", 0 if at else None)
    _at_word(at, check_url, "BalancerMember", url)
    parameters = _parameters(words, at + 1, "http:" if is_balancer(url) else url, scope, "BalancerMember", form)
    return BalancerMember(balancer_name(balancer), url, parameters)


def proxy_set(words: Sequence[str], scope: Scope) -> ProxySet:
    """ProxySet (BP-20); whether its worker exists is known when the scope is built (CE-7)."""
    in_proxy = scope.context is PROXY
    url, first = (scope.argument, 0) if in_proxy else (words[0] if words else "", 1)
    if in_proxy and words and not is_balancer(url):
        check_url("ProxySet", url)
    form = "Invalid ProxySet parameter. Parameter must be in the form 'key=value'"
    return ProxySet(url, _parameters(words, first, url, scope, "ProxySet:", form))


def proxy_section(words: Sequence[str], scope: Scope) -> SectionArgument:
    """``<Proxy>``: a URL or a glob; only a full URL takes parameters, and ``~`` makes no regex here (STR-19)."""
    pattern = words[0] if words else ""
    if len(words) < 2:
        return SectionArgument("Proxy", pattern)
    if any(letter in pattern for letter in "*?["):
        raise ValueRefused("<Proxy> arguments are not supported for wildchar url.", 1)
    if ":" not in pattern:
        raise ValueRefused("<Proxy> arguments are not supported for non url.", 1)
    form = "Invalid Proxy parameter. Parameter must be in the form 'key=value'"
    sets = ProxySet(pattern, _parameters(words, 1, pattern, scope, "<Proxy", form))
    return SectionArgument("Proxy", pattern, False, sets)


def proxy_match_section(words: Sequence[str], scope: Scope) -> SectionArgument:
    """``<ProxyMatch>``: one regex."""
    pattern = words[0] if words else ""
    check_regex(pattern, "Regex could not be compiled")
    return SectionArgument("Proxy", written(pattern, scope), True, too_many=len(words) > 1)


def proxy_pass_reverse(words: Sequence[str], scope: Scope) -> ProxyPassReverse:
    """ProxyPassReverse (CE-3); the third word counts only if it is ``interpolate``."""
    if not scope.context & SECTIONS:
        if len(words) < 2:
            raise ValueRefused("ProxyPassReverse needs a path when not defined in a location")
        return ProxyPassReverse(words[0], words[1], len(words) > 2 and words[2].lower() == "interpolate")
    if len(words) > 1 and (len(words) > 2 or words[1].lower() != "interpolate"):
        raise ValueRefused("ProxyPassReverse can not have a path when defined in a location", 0)
    return ProxyPassReverse(None, words[0], len(words) > 1)


def reverse_cookie(attribute: str) -> Parse:
    def parse(words: Sequence[str]) -> ReverseCookie:
        interpolate = len(words) > 2 and words[2].lower() == "interpolate"
        return ReverseCookie(attribute, words[0], words[1], interpolate)

    return parse


def error_override(words: Sequence[str]) -> ErrorOverride:
    """ProxyErrorOverride (CE-10)."""
    name = "ProxyErrorOverride"
    if words[0].lower() not in ("on", "off"):
        raise ValueRefused(f"{name} first parameter must be one of: off | on", 0)
    on = words[0].lower() == "on"
    for number, word in enumerate(words[1:], 1):
        if not word.isdigit():
            raise ValueRefused(f"{name}: status codes to intercept must be numeric", number)
        if not on:
            raise ValueRefused(f"{name}: status codes must follow a value of 'on'", number)
        if not 400 <= int(word) < 600:
            message = "status codes to intercept must be valid HTTP Status Codes >=400 && <600"
            raise ValueRefused(f"{name}: {message}", number)
    return ErrorOverride(on, tuple(map(int, words[1:])))


def remote(regex: bool) -> Parse:
    name = "ProxyRemoteMatch" if regex else "ProxyRemote"

    def parse(words: Sequence[str]) -> Remote:
        if regex:
            check_regex(words[0], f"Regular expression for {name} could not be compiled.")
        scheme, _, authority = words[1].partition("://")
        if not authority or not scheme:
            raise ValueRefused(f"{name}: Bad syntax for a remote proxy server", 1)
        _, colon, port = authority.rstrip("/").partition(":")
        if colon and not port.isdigit():
            raise ValueRefused(f"{name}: Bad syntax for a remote proxy server (bad port number)", 1)
        return Remote(words[0], words[1], regex, words[2] if len(words) > 2 else "")

    return parse
