"""Origins that ProxyBlock forbids, by their names or by the addresses of the names that it says (FW-6, FA-17)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping

from apacheconf.program.workers import Worker
from apacheconf.runtime.errors import OriginBroke, Said, proxy_error

#: The addresses of each word of ProxyBlock and NoProxy that is a name somebody knows.
Addresses = Mapping[str, frozenset[str]]


async def look_up(words: Iterable[str]) -> dict[str, frozenset[str]]:
    """The addresses of these words; one that is no name has none and blocks by its letters alone."""
    distinct = list(dict.fromkeys(words))
    return dict(zip(distinct, await asyncio.gather(*map(_addresses, distinct)), strict=True))


async def _addresses(word: str) -> frozenset[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(word, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(str(each[4][0]) for each in found)


def refusal(worker: Worker, address: str, words: Iterable[str], known: Addresses) -> OriginBroke | None:
    """Why nobody may connect to ``worker`` at ``address``; None where somebody may. The first word that hits counts."""
    for word in words:
        if word in worker.host or word.startswith("*"):
            return _blocked(f"AH00916: connect to remote machine {worker.host} blocked: name {word} matched")
        if address in known.get(word, ()):
            return _blocked(f"AH00917: connect to remote machine {worker.host} blocked: IP {address} matched")
    return None


def _blocked(text: str) -> OriginBroke:
    return proxy_error(403, "Connect to remote machine blocked", (Said("warn", "proxy", text),), blames=False)
