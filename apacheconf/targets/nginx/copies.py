"""Hosts that are alike, in nginx: the first of them is lowered with tokens in the place of what is a host's own, and
each of them is a copy of that text (DES-18).

nginx finds a server by its name at once, however many there are, but it looks through all variables for each one that a
file names. So what hosts map back is kept in variables that all of them set, and the maps of these are written once.
A copy is trusted only where lowering the host by itself says the same: two of each kind are lowered to see that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from apacheconf.ledger import Answer, Ledger, Written
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Log
from apacheconf.program.workers import Worker
from apacheconf.source import Place
from apacheconf.targets.hostnames import Endpoint, Named
from apacheconf.targets.likeness import Kind, kinds_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, Copy, print_tree
from apacheconf.targets.nginx.workers import service_of
from apacheconf.targets.sources import Sources
from apacheconf.targets.upgrades import SECURE

#: From as many hosts at an address on, those that are alike are copies.
MANY = 64
_TOKEN = re.compile(r"@(names|name|file|(?:line|origin|authority|url)-\d+)@")
_NAME, _URL = re.compile(r"[a-z0-9_.-]+"), re.compile(r"https?://[\w.:/~-]+", re.ASCII)
#: Directives whose words differ from host to host; those of the others are the same.
_VARY = frozenset({"servername", "serveralias", "proxypass", "proxypassreverse"})

#: The sockets of a server, each with whether it is the default there, what it answers to, and whether by regexes.
Server = tuple[list[tuple[Endpoint, bool]], Named, bool]


@dataclass
class Alike:
    """The host that is being written as one of many, with tokens for its own words."""

    host: Host
    #: The numbers of the texts that it maps back.
    mapped: dict[int, None] = field(default_factory=dict)

    def word(self, token: str) -> str:
        """What stands for a word of the host's own."""
        return f"@{token}@"

    def mapped_back(self, number: int) -> str:
        """The variable that holds a URL that the host maps back."""
        self.mapped[number] = None
        return f"$mapped_back_{number + 1}"

    def settings(self) -> Block:
        """The lines that give these variables their values."""
        block = Block()
        for number in sorted(self.mapped):
            block.add("set", f"$mapped_back_{number + 1}", self.word(f"url-{number}"))
        return block


class _TokenSources(Sources):
    """Writes comments with tokens for the place of each directive of a host."""

    def __init__(self, sources: Sources, written: Sequence[Written]) -> None:
        self._sources = sources
        self._numbers = {id(each.place): number for number, each in enumerate(written)}

    def at(self, place: Place) -> str:
        number = self._numbers.get(id(place))
        return self._sources.at(place) if number is None else f"@file@:@line-{number}@"


@dataclass
class Copies:
    """The hosts of a kind: ``model`` is their server with tokens, ``servers`` are its copies by the host."""

    kind: Kind
    model: Block
    servers: dict[int, Copy]

    @property
    def count(self) -> int:
        """How many lines a copy has."""
        return self.servers[self.kind.first.number].text.count("\n") + 1


class _Template:
    """The text of a model, to be filled in."""

    def __init__(self, low: Lowering, model: Block) -> None:
        text, self.claims = print_tree(model)
        pieces = _TOKEN.split(text.removesuffix("\n"))
        self._low, self._parts, self._tokens = low, pieces[::2], pieces[1::2]

    def text(self, host: Host, written: Sequence[Written], names: Sequence[str]) -> str:
        """The text for a host."""
        own = {token: self._own(token, host, written, names) for token in dict.fromkeys(self._tokens)}
        words = [own[token] for token in self._tokens]
        return "".join(chain.from_iterable(zip(self._parts, (*words, ""), strict=True)))

    def _own(self, token: str, host: Host, written: Sequence[Written], names: Sequence[str]) -> str:
        what, _, number = token.partition("-")
        match what:
            case "names":
                return " ".join(names)
            case "name":
                return host.name
            case "file":
                return self._low.sources.at(written[0].place).rpartition(":")[0]
            case "line":
                return str(written[int(number)].place.span.line)
            case "url":
                return host.texts[int(number)]
        origin = self._low.program.origins[host.origins[int(number)]]
        assert isinstance(origin, Worker)
        return origin.authority if what == "authority" else service_of(origin, self._low).name


def find_kinds(low: Lowering, servers: Sequence[Server]) -> list[Kind]:
    """The kinds among the hosts at addresses of many."""
    crowds: dict[Endpoint, int] = {}
    for endpoint in (endpoint for listens, _, _ in servers for endpoint, _ in listens):
        crowds[endpoint] = crowds.get(endpoint, 0) + 1
    once: dict[int, Server | None] = {}
    for server in servers:
        once[server[1].host] = None if server[1].host in once else server
    found = {number: server for number, server in once.items() if server and _is_one_of_many(server, crowds)}
    hosts = [host for number in found if _is_plain(low, host := low.program.hosts[number])]
    return list(kinds_of(low.program, low.scopes, hosts, lambda host: _also(low, host, found[host.number])))


