"""ProxyRemote: other proxies that are asked for the URLs of origins; NoProxy excepts hosts (FW-7 to FW-9)."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from apacheconf.modules.proxy_directives import Remote as Written
from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search
from apacheconf.program.workers import DEFAULT_PORTS


@dataclass(frozen=True, slots=True)
class Remote:
    """A proxy at ``host`` and ``port`` for URLs: all (``*``), those of a scheme, or those that begin with ``match``.

    With a ``pattern`` it is for those that it matches. ``credentials`` is the value of Proxy-Authorization that it is
    asked with, empty for none.
    """

    match: str
    host: str
    port: int
    credentials: str = ""
    pattern: Regex | None = None

    def serves(self, url: str) -> bool:
        """Whether it is to be asked for a URL."""
        if self.pattern is not None:
            return search(self.pattern, url) is not None
        if ":" in self.match:
            return url.lower().startswith(self.match.lower())
        return self.match in ("*", url.partition("://")[0]) or self.match.lower() == url.partition("://")[0].lower()


def remotes_of(lines: Iterable[Written]) -> tuple[Remote, ...]:
    """The proxies in the order in which they are asked."""
    return tuple(map(_remote, lines))


def _remote(line: Written) -> Remote:
    scheme, _, authority = line.url.partition("://")
    host, _, port = authority.rstrip("/").partition(":")
    secret = base64.b64encode(line.credentials.encode("latin-1")).decode()
    return Remote(
        line.match,
        host.lower(),
        int(port or DEFAULT_PORTS.get(scheme.lower(), 80)),
        f"Basic {secret}" if line.credentials else "",
        Regex(line.match) if line.regex else None,
    )


def is_excepted(host: str, words: Iterable[str], known: Mapping[str, Collection[str]]) -> bool:
    """Whether NoProxy excepts requests for a host: by its address or network, its domain, its name, or a part of it.

    ``host`` is the name that the client has said, in lower case. It isn't looked up: a name has no address. ``known``
    are the words that are names themselves, with their addresses; others may be a part of one.
    """
    return any(_excepts(word.lower(), host, bool(known.get(word))) for word in words)


#: An address or the first bytes of one, perhaps with the bits that count.
_NETWORK = re.compile(r"(\d+(?:\.\d+){0,3})(?:/(\d+))?\.?")


def _excepts(word: str, host: str, known: bool) -> bool:
    network = _NETWORK.fullmatch(word)
    if network is not None:
        return _lies_in(host, network[1], network[2])
    if word.startswith("."):
        return host.endswith(word)
    return word == host if known else word in host


def _lies_in(host: str, start: str, bits: str | None) -> bool:
    parts = start.split(".")
    try:
        address = ".".join((*parts, *["0"] * (4 - len(parts))))
        return IPv4Address(host) in IPv4Network(f"{address}/{bits or 8 * len(parts)}", strict=False)
    except ValueError:
        return False
