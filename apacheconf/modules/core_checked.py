"""Directives of the core whose values httpd checks and nobody here reads: the rows that ``core`` adds to its table.

They tune httpd's memory, files and logs, or say what ``.htaccess`` files may do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Parse, Scope, Spec, ValueRefused
from apacheconf.modules.facts import flags, listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.regex_options import NAMED, USUAL, options_after
from apacheconf.modules.values import choice, existing_folder, number, one_of, switch

_INT, _SIZE = (1 << 31) - 1, (1 << 32) - 1


def _override(words: Sequence[str]) -> tuple[str, ...]:
    """AllowOverride: classes, ``Options=a,b``, ``Nonfatal=``; a value behind any other class is ignored."""
    for number_, word in enumerate(words):
        name, equals, text = word.partition("=")
        low = name.lower()
        if low == "options" and text:
            _check_options(text, number_)
        elif low == "nonfatal" and not equals:
            raise ValueRefused("=Override, =Unknown or =All expected after Nonfatal", number_)
        elif low not in ("options", "nonfatal", "limit", "fileinfo", "authconfig", "indexes", "none", "all"):
            raise ValueRefused(f"Illegal override option {name}", number_)
    return tuple(words)


_OPTIONS = frozenset(
    ("indexes", "includes", "includesnoexec", "followsymlinks", "symlinksifownermatch", "execcgi", "multiviews", "all",
     "none")
)  # fmt: skip


def _check_options(text: str, word: int) -> None:
    for option in text.split(","):
        if option.lower() not in _OPTIONS:
            raise ValueRefused(f"Illegal option {option}", word)


def _override_list(words: Sequence[str]) -> tuple[str, ...]:
    if len(words) > 1 and "none" in [word.lower() for word in words]:
        raise ValueRefused("'None' not allowed with other directives in AllowOverrideList")
    return tuple(words)


def _cgi_variable(words: Sequence[str]) -> tuple[str, ...]:
    if words[0] != "REQUEST_URI":
        raise ValueRefused(f'Unrecognized CGI variable: "{words[0]}"', 0)
    rules = "Valid rules for REQUEST_URI are 'current-uri' and 'original-uri'"
    one_of(words[1], ("current-uri", "original-uri"), rules, 1)
    return tuple(words)


def _file_etag(words: Sequence[str]) -> tuple[str, ...]:
    for number_, word in enumerate(words):
        sign = word[:1] if word[:1] in ("+", "-") else ""
        keyword = one_of(
            word[len(sign) :], ("None", "All", "MTime", "Size", "INode", "Digest"),
            "Unknown keyword '%s' for FileETag directive", number_,
        )  # fmt: skip
        if sign and keyword in ("None", "All"):
            raise ValueRefused(f"FileETag keyword '{keyword}' cannot be used with '+' or '-'", number_)
    return tuple(words)


def _bounded(least: int, most: int, most_as_said: str) -> Parse:
    """A number and nothing else, within what fits into the C type."""

    def parse(words: Sequence[str]) -> int:
        if not re.fullmatch(r"[+-]?\d+", words[0]) or not least <= int(words[0]) <= most:
            said = f"parameter must be a number between {least} and ({most_as_said}"
            raise ValueRefused(f"{said}: {words[0]}", 0)
        return int(words[0])

    return parse


def _recursion(words: Sequence[str]) -> tuple[int, ...]:
    limits = tuple(map(atoi, words))
    for number_, limit in enumerate(limits):
        if limit <= 0:
            raise ValueRefused("The recursion limit must be greater than zero.", number_)
    return limits


def _ranges(name: str) -> Parse:
    def parse(words: Sequence[str]) -> str | int:
        if words[0].lower() in ("none", "default", "unlimited"):
            return words[0].lower()
        return number(f"{name} requires 'none', 'default', 'unlimited' or a positive integer", 1)(words)  # type: ignore[no-any-return]

    return parse


# --- Mutex ---------------------------------------------------------------------------------------------------

_MECHANISMS = (
    "'none', 'default', 'flock:/path/to/file', 'fcntl:/path/to/file', 'file:/path/to/file', 'pthread', 'sysvsem', "
    "'posixsem', 'sem'"
)
#: The mutexes that modules register, and whether they may be none.
_MUTEXES = {
    "mpm-accept": "prefork",
    "watchdog-callback": "mod_watchdog",
    "proxy": "mod_proxy",
    "proxy-balancer-shm": "mod_proxy_balancer",
    "ssl-cache": "mod_ssl",
    "ssl-stapling": "mod_ssl",
    "ssl-stapling-refresh": "mod_ssl",
    "authdigest-client": "mod_auth_digest",
    "ldap-cache": "util_ldap",
    "cache-socache": "mod_cache_socache",
    "authn-socache": "mod_authn_socache",
    "rewrite-map": "mod_rewrite",
    "lua-ivm-shm": "mod_lua",
}


def _mutex(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    if not words or not words[0]:
        raise ValueRefused(f"Mutex requires at least a mechanism argument (Mutex mechanisms are: {_MECHANISMS})")
    kinds = [word.lower() for word in words[1:] if word.lower() not in ("", "omitpid", "default")]
    mechanism, _, path = words[0].partition(":")
    if mechanism.lower() == "none":
        raise ValueRefused(f"None is not allowed for mutex type {kinds[0] if kinds else 'default'}", 0)
    if mechanism.lower() not in ("default", "flock", "fcntl", "file", "pthread", "sysvsem", "posixsem", "sem"):
        raise ValueRefused(f"Invalid Mutex argument {words[0]} (Mutex mechanisms are: {_MECHANISMS})", 0)
    if path:
        existing_folder(f"Invalid Mutex directory in argument {words[0]}")([path], scope)
    for kind in kinds:
        if kind not in _MUTEXES or not scope.has_module(_MUTEXES[kind]):
            raise ValueRefused(f"Mutex type {kind} is not valid")
    return tuple(words)


def _regex_options(words: Sequence[str], scope: Scope) -> frozenset[str]:
    for number_, word in enumerate(words):
        if word.lower() == "none":
            continue
        option = word[1:] if word[:1] in ("+", "-") else word
        one_of(option, ("ICASE", "DOTALL", "DOLLAR_ENDONLY"), "RegexDefaultOptions: option '%s' unknown", number_)
    found = scope.named[NAMED] = options_after(words, scope.named.get(NAMED, USUAL))
    return found


_ON_OFF = switch("parameter must be 'on' or 'off'")
_SIZE_SAID = "4294967295U)"

CHECKED: list[Spec] = [
    listed("AccessFileName", lambda words: tuple(words[0].split()), raw=True, fills="access_names", fate=Fate.SERVED),
    listed("AllowOverride", _override, per="dir", fate=Fate.SERVED, fills="override"),
    listed("AllowOverrideList", _override_list, per="dir", fate=Fate.SERVED, fills="override_list"),
    listed("CGIVar", _cgi_variable),
    listed("CoreDumpDirectory", parse_in=existing_folder("CoreDumpDirectory %s does not exist")),
    listed("EnableMMAP", _ON_OFF),
    listed("EnableSendfile", _ON_OFF),
    listed("FileETag", _file_etag, per="dir", fills="file_etag", appends=True),
    listed("FlushMaxPipelined", _bounded(-1, _INT, f"{_INT})")),
    listed("FlushMaxThreshold", _bounded(0, _SIZE, f"{_SIZE_SAID})")),
    listed("HostnameLookups", choice("parameter must be 'on', 'off', or 'double'", "on", "off", "double")),
    listed("LimitInternalRecursion", _recursion, fate=Fate.SERVED, fills="recursion"),
    listed("LimitXMLRequestBody", number("LimitXMLRequestBody requires a non-negative integer.", 0)),
    listed("MaxMemFree", number("Invalid MaxMemFree value: %s", 0)),
    listed("MaxRanges", _ranges("MaxRanges"), per="dir", fills="max_ranges"),
    listed("MaxRangeOverlaps", _ranges("MaxRangeOverlaps"), per="dir", fills="max_range_overlaps"),
    listed("MaxRangeReversals", _ranges("MaxRangeReversals"), per="dir", fills="max_range_reversals"),
    listed("Mutex", parse_in=_mutex),
    listed("ProtocolsHonorOrder", switch("ProtocolsHonorOrder must be 'on' or 'off'")),
    listed("ReadBufferSize", _bounded(0, _SIZE, f"{_SIZE_SAID})")),
    listed("RegexDefaultOptions", parse_in=_regex_options, fills="regex_options", rereads=True),
    listed("ThreadStackSize", number("Invalid ThreadStackSize value: %s", 0)),
    listed("CGIPassAuth", per="dir", fills="cgi_pass_auth"),
    listed("ContentDigest", per="dir", fills="content_digest"),
    *flags("ExtendedStatus MergeTrailers SeeRequestTail"),
]
