"""Hosts that say the same, but for their names and the authorities that their mappings lead to: the first of them is
compiled, and the program of the others is its own with their directives, origins and texts in its tables.

Ten thousand hosts of a hoster differ in no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from apacheconf.expand.tree import Node
from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.workers import DEFAULT_PORTS, Origin, Worker

#: Directives that name the host, and those that name its origins.
_NAMES = frozenset({"servername", "serveralias"})
_MAPPINGS = frozenset({"proxypass", "proxypassreverse"})
#: A URL whose authority is the whole identity of its worker, spelt as the program spells it (WK-1).
_URL = re.compile(r"\b(https?)://([a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,3})?)(?=[/\"\s]|$)")
_USUAL = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Saying:
    """What a host says: ``key`` is equal for hosts that differ in their ``authorities`` and names only."""

    written: tuple[Node, ...]
    key: Hashable
    authorities: tuple[str, ...]


def said_by(node: Node) -> Saying | None:
    """What a virtual host says; None if it names URLs in ways that are read more closely."""
    written, authorities = tuple(node.walk()), list[str]()
    key: list[tuple[str, str]] = []
    for each in written:
        name, args = each.name.lower(), each.args
        if name in _NAMES:
            args = ""
        elif "://" in args:
            args = _with_numbers(args, authorities) if name in _MAPPINGS else "?"
            if "?" in args or "://" in args:
                return None
        key.append((each.name, args))
    return Saying(written, tuple(key), tuple(authorities))


def _with_numbers(args: str, authorities: list[str]) -> str:
    """The arguments with numbers in place of authorities, which are added to those that are known."""

    def number(found: re.Match[str]) -> str:
        scheme, authority = found.groups()
        if authority.endswith(_USUAL[scheme]):
            return found[0]
        if authority not in authorities:
            authorities.append(authority)
        return f"{scheme} {authorities.index(authority)}"

    return "?" if set(args) & {"|", "$", "?"} else _URL.sub(number, args)


#: The settings of a worker that are not its own.
_GIVEN = [each.name for each in fields(Worker) if each.name not in ("name", "host", "port", "said_by")]


@dataclass(frozen=True, slots=True)
class Tables:
    """What fills the numbers of a shape."""

    directives: tuple[Written, ...]
    origins: tuple[int, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Template:
    """A compiled host and its tables in terms of what it says: numbers of its lines and of its authorities."""

    host: Host
    directives: tuple[int | Written, ...]
    #: The settings of each, the number of its authority, and those of its lines.
    workers: tuple[tuple[dict[str, Any], int, tuple[int, ...]], ...]
    origins: tuple[int, ...]
    texts: tuple[tuple[str, int | None], ...]

    def filled(self, saying: Saying, count: int) -> tuple[list[Origin], Tables]:
        """The origins and the tables of a host that says the same; the program has ``count`` origins already."""
        written, authorities = saying.written, saying.authorities
        made = [
            _worker(given, authorities[at], tuple([written[i] for i in lines])) for given, at, lines in self.workers
        ]
        directives = tuple([written[each] if isinstance(each, int) else each for each in self.directives])
        texts = tuple(text if at is None else text.replace("//", f"//{authorities[at]}", 1) for text, at in self.texts)
        return [*made], Tables(directives, tuple(count + each for each in self.origins), texts)


def _worker(given: dict[str, Any], authority: str, said_by: tuple[Written, ...]) -> Worker:
    host, _, port = authority.partition(":")
    name = f"{given['scheme']}://{authority}{given['path']}"
    return Worker(name=name, host=host, port=int(port or DEFAULT_PORTS[given["scheme"]]), said_by=said_by, **given)


def template_of(host: Host, saying: Saying, made: Sequence[Origin], count: int) -> Template | None:
    """What the others take from a compiled host, which ``made`` these origins when there were ``count``.

    None where it holds more of its own than can be exchanged: then filling it in would not give the host itself.
    """
    lines = {id(each): number for number, each in enumerate(saying.written)}
    numbers = {f"{scheme}://{each}": at for at, each in enumerate(saying.authorities) for scheme in _USUAL}
    workers = []
    for each in made:
        at = numbers.get(each.name.removesuffix(each.path)) if isinstance(each, Worker) else None
        if not isinstance(each, Worker) or at is None or not all(id(line) in lines for line in each.said_by):
            return None
        workers.append(
            ({name: getattr(each, name) for name in _GIVEN}, at, tuple(lines[id(line)] for line in each.said_by))
        )
    texts = tuple(_without_authority(text, numbers) for text in host.texts)
    directives = tuple(lines.get(id(each), each) for each in host.directives)
    found = Template(host, directives, tuple(workers), tuple(each - count for each in host.origins), texts)
    origins, tables = found.filled(saying, count)
    itself = origins == list(made) and tables == Tables(host.directives, host.origins, host.texts)
    return found if itself and all(each >= 0 for each in found.origins) else None


def _without_authority(text: str, numbers: dict[str, int]) -> tuple[str, int | None]:
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    at = numbers.get(f"{scheme}://{authority}")
    return (text, None) if at is None else (f"{scheme}://{slash}{path}", at)
