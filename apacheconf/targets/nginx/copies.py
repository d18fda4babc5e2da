"""Hosts that are alike, in nginx: the first of them is lowered with tokens in the place of what is a host's own, and
each of them is a copy of that text (DES-18).

nginx finds a server by its name at once, however many there are, but it looks through all variables for each one that a
file names. So what hosts map back is kept in variables that all of them set, and the maps of these are written once.
A copy is trusted only where lowering the host by itself says the same: two of each kind are lowered to see that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from apacheconf.ledger import Answer, Ledger, Written
from apacheconf.program.hosts import Host, Shape
from apacheconf.program.steps import Log, MapBack, Redirect
from apacheconf.program.tls import FrontTls
from apacheconf.program.values import OwnText
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.source import Place
from apacheconf.targets.hostnames import Endpoint, Named
from apacheconf.targets.likeness import Kind, kinds_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.templates import Template, token
from apacheconf.targets.nginx.tree import Block, Copy
from apacheconf.targets.own_words import OwnName
from apacheconf.targets.sources import Sources
from apacheconf.targets.upgrades import SECURE

#: From as many hosts at an address on, those that are alike are copies.
MANY = 64
_NAME, _URL = re.compile(r"[a-z0-9_.-]+"), re.compile(r"https?://[\w.:/~-]+", re.ASCII)
#: Directives of whose words the first is the same, and what comments call them by.
_NAMED_ALIKE = frozenset({"proxypass", "proxypassreverse"})
#: Those that name a host or a file of it, those of logs, and those that redirect it.
_NAMES = frozenset({"servername", "serveralias", "serveradmin"})
_FILES = frozenset({"sslcertificatefile", "sslcertificatekeyfile"})
_LOGS = frozenset({"errorlog", "customlog", "transferlog"})
_REDIRECTS = frozenset({"redirect", "redirectpermanent", "redirecttemp"})
_FILE = re.compile(r"(\"?)(?!syslog\1(?:\s|$))[\w./-]+\1(?=\s|$)", re.ASCII)
_LEADS_TO = re.compile(r"\s\"?https?://[\w.:/~-]+\"?$", re.ASCII)

#: The sockets of a server, each with whether it is the default there, what it answers to, and whether by regexes.
Server = tuple[list[tuple[Endpoint, bool]], Named, bool]


@dataclass
class Alike:
    """The host that is being written as one of many, with tokens for its own words: the numbers of its lines, of which
    some have words of their ``own``.
    """

    host: Host
    lines: dict[int, int]
    own: frozenset[int]
    #: What it maps back: numbers of texts and of balancers, with the variables that hold its URLs and what these are.
    mapped: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, host: Host, written: Sequence[Written], words: Iterable[str] = ()) -> Alike:
        """A host with these lines, some of which say ``words`` of its own."""
        lines = {id(each): number for number, each in enumerate(written)}
        own = frozenset(id(each) for each in written if shared_words(each) != each.args or
                        any(word in each.args for word in words))  # fmt: skip
        texts = list(host.texts)
        for number in _numbers_of_redirects(host.shape):
            texts[number] = token("url", number)
        return cls(replace(host, texts=tuple(texts), front_tls=_with_tokens(host.front_tls)), lines, own)

    def word(self, word: str) -> str:
        """What stands for a word of the host's own."""
        return f"@{word}@"

    def has_own(self, line: Written) -> bool:
        """Whether a line has words of its own."""
        return id(line) in self.own

    def token(self, what: str, line: Written) -> str:
        """What stands for something about a line of the host."""
        return token(what, self.lines[id(line)])

    def mapped_back(self, action: MapBack) -> str:
        """The variable that holds a URL that the host maps back, or those of a balancer's members with commas."""
        if action.origin is None:
            key, name, urls = (action.url, -1), f"$mapped_back_{action.url + 1}", token("url", action.url)
        else:
            key, urls = (action.url, action.origin), token(f"urls-{action.url}", action.origin)
            name = f"$mapped_back_{action.url + 1}_{action.origin + 1}"
        self.mapped[key] = name, urls
        return name

    def settings(self) -> Block:
        """The lines that give these variables their values."""
        block = Block()
        for _, words in sorted(self.mapped.items()):
            block.add("set", *words)
        return block


def _numbers_of_redirects(shape: Shape) -> tuple[int, ...]:
    """The numbers of the texts that hosts of a shape redirect to."""
    actions = (step.action for cell in shape.cells for step in cell.steps)
    locations = (each.location for each in actions if isinstance(each, Redirect))
    return tuple(dict.fromkeys(each.number for each in locations if isinstance(each, OwnText)))


