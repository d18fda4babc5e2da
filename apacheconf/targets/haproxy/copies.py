"""The backends of hosts that are alike and have one origin each: a text with tokens in the place of what is each host's
own, filled in by columns, because what is looked up host by host costs several times as much (DES-18).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from apacheconf.ledger import Answer, Ledger, Written
from apacheconf.program.steps import Step
from apacheconf.program.workers import Worker
from apacheconf.targets.claims import settle
from apacheconf.targets.haproxy.lowering import Copies, Lowering
from apacheconf.targets.haproxy.tree import Section, print_tree, quote
from apacheconf.targets.haproxy.workers import address, server_name
from apacheconf.targets.likeness import Kind
from apacheconf.targets.sources import title

_TOKEN = re.compile(r"@([a-z_]+(?:-\d+)?)@")


def token(what: str, number: int | None = None) -> str:
    """What stands for a word of a host's own."""
    return f"@{what}@" if number is None else f"@{what}-{number}@"


def from_line(number: int) -> str:
    """The comment that names this line of a host."""
    return f"from {token('at', number)} ({token('title', number)})"


def position_of(kind: Kind, step: Step) -> int | None:
    """Which line of each host a step came from; None where that isn't one and the same of all."""
    said = kind.first.said_by(step)
    at = next((number for number, line in enumerate(kind.written[0]) if said and line is said[0]), None)
    if at is None or len(said) > 1:
        return None
    (number,) = step.said_by
    alike = (host.directives[number] is lines[at] for host, lines in zip(kind.hosts, kind.written, strict=True))
    return at if all(alike) else None


def copies_of(low: Lowering, kind: Kind, model: Section, origins: Sequence[Worker]) -> Copies:
    """The copies of a model, whose claims are those of the first host."""
    text, claims = print_tree([model], [])
    pieces = _TOKEN.split(text)
    form = "%s".join(piece.replace("%", "%%") for piece in pieces[::2])
    columns = {each: _column(low, kind, each, origins) for each in dict.fromkeys(pieces[1::2])}
    texts = map(form.__mod__, zip(*(columns[each] for each in pieces[1::2]), strict=True))
    return Copies(kind, "".join(texts), claims, text.count("\n"))


def _column(low: Lowering, kind: Kind, word: str, origins: Sequence[Worker]) -> list[str]:
    what, _, digits = word.partition("-")
    if what == "name":
        return [low.host_name(host.number) for host in kind.hosts]
    if what == "url":
        return [host.texts[int(digits)] for host in kind.hosts]
    if what in _OF_LINES:
        find, number = _OF_LINES[what], int(digits)
        return [find(low, lines[number]) for lines in kind.written]
    return [quote(_OF_ORIGINS[what](each)) for each in origins]


_OF_LINES: dict[str, Callable[[Lowering, Written], str]] = {
    "at": lambda low, line: low.sources.at(line.place),
    "title": lambda _, line: title(line),
}
_OF_ORIGINS: dict[str, Callable[[Worker], str]] = {
    "authority": lambda worker: worker.authority,
    "server": server_name,
    "address": address,
}


def settle_copies(kind: Kind, copies: Sequence[Copies], file: str, ledger: Ledger) -> None:
    """What is said of the lines of the first host holds for those of the others, each in its own copies."""
    for each in copies:
        settle(((each.begins + line, claim) for line, claim in each.claims), file, ledger)

    def mover(number: int) -> Callable[[Answer], Answer]:
        def move(answer: Answer) -> Answer:
            line = int(answer.at.rpartition(":")[2]) if answer.at else 0
            found = next(filter(None, (each.moved(line, number) for each in copies)), None)
            return answer if found is None else Answer(answer.outcome, answer.caveat, f"{file}:{found}", answer.key)

        return move

    moves = [mover(number) for number in range(1, len(kind.hosts))] if copies else ()
    ledger.liken(kind.written[0], kind.written[1:], moves)
