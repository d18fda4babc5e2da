"""mod_filter: output filters by content type, and smart filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apacheconf.modules.declare import (
    Conf,
    Fate,
    Module,
    NotHere,
    Scope,
    Setting,
    ValueRefused,
    parent_then_child,
    setting,
)
from apacheconf.modules.expressions import check_condition
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.regex_options import written_in


@dataclass(frozen=True, slots=True)
class FilterByType:
    """Filters in their order, for responses of these content types."""

    filters: tuple[str, ...]
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Provider:
    """In smart filter ``filter``, ``name`` works on responses that ``expression`` is true of."""

    filter: str
    name: str
    expression: str


@dataclass(frozen=True, slots=True)
class Protocol:
    """What FilterProtocol says of smart filter ``filter``, or of its ``provider`` alone: words in lower case."""

    filter: str
    provider: str
    words: tuple[str, ...]


def _overlaid(parent: Setting[tuple[FilterByType, ...]], child: Setting[tuple[FilterByType, ...]]) -> Setting[Any]:
    """Both, but where the child names the types of a filter, the parent's say nothing any more."""
    named = {name.lower() for entry in child.value for name in entry.filters}
    pairs = [*zip(parent.value, parent.said_by, strict=True)]
    kept = [pair for pair in pairs if named.isdisjoint(map(str.lower, pair[0].filters))]
    pairs = [*kept, *zip(child.value, child.said_by, strict=True)]
    return Setting(tuple(entry for entry, _ in pairs), tuple(said_by for _, said_by in pairs))


@dataclass(frozen=True)
class FilterDirConf(Conf):
    """``chain`` holds the words of FilterChain with their signs."""

    module: ClassVar[str] = "mod_filter"

    by_type: Setting[tuple[FilterByType, ...]] = setting((), _overlaid)
    providers: Setting[tuple[Provider, ...]] = setting((), parent_then_child)
    protocols: Setting[tuple[Protocol, ...]] = setting((), parent_then_child)
    chain: Setting[tuple[str, ...]] = setting((), parent_then_child)


#: The output filters that httpd's modules bring, in lower case.
FILTERS = {
    **dict.fromkeys(("deflate", "inflate"), "mod_deflate"),
    **dict.fromkeys(("includes",), "mod_include"),
    **dict.fromkeys(("fixup_headers_out", "fixup_headers_err"), "mod_headers"),
    **dict.fromkeys(("byterange", "content_length", "http_header", "chunk", "error_override"), "core"),
    **dict.fromkeys(("cache", "cache_save", "cache_out", "cache_invalidate"), "mod_cache"),
    "brotli_compress": "mod_brotli",
    "substitute": "mod_substitute",
    "sed": "mod_sed",
    "buffer": "mod_buffer",
    "rate_limit": "mod_ratelimit",
    "xlateout": "mod_charset_lite",
    "proxy-html": "mod_proxy_html",
    "xml2enc": "mod_xml2enc",
    "data": "mod_data",
    "mod_expires": "mod_expires",
}


def _check_provider(name: str, scope: Scope, word: int, value: object) -> None:
    """Refuse a filter whose module isn't loaded. A name of nobody's may be another module's: that is a note."""
    module = FILTERS.get(name.lower())
    if module is None:
        raise NotHere(f"Unknown filter provider {name}", word, value)
    if module != "core" and not scope.has_module(module):
        raise ValueRefused(f"Unknown filter provider {name}", word)


def _by_type(words: Sequence[str], scope: Scope) -> FilterByType:
    if len(words) < 2:
        raise ValueRefused("AddOutputFilterByType requires at least two arguments")
    found = FilterByType(tuple(filter(None, words[0].split(";"))), tuple(word.lower() for word in words[1:]))
    for name in found.filters:
        _check_provider(name, scope, 0, found)
    return found


def _declare(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    scope.named["filter", words[0].lower()] = words[0]
    return tuple(words)


def _provider(words: Sequence[str], scope: Scope) -> Provider:
    found = Provider(words[0], words[1], written_in(words[2], scope))
    prefix = "Error parsing FilterProvider expression:"
    if words[1].lower() in FILTERS:
        _check_provider(words[1], scope, 1, found)
    check_condition(words[2], prefix, ssl=scope.has_module("mod_ssl"), word=2)
    _check_provider(words[1], scope, 1, found)
    scope.named["filter", words[0].lower()] = words[0]
    scope.named["provider", f"{words[0]} {words[1]}".lower()] = found
    return found


def _protocol(words: Sequence[str], scope: Scope) -> Protocol:
    if ("filter", words[0].lower()) not in scope.named:
        raise ValueRefused("FilterProtocol: No such filter", 0)
    if len(words) > 2 and ("provider", f"{words[0]} {words[1]}".lower()) not in scope.named:
        raise ValueRefused("FilterProtocol: No such provider for this filter", 1)
    provider = words[1] if len(words) > 2 else ""
    return Protocol(words[0], provider, tuple(words[-1].lower().replace(",", " ").split()) if len(words) > 1 else ())


def _trace(words: Sequence[str], scope: Scope) -> tuple[str, int]:
    if ("filter", words[0].lower()) not in scope.named:
        raise ValueRefused(f"Undeclared smart filter {words[0]}", 0)
    return words[0], atoi(words[1])


MODULE = Module(
    "mod_filter",
    dir_conf=FilterDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("AddOutputFilterByType", parse_in=_by_type, per="dir", fills="by_type", appends=True),
        listed("FilterDeclare", parse_in=_declare),
        listed("FilterProvider", parse_in=_provider, per="dir", fills="providers", appends=True),
        listed("FilterChain", tuple, per="dir", fills="chain", extends=True),
        listed("FilterProtocol", parse_in=_protocol, per="dir", fills="protocols", appends=True),
        listed("FilterTrace", parse_in=_trace),
    ],
)