def _with_tokens(tls: FrontTls | None) -> FrontTls | None:
    """The same with tokens for its certificates."""
    if tls is None:
        return None
    certificates = tuple(token("certificate", number) for number in range(len(tls.certificates)))
    return replace(tls, certificates=certificates, keys=tuple(token("key", number) for number in range(len(tls.keys))))


class _TokenSources(Sources):
    """Writes comments with tokens for the place of each directive of a host."""

    def __init__(self, sources: Sources, alike: Alike, written: Sequence[Written]) -> None:
        self._sources, self._alike = sources, alike
        self._numbers = {id(each.place): number for number, each in enumerate(written)}

    @property
    def true(self) -> Sources:
        return self._sources

    def at(self, place: Place) -> str:
        number = self._numbers.get(id(place))
        return self._sources.at(place) if number is None else f"{token('file')}:{token('line', number)}"

    def title(self, directive: Written) -> str:
        own = directive.name.lower() not in _NAMED_ALIKE and self._alike.has_own(directive)
        return self._alike.token("title", directive) if own else super().title(directive)


@dataclass
class Copies:
    """The hosts of a kind: ``model`` is their server with tokens, ``servers`` are its copies by the host."""

    kind: Kind
    model: Block
    servers: dict[int, Copy]


def find_kinds(low: Lowering, servers: Sequence[Server]) -> list[Kind]:
    """The kinds among the hosts at addresses of many."""
    crowds: dict[Endpoint, int] = {}
    for endpoint in (endpoint for listens, _, _ in servers for endpoint, _ in listens):
        crowds[endpoint] = crowds.get(endpoint, 0) + 1
    once: dict[int, Server | None] = {}
    for server in servers:
        once[server[1].host] = None if server[1].host in once else server
    found = {number: server for number, server in once.items() if server and _is_one_of_many(server, crowds)}
    logs: dict[int, set[int]] = {}
    hosts = [host for number in found if _is_plain(low, host := low.program.hosts[number], logs)]
    own = {host for each in low.program.alike if any(each.own) for host in each.hosts}
    alike = kinds_of(
        low.program, low.scopes, hosts, lambda host: _also(low, host, found[host.number], host.number in own), _words
    )
    return list(alike)


def _is_one_of_many(server: Server, crowds: dict[Endpoint, int]) -> bool:
    listens, named, as_regex = server
    crowded = not [each for each, default in listens if default or crowds[each] <= MANY]
    plain = all(map(_NAME.fullmatch, named.names)) and not (as_regex and named.wild)
    return crowded and bool(named.names) and plain and all(_NAME.fullmatch(each[2:]) for each in named.wild)


def _is_plain(low: Lowering, host: Host, known: dict[int, set[int]]) -> bool:
    """Whether nothing of its own is told in other ways than by tokens. The logs of its shape may be ``known``."""
    section = low.scopes.section(host)
    named = _NAME.fullmatch(host.name) and host.name == host.title and not host.canonical_name
    logs = known.get(id(host.form))
    if logs is None:
        logs = known[id(host.form)] = _logs(host.form)
    origins = [low.program.origins[number] for number in host.origins]
    balanced = Balancer in map(type, origins)
    texts = [text for number, text in enumerate(host.texts) if number not in logs]
    urls = all(map(_URL.fullmatch, [text for text in texts if text != "/"] if balanced else texts))
    plain = all(map(_is_plain_origin, origins))
    plain = plain and _has_plain_chain(low, host.front_tls)
    return bool(section and named and urls and plain) and host.form.limits.via not in ("On", "Full")


def _has_plain_chain(low: Lowering, tls: FrontTls | None) -> bool:
    """Whether the chain, if one is named, is joined to each certificate by a command."""
    if tls is None or not tls.chain:
        return True
    return tls.chain not in tls.certificates and all(low.joined.is_made(each, tls.chain) for each in tls.certificates)


def _is_plain_origin(origin: Origin) -> bool:
    """Whether it is asked in plain HTTP, and has no name of its own but that of its upstream."""
    if isinstance(origin, Worker):
        return not SECURE.get(origin.scheme, True)
    if origin.sticky_cookie or not origin.members:
        return False
    checked = any(each.check is not None for each in origin.members)
    named = all(_URL.fullmatch(each.name) for each in origin.members)
    return named and not checked and not any(SECURE.get(each.scheme, True) for each in origin.members)


def _logs(shape: Shape) -> set[int]:
    """The numbers of texts that are names of logs."""
    return {step.action.to for step in shape.server if isinstance(step.action, Log)}


def _also(low: Lowering, host: Host, server: Server, has_own: bool) -> Hashable:
    """What else hosts must have in common."""
    errors = host.errors
    told = errors.levels, errors.line, errors.connection, errors.request
    tls, known = host.front_tls, low.handshakes.get(host.number)
    certified = tls and (len(tls.certificates), len(tls.keys), replace(tls, certificates=(), keys=(), said_by=()))
    own = "" if has_own else host.document_root, host.access_names, host.recursion, host.server_path
    return (*own, *told, certified, known and id(known[0]), tuple(server[0]), server[2])


