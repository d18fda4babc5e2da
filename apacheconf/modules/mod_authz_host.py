"""mod_authz_host: requirements about the client's address; it has no directives of its own, only words of Require."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import IPv6Address

from apacheconf.modules.declare import Fate, Module, ValueRefused

_PARTIAL = re.compile(r"\d+(\.\d+){0,3}\.?")


def check_addresses(words: Sequence[str], first: int) -> None:
    """Refuse what ``Require ip`` refuses (ARG-26); ``first`` is the number of the first word."""
    if not words:
        raise ValueRefused("'require ip' requires an argument")
    for number, word in enumerate(words, first):
        wrong = what_is_wrong(word)
        if wrong is not None:
            raise ValueRefused(f"ip address '{word}' appears to be invalid{wrong}", number)


_ADDRESS = ": The specified IP address is invalid."
_MASK = ": The specified network mask is invalid."


def what_is_wrong(word: str) -> str | None:
    """What is wrong with an address, a part of one, or a network; empty text when it is none of these."""
    address, slash, mask = word.partition("/")
    if ":" in address:
        return _wrong_v6(address, mask if slash else "128")
    if not re.fullmatch(r"[0-9.]+", address):
        return ""
    if not _PARTIAL.fullmatch(address) or any(int(part) > 255 for part in address.split(".") if part):
        return _ADDRESS
    if not slash:
        return None
    if address.count(".") != 3:
        return _ADDRESS
    if mask.isdigit():
        return None if 1 <= int(mask) <= 32 else _MASK
    parts = mask.split(".")
    return None if len(parts) == 4 and all(part.isdigit() and int(part) <= 255 for part in parts) else _MASK


def _wrong_v6(address: str, mask: str) -> str | None:
    """One of IPv4 written as IPv6 is refused, and so is a zone: no client has such an address (EXPR-23)."""
    try:
        found = IPv6Address(address)
    except ValueError:
        return _ADDRESS
    if found.ipv4_mapped is not None or found.scope_id is not None:
        return _ADDRESS
    return None if mask.isdigit() and 1 <= int(mask) <= 128 else _MASK


MODULE = Module("mod_authz_host", fate=Fate.SERVED)
