"""Who the client is, where trusted proxies say so in a header (RI-1 to RI-6).

The header is read from its end: each address counts as long as whoever named it is trusted. What was read is taken out
of the header.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import inet_aton
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apacheconf.program.headers import HeaderTable

Address = IPv4Address | IPv6Address
#: Networks of IPv4 that a proxy that isn't internal may not name.
PRIVATE = ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
_PRIVATE = tuple(map(ip_network, PRIVATE))
_GLOBAL = ip_network("2000::/3")


@dataclass(frozen=True, slots=True)
class RemoteIp:
    """``header`` names the client, ``proxies_header`` gets the proxies on the way (empty: none does).

    ``trusted`` are networks, each with whether it is internal; without any everybody is trusted (RI-2).
    """

    header: str
    proxies_header: str = ""
    trusted: tuple[tuple[str, bool], ...] = ()


def client_behind(rules: RemoteIp, peer: str, headers: HeaderTable) -> tuple[str, str]:
    """The client's address, and the list of proxies on the way; takes out of ``headers`` what was believed.

    Both are empty where nobody is named that may be believed.
    """
    rest = headers.get(rules.header)
    if not rest:
        return "", ""
    trusted = [(ip_network(each), internal) for each, internal in rules.trusted]
    client, internal, on_the_way = _plain(peer), bool(trusted), list[str]()
    left: str | None = rest
    while left is not None:
        if trusted:
            known = next((own for net, own in trusted if client in net), None)
            if known is None:
                break
            internal = internal and known  # whoever an outer proxy names is outside, whatever its address
        before, comma, last = left.rpartition(",")
        found = _address(last.strip(" "))
        if found is None or not (internal or _is_global(found)):
            break
        if not internal:
            on_the_way.append(str(client))
        client, left = found, before if comma else None
    if left == rest:
        return "", ""
    _leave(rules, headers, left, ", ".join(on_the_way))
    return str(client), ", ".join(on_the_way)


def _leave(rules: RemoteIp, headers: HeaderTable, left: str | None, on_the_way: str) -> None:
    if left is None:
        headers.unset(rules.header)
    else:
        headers.replace(rules.header, left)
    if on_the_way and rules.proxies_header:
        headers.replace(rules.proxies_header, on_the_way)


#: Addresses of IPv4 in the forms that inet_aton(3) knows.
_NUMBERS = re.compile(r"[0-9a-fA-FxX]+(?:\.[0-9a-fA-FxX]+){0,3}")


def _plain(text: str) -> Address:
    """An address; one of IPv4 within IPv6 as what it is."""
    found = ip_address(text)
    return getattr(found, "ipv4_mapped", None) or found


def _address(text: str) -> Address | None:
    with suppress(ValueError):
        return _plain(text)
    with suppress(OSError):  # 8.8.8 is 8.8.0.8, and so on
        return ip_address(inet_aton(text)) if _NUMBERS.fullmatch(text) else None
    return None


def _is_global(address: Address) -> bool:
    """Whether a proxy that isn't internal may name it: no private address, of IPv6 only global unicast ones."""
    if isinstance(address, IPv6Address):
        return address in _GLOBAL
    return not any(address in each for each in _PRIVATE)
