"""The text of a server that stands for many: printed once with tokens, and filled in for each host by columns, one for
each token, because what is looked up host by host costs several times as much.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.own_words import STAND_IN, filled, named_in
from apacheconf.program.steps import MapBack
from apacheconf.program.tls import FrontTls
from apacheconf.program.workers import Origin, Worker
from apacheconf.targets.nginx.connections import Connections
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.members import addresses_of
from apacheconf.targets.nginx.mod_log_config import written_to
from apacheconf.targets.nginx.tree import Block, print_tree
from apacheconf.targets.nginx.workers import service_of, upstream_of
from apacheconf.targets.routes import members, reverse_of
from apacheconf.targets.sources import title

_TOKEN = re.compile(
    r"@(names|name|file|handshake|(?:line|title|log|authority|url|urls-\d+|certificate|key|fullchain)-\d+"
    r"|(?:origin|servers)-\d+-\d+)@"
    rf"|({STAND_IN.pattern.replace('(', '(?:')})"
)
#: The lines of each of several hosts, and the names that each answers to.
Lines = Sequence[Sequence[Written]]
Names = Sequence[Sequence[str]]
Own = Sequence[dict[str, str]]


def token(what: str, number: int | None = None) -> str:
    """What stands for a word of a host's own."""
    return f"@{what}@" if number is None else f"@{what}-{number}@"


class Template:
    """The text of a model, to be filled in; ``claims`` are at its lines, from 1."""

    def __init__(self, low: Lowering, model: Block, depth: int = 0) -> None:
        text, self.claims = print_tree(model, depth)
        pieces = _TOKEN.split(text.removesuffix("\n"))
        self._low = low
        self._tokens = [token or own for token, own in zip(pieces[1::3], pieces[2::3], strict=True)]
        self._pieces = [piece.replace("%", "%%") for piece in pieces[::3]]
        #: How many lines it has.
        self.count = text.count("\n")

    def texts(self, hosts: Sequence[Host], written: Lines, names: Names, own: Own = ()) -> list[str]:
        """The text for each host, which has these words of its own."""
        columns = dict(self._columns(hosts, written, names))
        for each in self._tokens:
            if each not in columns:
                columns[each] = [filled(each, words) for words in own]
        same = {each: column[0] for each, column in columns.items() if column.count(column[0]) == len(column)}
        words = [same[each].replace("%", "%%") if each in same else "%s" for each in self._tokens]
        form = "".join(chain.from_iterable(zip_longest(self._pieces, words, fillvalue="")))
        own_columns = [columns[each] for each in self._tokens if each not in same]
        return list(map(form.__mod__, zip(*own_columns, strict=True))) if own_columns else [form % ()] * len(hosts)

    def _columns(self, hosts: Sequence[Host], written: Lines, names: Names) -> Iterator[tuple[str, list[str]]]:
        upstreams = [each for each in dict.fromkeys(self._tokens) if each.startswith(("origin-", "servers-"))]
        asked = [(what, int(number), self._low.agreed[int(agreed)])
                 for what, number, agreed in (each.split("-") for each in upstreams)]  # fmt: skip
        rows = [[self._upstream(host, *each) for each in asked] for host in hosts]
        yield from ((each, list(column)) for each, column in zip(upstreams, zip(*rows, strict=True), strict=True))
        for each in dict.fromkeys(self._tokens):
            if each == "names":
                yield each, list(map(" ".join, names))
            elif each not in upstreams and not named_in(each):
                yield each, self._column(each, hosts, written)

    def _column(self, word: str, hosts: Sequence[Host], written: Lines) -> list[str]:
        what, _, digits = word.partition("-")
        if what == "urls":
            text, _, origin = digits.partition("-")
            return [self._urls(host, int(text), int(origin)) for host in hosts]
        number = int(digits or 0)
        if what == "line":
            return self._low.sources.lines_of(lines[number] for lines in written)
        if what == "file":
            return [self._low.sources.file_of(lines[0].place) for lines in written]
        if what in _OF_LINES:
            return [_OF_LINES[what](self._low, lines[number]) for lines in written]
        if what == "authority":
            return [members(self._origin(host, number))[0].authority for host in hosts]
        if what == "fullchain":
            return [self._full_chain(host.front_tls, number) for host in hosts]
        if what == "handshake":
            return [self._low.handshakes[host.number][1] for host in hosts]
        return [_OF_HOSTS[what](host, number) for host in hosts]

    def _upstream(self, host: Host, what: str, number: int, connections: Connections) -> str:
        origin = self._origin(host, number)
        if isinstance(origin, Worker):
            return upstream_of(origin, self._low, connections)
        at = addresses_of(host, origin, self._low) if what == "servers" else None
        return service_of(origin, self._low, at, connections).name

    def _urls(self, host: Host, text: int, origin: int) -> str:
        return ",".join(reverse_of(self._low.program, host, MapBack(text, "", origin)).urls)

    def _full_chain(self, tls: FrontTls | None, number: int) -> str:
        return self._low.joined.chains[tls.certificates[number], tls.chain] if tls else ""

    def _origin(self, host: Host, number: int) -> Origin:
        return self._low.program.origins[host.origins[number]]


_OF_LINES: dict[str, Callable[[Lowering, Written], str]] = {
    "title": lambda _, line: title(line),
    "log": lambda low, line: written_to(low, line, ""),
}


def _key_of(host: Host, number: int) -> str:
    return host.front_tls.keys[number] if host.front_tls else ""


def _certificate_of(host: Host, number: int) -> str:
    return host.front_tls.certificates[number] if host.front_tls else ""


_OF_HOSTS: dict[str, Callable[[Host, int], str]] = {
    "name": lambda host, _: host.name,
    "url": lambda host, number: host.texts[number],
    "certificate": _certificate_of,
    "key": _key_of,
}
