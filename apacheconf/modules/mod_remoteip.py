"""mod_remoteip: whom to believe about the client's address.

Host names are kept as they are written: nothing is resolved here. The files of the List directives are named, not
read; one that is not here is a note.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import (
    Conf,
    Fate,
    Module,
    NotHere,
    Parse,
    ParseIn,
    Scope,
    Setting,
    ValueRefused,
    first_word,
    parent_then_child,
    setting,
)
from apacheconf.modules.facts import listed, served
from apacheconf.modules.mod_authz_host import what_is_wrong
from apacheconf.modules.values import in_server_root, is_there


@dataclass(frozen=True, slots=True)
class Proxies:
    """Addresses, networks and host names, or with ``file`` the name of a file of them."""

    words: tuple[str, ...]
    internal: bool
    file: bool = False


@dataclass(frozen=True)
class RemoteIpServerConf(Conf):
    """Trusted proxies of the main server and the host add up (INH-18)."""

    module: ClassVar[str] = "mod_remoteip"

    header: Setting[str] = setting("")
    proxies_header: Setting[str] = setting("")
    proxies: Setting[tuple[Proxies, ...]] = setting((), parent_then_child)
    proxy_protocol: Setting[bool] = setting(False)
    proxy_protocol_exceptions: Setting[tuple[str, ...]] = setting(())


def _proxies(name: str) -> Parse:
    def parse(words: Sequence[str]) -> Proxies:
        for number, word in enumerate(words):
            said = _what_is_wrong(word)
            if said:
                raise ValueRefused(f"RemoteIP: Error parsing IP {word} ({said} error) for {name}", number)
        return Proxies(tuple(words), internal="Internal" in name)

    return parse


def _what_is_wrong(word: str) -> str:
    """Of an address, a network or what can't be the name of a host."""
    if re.match(r"[0-9.]+(/|$)|.*:", word):
        return (what_is_wrong(word) or "").removeprefix(": ")
    if word.startswith("/"):
        return "Invalid argument"
    return "" if re.fullmatch(r"[A-Za-z0-9._-]+(/.*)?", word) else "Name or service not known"


def _list(name: str) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> Proxies:
        found = Proxies(tuple(words), internal="Internal" in name, file=True)
        path = in_server_root(words[0], scope)
        if not is_there(path):
            raise NotHere(f"{name}: Could not open file {path}: No such file or directory", 0, found)
        return found

    return parse


def _exceptions(words: Sequence[str]) -> tuple[str, ...]:
    words = words[:-1] if words and not words[-1] else words
    if not words:
        raise ValueRefused("RemoteIPProxyProtocolExceptions requires an argument")
    for number, word in enumerate(words):
        wrong = what_is_wrong(word)
        if wrong is not None:
            raise ValueRefused(f"ip address '{word.partition('/')[0]}' appears to be invalid{wrong}", number)
    return tuple(words)


MODULE = Module(
    "mod_remoteip",
    server_conf=RemoteIpServerConf,
    fate=Fate.SERVED,
    directives=served(
        [
            listed("RemoteIPHeader", first_word, fills="header"),
            listed("RemoteIPProxiesHeader", first_word, fills="proxies_header"),
            listed("RemoteIPInternalProxy", _proxies("RemoteIPInternalProxy"), fills="proxies", appends=True),
            listed("RemoteIPTrustedProxy", _proxies("RemoteIPTrustedProxy"), fills="proxies", appends=True),
            listed(
                "RemoteIPInternalProxyList", parse_in=_list("RemoteIPInternalProxyList"), fills="proxies", appends=True
            ),
            listed(
                "RemoteIPTrustedProxyList", parse_in=_list("RemoteIPTrustedProxyList"), fills="proxies", appends=True
            ),
            listed("RemoteIPProxyProtocol", fills="proxy_protocol"),
            listed("RemoteIPProxyProtocolExceptions", _exceptions, fills="proxy_protocol_exceptions", extends=True),
        ]
    ),
)
