"""Other sockets in what a translation wrote: ``--listen`` and ``--origin`` for a real server.

Only the sockets move. Names, Host headers and everything else in the text stay as the configuration says them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

Address = tuple[str, int]
#: Where connections to an origin go instead: an address, or ``unix:PATH``.
Socket = Address | str

#: nginx: ``listen [ADDRESS:]PORT ...;``, HAProxy: ``bind ADDRESS:PORT ...``; the address is empty or * for all.
_LISTENS = {
    "nginx": re.compile(r"^([ \t]*listen[ \t]+)(?:(\[[^]]*\]|[^\s;:]+):)?(\d+)(?=[\s;])", re.MULTILINE),
    "haproxy": re.compile(r"^([ \t]+bind[ \t]+)(\[[^]]*\]|[^\s:]*):(\d+)(?=\s|$)", re.MULTILINE),
}
#: nginx: ``server HOST:PORT ...;`` of an upstream, HAProxy: ``server NAME HOST:PORT ...``; or a Unix socket there.
_MEMBERS = {
    "nginx": re.compile(r"^([ \t]+server[ \t]+)((?:\[[^]]*\]|[^\s;:{]+):\d+|unix:[^\s;]+)(?=[\s;])", re.MULTILINE),
    "haproxy": re.compile(r"^([ \t]+server[ \t]+\S+[ \t]+)((?:\[[^]]*\]|[^\s:]+):\d+|unix@\S+)(?=\s|$)", re.MULTILINE),
}
_UNIX = {"nginx": "unix:{}", "haproxy": "unix@{}"}


def move_listens(engine: str, text: str, moves: Mapping[Address | int, Address]) -> tuple[str, dict[Address, Address]]:
    """``text`` of ``engine`` (nginx or haproxy) with its listeners moved; and each listener with where it is now.

    A move without an address keeps the one that is written.
    """
    found: dict[Address, Address] = {}

    def other(match: re.Match[str]) -> str:
        written = ((match[2] or "").strip("[]").replace("*", ""), int(match[3]))
        to = moves.get(written) or moves.get(written[1])
        found[written] = bound = written if to is None else (to[0] or written[0], to[1])
        host = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        return f"{match[1]}{host or '*'}:{bound[1]}"

    moved = _LISTENS[engine].sub(other, text)
    return (_one_default_each(moved) if engine == "nginx" else moved), found


#: nginx: a listener as a whole, its address and its other words.
_LISTENER = re.compile(r"^([ \t]*listen[ \t]+)([^\s;]+)([^;\n]*;)", re.MULTILINE)


def _one_default_each(text: str) -> str:
    """Of several listeners that have come to the same address only the first one stays its default."""
    seen: set[str] = set()

    def other(match: re.Match[str]) -> str:
        if " default_server" not in match[3]:
            return match[0]
        first = match[2] not in seen
        seen.add(match[2])
        return match[0] if first else match[1] + match[2] + match[3].replace(" default_server", "")

    return _LISTENER.sub(other, text)


def move_origins(engine: str, text: str, where: Callable[[str], Socket | None]) -> str:
    """``text`` with each origin (``host:port``, lower case, or ``unix:PATH``) at the socket that ``where`` names, if it
    names one."""

    def other(match: re.Match[str]) -> str:
        to = where(_authority(match[2]))
        if to is None:
            return match[0]
        if isinstance(to, str):
            return match[1] + _UNIX[engine].format(to.removeprefix("unix:"))
        return match[1] + (f"[{to[0]}]:{to[1]}" if ":" in to[0] else f"{to[0]}:{to[1]}")

    return _MEMBERS[engine].sub(other, text)


def origins_in(engine: str, text: str) -> tuple[str, ...]:
    """Every origin that ``text`` connects to, as ``host:port`` in lower case or ``unix:PATH``, once."""
    return tuple(dict.fromkeys(_authority(match[2]) for match in _MEMBERS[engine].finditer(text)))


def _authority(written: str) -> str:
    return f"unix:{written[5:]}" if written.startswith(("unix:", "unix@")) else written.lower()


def secure_origins_in(engine: str, text: str) -> frozenset[str]:
    """Those origins with which TLS is spoken."""
    if engine == "haproxy":
        lines = [line for line in text.split("\n") if re.search(r"[ \t]ssl(?:[ \t]|$)", line)]
        return frozenset(_authority(match[2]) for line in lines for match in _MEMBERS[engine].finditer(line))
    secure = frozenset(re.findall(r"^[ \t]*proxy_pass[ \t]+\"?https://([^\s;\"/$]+)", text, re.MULTILINE))
    upstreams = re.finditer(r"^[ \t]*upstream[ \t]+(\S+)[ \t]*\{(.*?)^[ \t]*\}", text, re.MULTILINE | re.DOTALL)
    return frozenset(name for found in upstreams if found[1] in secure for name in origins_in(engine, found[2]))
