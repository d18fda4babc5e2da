"""What is the same is written once: backends that do the same, and rules that those behind them make needless.

The walk over the cells writes what each comes to; a person would see that many of them come to one and the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apacheconf.targets.haproxy.tree import Line, Section

_TO = ("use_backend", "default_backend")
_PATH = ("{", "path", "-m")
_NAMED, _MORE = 8, ", and more"
#: The files of a comment; empty for further lines of one.
_FILE = re.compile(r"(?:from|,) (?:line|([^\s(]+):)\s?\d+ \(")
Terms = tuple[tuple[str, ...], ...]


def share_backends(backends: list[Section], frontends: Iterable[Section]) -> list[Section]:
    """The backends without those that do what an earlier one does; the frontends lead to that one."""
    kept: dict[tuple[tuple[str, ...], ...], Section] = {}
    names = {}
    for each in backends:
        first = kept.setdefault(tuple(line.words for line in each.lines if line.words), each)
        names[each.name] = first.name
        if first is not each:
            _join(first, each)
    for line in (line for frontend in frontends for line in frontend.lines):
        if line.words[:1] and line.words[0] in _TO:
            line.words = (line.words[0], names.get(line.words[1], line.words[1]), *line.words[2:])
    return list(kept.values())


def _join(first: Section, other: Section) -> None:
    first.comment, first.claims = both(first.comment, other.comment), first.claims + other.claims
    known = {line.comment for line in first.lines}
    for line, twin in zip(_worded(first), _worded(other), strict=True):
        line.comment, line.claims = both(line.comment, twin.comment), line.claims + twin.claims
    first.lines[:0] = [line for line in other.lines if not line.words and line.comment and line.comment not in known]


def _worded(section: Section) -> list[Line]:
    return [line for line in section.lines if line.words]


def both(comment: str, other: str) -> str:
    """One comment in the place of two; those that name lines of the configuration go on, up to some of them."""
    lines = other.removeprefix("from ")
    if not other or lines in comment or comment.endswith(_MORE):
        return comment
    if not comment or lines == other:
        return f"{comment}; {other}" if comment else other
    if len(_FILE.findall(f"{comment}, {lines}")) > _NAMED:
        return f"{comment}{_MORE}"
    files = [file for file in _FILE.findall(comment) if file]
    return f"{comment}, {lines.replace(f'{files[-1]}:', 'line ', 1) if files else lines}"


def shorten(frontend: Section) -> None:
    """Leave out the rules behind which another leads all their requests to the same backend, and join those of a path
    and of what lies below it."""
    lines: list[Line] = []
    for line in reversed(frontend.lines):
        behind = lines[-1] if lines else None
        if behind is None or not _is_same(line, behind):
            lines.append(line)
        elif set(_terms(behind)) <= set(_terms(line)):
            _put_before(line, behind)
        elif (joined := _joined(_terms(line), _terms(behind))) is not None:
            behind.words = (*line.words[:3], *joined)
            _put_before(line, behind)
        else:
            lines.append(line)
    frontend.lines = lines[::-1]


def _is_same(line: Line, behind: Line) -> bool:
    """Whether both lead to one backend."""
    return bool(line.words and behind.words) and line.words[0] in _TO and behind.words[0] in _TO and (
        line.words[1] == behind.words[1] and "||" not in behind.words
    )  # fmt: skip


def _put_before(line: Line, behind: Line) -> None:
    behind.comment, behind.claims = both(line.comment, behind.comment), line.claims + behind.claims


def _terms(line: Line) -> Terms:
    """The terms of a rule: words such as ``METH_GET``, or from a brace to the one that ends it."""
    return tuple(_split(line.words[3:]))


def _split(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    at = 0
    while at < len(words):
        end = words.index("}", at) + 1 if words[at] in ("{", "!{") else at + 1
        yield words[at:end]
        at = end


def _joined(one: Terms, other: Terms) -> tuple[str, ...] | None:
    """The condition that a path or what lies below it was asked for, where that is all that two rules differ in."""
    own, others = [each for each in one if each not in other], [each for each in other if each not in one]
    if len(one) > 2 or len(one) != len(other) or len(own) != 1 or len(others) != 1:
        return None
    (exact,), (below,) = own, others
    if exact[:4] != (*_PATH, "str") or below[:4] != (*_PATH, "beg") or below[4:] != (f"{exact[4]}/", "}"):
        return None
    return (*(word for term in one for word in term), "||", *(word for term in other for word in term))
