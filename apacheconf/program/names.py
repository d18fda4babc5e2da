"""Host names: what a Host header may say, and which host of the index answers (VH-30 to VH-42)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

from apacheconf.program.hosts import AddressSet, HostIndex

_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_.")


class HostRefused(Exception):
    """A Host that is answered with 400 (config-language.md, 6.5), by the host that is ``asked`` for if one is."""

    def __init__(self, why: str, asked: HostName | None = None) -> None:
        self.asked = asked
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class HostName:
    """A valid Host value: ``name`` lower-case without the final dot, ``port`` when one was given."""

    name: str
    port: int | None = None


@lru_cache(maxsize=1024)  # a request asks twice, and the next ones name the same host
def parse_host(value: str, strict: bool = True) -> HostName:
    """Read a Host header or the authority of an absolute target. Raises HostRefused.

    ``strict`` is False under HttpProtocolOptions Unsafe (VH-40).
    """
    value = value.strip(" \t")
    if value.startswith("["):
        inner, bracket, rest = value[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise HostRefused(f"{value!r} lacks its closing bracket")
        try:
            IPv6Address(inner)
        except AddressValueError:
            raise HostRefused(f"{inner!r} is no IPv6 address") from None
        return HostName(f"[{inner.lower()}]", _port(rest[1:]) if rest else None)
    if not strict:
        return _lenient(value)
    name, colon, port = value.partition(":")
    return HostName(_name(name), _port(port) if colon else None)


def _lenient(value: str) -> HostName:
    """Anything without a slash or an empty label; a port is the digits behind the last colon."""
    name, colon, port = value.rpartition(":")
    if not (colon and port.isascii() and port.isdigit()):
        name, colon = value, ""
    if not name or ".." in name or "/" in name or "\\" in name:
        raise HostRefused(f"{value!r} is no host name")
    return HostName(name.lower().removesuffix("."), _port(port) if colon else None)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 65536:
        raise HostRefused(f"{text!r} is no port")
    return int(text)


def _name(text: str) -> str:
    name = text.lower()
    if not name or not _LABEL.issuperset(name) or ".." in name or name == ".":
        raise HostRefused(f"{text!r} is no host name")
    name = name.removesuffix(".")
    labels = name.split(".")
    if labels[-1][:1].isdigit() and not _is_dotted_quad(labels):
        raise HostRefused(f"{text!r} looks like an address and is none")
    return name


def _is_dotted_quad(labels: list[str]) -> bool:
    return len(labels) == 4 and all(
        label.isdigit() and int(label) < 256 and (label == "0" or label[0] != "0") for label in labels
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """Which host answers: its number, the set it was chosen from (None: the main server) and why, in words."""

    host: int
    chosen_from: AddressSet | None
    why: str
    matched: bool


def choose_host(index: HostIndex, address: str, port: int, name: str | None, path: str = "") -> Choice:
    """VH-30: the address picks one set, then the name picks the first host that matches it, else the first.

    A request that names no host is asked for its ``path`` instead (VH-35).
    """
    candidates = index.set_for(address, port)
    if candidates is None:
        return Choice(index.main, None, f"no virtual host is for {address}:{port}, the main server answers", False)
    position = candidates.position_of(name) if name is not None else None
    if position is not None:
        return Choice(candidates.hosts[position], candidates, f"its names match {name}", True)
    by_path = candidates.position_by_path(path) if name is None else None
    if by_path is not None:
        return Choice(candidates.hosts[by_path], candidates, f"{path} lies under its ServerPath", True)
    if len(candidates.hosts) == 1:
        return Choice(candidates.hosts[0], candidates, "it is the only virtual host of this address", False)
    named = f"no virtual host of this address is named {name}" if name else "the request names no host"
    return Choice(candidates.hosts[0], candidates, f"{named}, so the first one answers", False)