def _words(written: Sequence[Written]) -> tuple[str, ...]:
    """The words that hosts have in common, and a mark where a line is of another file than the host's first, or is told
    by a URL."""
    file, found = written[0].place.span.file, []
    for each in written:
        mark = "" if each.place.span.file is file else "elsewhere"
        if each.name.lower() in _NAMED_ALIKE:
            mark += "url" if "://" in each.args.partition(" ")[0] else ""
        found.append(f"{mark} {shared_words(each)}")
    return tuple(found)


def shared_words(line: Written) -> str:
    """The words of a line that are the same in hosts that are alike."""
    name, args = line.name.lower(), line.args
    if name in _NAMED_ALIKE:
        first = args.split(None, 1)[:1]
        return first[0] if first and "://" not in first[0] else ""
    if name in _NAMES:
        return ""
    if name in _LOGS:
        return _FILE.sub("", args, 1) if _FILE.match(args) else args
    if name in _FILES:
        return "" if _FILE.fullmatch(args) else args
    return _LEADS_TO.sub("", args) if name in _REDIRECTS else args


def emit_model(
    low: Lowering, kind: Kind, servers: dict[int, Server], lower: Callable[[Server, Block], None]
) -> Copies | None:
    """The hosts of a kind as copies, whose text is still to be written; ``lower`` writes a server by itself.

    None where copies would not be what that writes.
    """
    marks = (word.partition(" ")[0] for word in _words(kind.written[0]))
    if any("elsewhere" in mark or "url" in mark for mark in marks):
        return None
    model = _lower_alike(low, kind, 0, servers, lower)
    if model is None:
        return None
    template, same = Template(low, model), True
    for at in (1, len(kind.hosts) - 1):
        host = kind.hosts[at]
        # Its words are tokens, too: what two places say by chance in one host isn't shared in any.
        alone = _lower_alike(low, kind, at, servers, lower)
        filling = [host], [kind.written[at]], [_names_of(servers[host.number])], kind.own[at : at + 1]
        same = same and alone is not None and Template(low, alone).texts(*filling) == template.texts(*filling)
    asked = [(host.number, servers[host.number]) for host in kind.hosts]
    copies = {number: Copy("", _names_of(server), _port(server)) for number, server in asked}
    return Copies(kind, model, copies) if same else None


def _lower_alike(
    low: Lowering, kind: Kind, at: int, servers: dict[int, Server], lower: Callable[[Server, Block], None]
) -> Block | None:
    """A host of a kind, written with tokens; None where its own words are said in ways that others can't share."""
    written, own = kind.written[at], kind.own[at] if kind.own else {}
    host = kind.model_of(kind.hosts[at])
    if host is None:
        return None
    block, sources, low.alike = Block(), low.sources, Alike.of(host, written, own.values())
    low.sources = _TokenSources(sources, low.alike, written)
    with low.maps.of_hosts(OwnName.of(kind) if own else None, bool(own)):
        lower(servers[host.number], block)
    low.sources, low.alike = sources, None
    return None if low.maps.says_own else block


def _names_of(server: Server) -> tuple[str, ...]:
    """What ``server_name`` says."""
    return (*server[1].names, *server[1].wild) if server[1].wild else server[1].names


def _port(server: Server) -> int:
    (endpoint, _), *_ = server[0]
    return endpoint.port


def write(low: Lowering, found: Copies, depth: int) -> None:
    """Write the text of the copies, to stand in so many blocks."""
    template = Template(low, found.model, depth)
    made = [found.servers[host.number] for host in found.kind.hosts]
    texts = template.texts(found.kind.hosts, found.kind.written, [each.names for each in made], found.kind.own)
    for copy, text in zip(made, texts, strict=True):
        copy.text, copy.count = text, template.count
    made[0].claims = tuple((line - 1, claim) for line, claim in template.claims)


def settle_copies(found: Copies, ledger: Ledger) -> None:
    """What was said of the lines of the first host holds for those of the others, each in its own copy."""
    first, *others = (found.servers[host.number] for host in found.kind.hosts)
    lines = range(first.line, first.line + first.count)

    def moved(copy: Copy) -> Callable[[Answer], Answer | None]:
        def move(answer: Answer) -> Answer | None:
            file, _, line = answer.at.rpartition(":")
            if not answer.at:
                return answer
            if file != first.file or int(line) not in lines:
                return None
            return replace(answer, at=f"{copy.file}:{int(line) - first.line + copy.line}")

        return move

    ledger.liken(found.kind.written[0], found.kind.written[1:], [*map(moved, others)])