def _is_one_of_many(server: Server, crowds: dict[Endpoint, int]) -> bool:
    listens, named, _ = server
    crowded = all(crowds[endpoint] > MANY and not default for endpoint, default in listens)
    return crowded and bool(named.names) and not named.wild and all(map(_NAME.fullmatch, named.names))


def _is_plain(low: Lowering, host: Host) -> bool:
    """Whether nothing of its own is told in other ways than by tokens."""
    section = low.scopes.section(host)
    named = _NAME.fullmatch(host.name) and host.name == host.title and not host.canonical_name
    logs = _logs(host)
    urls = all(_URL.fullmatch(text) for number, text in enumerate(host.texts) if number not in logs)
    origins = [low.program.origins[number] for number in host.origins]
    plain = all(isinstance(each, Worker) and not SECURE.get(each.scheme, True) for each in origins)
    return bool(section and named and urls and plain) and host.shape.limits.via not in ("On", "Full")


def _logs(host: Host) -> set[int]:
    """The numbers of texts that are names of logs."""
    return {step.action.to for step in host.shape.server if isinstance(step.action, Log)}


def _also(low: Lowering, host: Host, server: Server) -> Hashable:
    """What else hosts must have in common."""
    own = (host.admin, host.document_root, host.errors, host.access_names, host.recursion, host.server_path)
    logs = tuple(host.texts[number] for number in sorted(_logs(host)))
    tls = host.front_tls and replace(host.front_tls, said_by=())
    section = low.scopes.section(host)
    words = tuple(_words(section, section.place.span.file)) if section else ()
    return (*own, logs, tls, words, tuple(server[0]), server[2])


def _words(each: Written, file: object) -> Iterator[str]:
    """The words that hosts have in common, and a mark where a line is of another file than the host's first."""
    mark = "" if each.place.span.file is file else "elsewhere"
    args = each.args
    if each.name.lower() in _VARY:
        first = args.split(None, 1)[:1]
        args = first[0] if first and "://" not in first[0] and each.name.lower().startswith("proxy") else ""
        mark += "url" if first and "://" in first[0] else ""
    yield f"{mark} {args}"
    for child in getattr(each, "children", None) or ():
        yield from _words(child, file)


def emit_model(
    low: Lowering, kind: Kind, servers: dict[int, Server], lower: Callable[[Server, Block], None]
) -> Copies | None:
    """The hosts of a kind as copies, whose text is still to be written; ``lower`` writes a server by itself.

    None where copies would not be what that writes.
    """
    if any("elsewhere" in mark or "url" in mark for mark in _marks(kind.written[0])):
        return None
    sources, model = low.sources, Block()
    low.alike, low.sources = Alike(kind.first), _TokenSources(sources, kind.written[0])
    lower(servers[kind.first.number], model)
    low.sources = sources
    template, same = _Template(low, model), True
    for at in (1, -1):
        host, written, alone = kind.hosts[at], kind.written[at], Block()
        # Its words are tokens, too: what two places say by chance in one host isn't shared in any.
        low.alike, low.sources = Alike(host), _TokenSources(sources, written)
        lower(servers[host.number], alone)
        low.sources, names = sources, servers[host.number][1].names
        same = same and _Template(low, alone).text(host, written, names) == template.text(host, written, names)
    low.alike = None
    copies = {host.number: Copy("", servers[host.number][1].names, _port(servers[host.number])) for host in kind.hosts}
    return Copies(kind, model, copies) if same else None


def _port(server: Server) -> int:
    (endpoint, _), *_ = server[0]
    return endpoint.port


def _marks(written: Sequence[Written]) -> Iterator[str]:
    return (word.partition(" ")[0] for word in _words(written[0], written[0].place.span.file))


def write(low: Lowering, found: Copies) -> None:
    """Write the text of the copies."""
    template = _Template(low, found.model)
    for host, written in zip(found.kind.hosts, found.kind.written, strict=True):
        copy = found.servers[host.number]
        copy.text = template.text(host, written, copy.names)
    found.servers[found.kind.first.number].claims = tuple((line - 1, claim) for line, claim in template.claims)


def settle_copies(found: Copies, ledger: Ledger) -> None:
    """What was said of the lines of the first host holds for those of the others, each in its own copy."""
    first, *others = (found.servers[host.number] for host in found.kind.hosts)
    lines = range(first.line, first.line + found.count)

    def moved(copy: Copy) -> Callable[[Answer], Answer | None]:
        def move(answer: Answer) -> Answer | None:
            file, _, line = answer.at.rpartition(":")
            if not answer.at:
                return answer
            if file != first.file or int(line) not in lines:
                return None
            return replace(answer, at=f"{copy.file}:{int(line) - first.line + copy.line}")

        return move

    ledger.liken(found.kind.written[0], found.kind.written[1:], map(moved, others))
