"""Hosts that say the same, but for their names, the authorities that their mappings lead to, their logs, their
certificates and where they redirect to: the first of them is compiled, and the program of the others is its own with
their directives, origins and texts in its tables.

Ten thousand hosts of a hoster differ in no more than that.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from apacheconf.expand.tree import Node
from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.workers import DEFAULT_PORTS, Origin, Worker

#: Directives that name the host, and those that name its origins.
_NAMES = frozenset({"servername", "serveralias", "serveradmin"})
_MAPPINGS = frozenset({"proxypass", "proxypassreverse"})
#: Directives of which one word is the host's own: a file, or the URL that a redirect leads to.
_FILES = frozenset({"errorlog", "customlog", "transferlog", "sslcertificatefile", "sslcertificatekeyfile"})
_REDIRECTS = frozenset({"redirect", "redirectpermanent", "redirecttemp"})
#: A file as httpd spells it when it has put it below its root, and what follows it.
_PART = r"(?!\.{1,2}(?:[/\"\s]|$))[\w.-]+"
_FILE = re.compile(rf"()(\"?)(?!syslog\2(?:\s|$))(/?{_PART}(?:/{_PART})*)\2(|\s.*)", re.ASCII)
_LEADS_TO = re.compile(r"(.*\s)(\"?)(https?://[\w.:/~-]+)\2()", re.ASCII)
#: A URL whose authority is the whole identity of its worker, spelt as the program spells it (WK-1).
_URL = re.compile(r"\b(https?)://([a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,3})?)(?=[/\"\s]|$)")
_USUAL = {"http": ":80", "https": ":443"}


@dataclass(frozen=True)
class Saying:
    """What a host says: ``key`` is equal for hosts that differ in their ``authorities``, names and ``words`` only."""

    written: tuple[Node, ...]
    key: Hashable
    authorities: tuple[str, ...]
    words: tuple[str, ...]


def said_by(node: Node) -> Saying | None:
    """What a virtual host says; None if it names URLs in ways that are read more closely."""
    written, authorities, words = [*_below(node)], list[str](), list[str]()
    key: list[tuple[str, str]] = []
    for each in written:
        name, args = each.name, each.args
        kind = _KINDS.get(name) or _KINDS.setdefault(name, _kind_of(name.lower()))
        if kind == "name":
            args = ""
        elif kind == "file" or kind == "redirect":
            args = _with_a_number(_FILE if kind == "file" else _LEADS_TO, args, words)
            if "://" in args:
                return None
        elif "://" in args:
            args = _with_numbers(args, authorities) if kind == "mapping" else "?"
            if "?" in args or "://" in args:
                return None
        key.append((name, args))
    return Saying(tuple(written), tuple(key), tuple(authorities), tuple(words))


def _below(node: Node) -> Iterator[Node]:
    """What ``Node.walk`` gives, for nodes that mostly hold nothing."""
    yield node
    for child in node.children or ():
        if child.children:
            yield from _below(child)
        else:
            yield child


#: What is a host's own in a directive, by its name as written.
_KINDS: dict[str, str] = {}


def _kind_of(name: str) -> str:
    kinds = {"name": _NAMES, "file": _FILES, "redirect": _REDIRECTS, "mapping": _MAPPINGS}
    return next((kind for kind, names in kinds.items() if name in names), "other")


def _with_a_number(pattern: re.Pattern[str], args: str, words: list[str]) -> str:
    """The arguments with a number in place of the word that is the host's own, which is added to those that are known;
    as they are where it is spelt in ways that are read more closely."""
    found = pattern.fullmatch(args)
    if found is None:
        return args
    before, quote, word, behind = found.groups()
    if word not in words:
        words.append(word)
    return f"{before}{quote}{word[0] == '/'} {words.index(word)}{behind}"


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
    #: Each text without what is the host's own in it: the number of an authority, or of a word, which ends it.
    texts: tuple[tuple[str, int | None, int | None], ...]

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The fields of the host, of which a copy has some of its own: ``replace`` takes twice the time."""
        return {each.name: getattr(self.host, each.name) for each in fields(Host)}

    def filled(self, saying: Saying, count: int) -> tuple[list[Origin], Tables]:
        """The origins and the tables of a host that says the same; the program has ``count`` origins already."""
        written, authorities = saying.written, saying.authorities
        made = [
            _worker(given, authorities[at], tuple([written[i] for i in lines])) for given, at, lines in self.workers
        ]
        directives = tuple([written[each] if isinstance(each, int) else each for each in self.directives])
        texts = tuple([
            f"{text}{saying.words[word]}" if word is not None
            else text if at is None
            else text.replace("//", f"//{authorities[at]}", 1)
            for text, at, word in self.texts
        ])  # fmt: skip
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
    elsewhere = [each for each in host.directives if id(each) not in lines]
    if any(word in each.args for each in elsewhere for word in saying.words):
        return None  # it may share a text with another's line
    texts = tuple(_without_own(text, numbers, saying.words) for text in host.texts)
    directives = tuple(lines.get(id(each), each) for each in host.directives)
    found = Template(host, directives, tuple(workers), tuple(each - count for each in host.origins), texts)
    origins, tables = found.filled(saying, count)
    itself = origins == list(made) and tables == Tables(host.directives, host.origins, host.texts)
    return found if itself and all(each >= 0 for each in found.origins) else None


def _without_own(text: str, numbers: dict[str, int], words: Sequence[str]) -> tuple[str, int | None, int | None]:
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    at = numbers.get(f"{scheme}://{authority}")
    if at is not None:
        return f"{scheme}://{slash}{path}", at, None
    ending = max((word for word in words if text == word or text.endswith(f"/{word}")), key=len, default=None)
    return (text, None, None) if ending is None else (text.removesuffix(ending), None, words.index(ending))
