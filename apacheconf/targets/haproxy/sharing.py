"""What is the same is written once: backends that do the same, and rules that those behind them make needless.

The walk over the cells writes what each comes to; a person would see that many of them come to one and the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search
from apacheconf.targets.haproxy.conditions import split_terms
from apacheconf.targets.haproxy.tree import Line, Section

_TO = ("use_backend", "default_backend")
_PATH = ("{", "path", "-m")
#: What a pattern of paths begins with: signs that stand for themselves, and that nobody escapes.
_LITERAL = re.compile(r"\^([A-Za-z0-9_/-]*)(?![A-Za-z0-9_/-])(?![?*{])")
#: A rule is compared with so many behind it: enough for a host, and the time grows with the rules.
_MOST = 400
_SETTER = re.compile(r"(?:set-var|set-var-fmt|unset-var)\((txn\.\w+)\)")
_VARIABLE = re.compile(r"\btxn\.\w+")
_NAMED, _MORE = 8, ", and more"
#: The files of a comment; empty for further lines of one.
_FILE = re.compile(r"(?:from|,) (?:line|([^\s(]+):)\s?\d+ \(")
Terms = tuple[tuple[str, ...], ...]


def share_backends(backends: list[Section], frontends: Iterable[Section]) -> list[Section]:
    """The backends without those that do what an earlier one does; the frontends lead to that one."""
    alike: dict[tuple[tuple[str, ...], ...], list[Section]] = {}
    for each in backends:
        alike.setdefault(tuple(line.words for line in each.lines if line.words), []).append(each)
    taken = {each.name for each in backends}
    names: dict[str, str] = {}
    for first, *others in alike.values():
        own = [each.name for each in (first, *others)]
        for other in others:
            _join(first, other)
        free = first.host and first.host not in taken.difference(own)
        if others and free and all(_is_of(first.host, each) for each in own):
            first.name = first.host  # no path of the host has it for itself
        taken = taken - set(own) | {first.name}
        names |= dict.fromkeys(own, first.name)
    for line in (line for frontend in frontends for line in frontend.lines):
        if line.words[:1] and line.words[0] in _TO:
            line.words = (line.words[0], names.get(line.words[1], line.words[1]), *line.words[2:])
    return [first for first, *_ in alike.values()]


def _is_of(host: str, name: str) -> bool:
    """Whether a backend is called by the host, and by a path in it."""
    return name == host or name.startswith(f"{host}-")


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


def drop_unread(variables: str, section: Section, others: Iterable[Section] = ()) -> None:
    """Leave out the rules that set variables which nothing in the section or in the ``others`` reads, of those that the
    regex ``variables`` is about."""
    words = (word for each in (section, *others) for line in each.lines for word in line.words)
    read = {name for word in words if not _SETTER.fullmatch(word) for name in _VARIABLE.findall(word)}
    section.lines = [line for line in section.lines if _set_by(line) in read or not re.fullmatch(
        variables, _set_by(line)
    )]  # fmt: skip


def _set_by(line: Line) -> str:
    """The variable that a line sets, or takes away; empty for others."""
    found = _SETTER.fullmatch(line.words[1]) if len(line.words) > 1 else None
    return found[1] if found else ""


def shorten(frontend: Section) -> None:
    """Leave out the rules whose requests later ones lead to the same backend, and join those of a path and of what
    lies below it."""
    lines: list[Line] = []
    for number, line in reversed(list(enumerate(frontend.lines))):
        behind = lines[-1] if lines else None
        if (taker := _taker(line, lines, frontend.lines[:number])) is not None:
            _put_before(line, taker)
        elif behind is None or not _is_same(line, behind):
            lines.append(line)
        elif (joined := _joined(_terms(line), _terms(behind))) is not None:
            behind.words = (*line.words[:3], *joined)
            _put_before(line, behind)
        else:
            lines.append(line)
    frontend.lines = lines[::-1]


def _taker(line: Line, lines: list[Line], earlier: list[Line]) -> Line | None:
    """The rule that takes all requests of ``line`` to its backend, of those behind it, the next one last in ``lines``:
    none where one in between may lead them elsewhere, unless an ``earlier`` rule has taken those already."""
    for later in lines[: -_MOST - 1 : -1] if _chooses(line) else ():
        if not _chooses(later) or _host(later) not in (_host(line), ()):
            return None
        if later.words[1] == line.words[1]:
            if "||" not in later.words and set(_terms(later)) <= set(_terms(line)):
                return later
        elif not _are_apart(line, later) and not _have_taken(earlier[-_MOST:], line, later):
            return None
    return None


def _have_taken(rules: list[Line], line: Line, later: Line) -> bool:
    """Whether one of the rules takes the requests that meet both; of alternatives it isn't known which one is met."""
    if "||" in line.words or "||" in later.words:
        return False
    met = {*_terms(line), *_terms(later)}
    return any(_chooses(each) and "||" not in each.words and set(_terms(each)) <= met for each in rules)


def _chooses(line: Line) -> bool:
    return bool(line.words) and line.words[0] in _TO


def _host(line: Line) -> tuple[str, ...]:
    """The term that asks for the host, which comes first; rules of the last host have none."""
    return line.words[3:9] if line.words[4:5] == ("var(txn.host)",) else ()


def _are_apart(line: Line, later: Line) -> bool:
    """Whether no request meets both: they ask for paths that lie apart."""
    return all(
        any(one.excludes(two) for one in asked for two in others)
        for asked in _paths(line.words)
        for others in _paths(later.words)
    )


@dataclass(frozen=True, slots=True)
class _Path:
    """How a path begins for which a term holds, or that it is this ``text``."""

    text: str
    is_whole: bool

    def excludes(self, other: _Path | _Pattern) -> bool:
        """Whether no path meets both."""
        if isinstance(other, _Pattern):
            return other.excludes(self)
        meets = self.text == other.text or (not other.is_whole and self.text.startswith(other.text))
        return not meets and not (not self.is_whole and other.text.startswith(self.text))


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern of decoded paths: it is known of one path whether it matches."""

    regex: Regex

    def excludes(self, other: _Path | _Pattern) -> bool:
        """Whether no path meets both, as far as that is known."""
        return isinstance(other, _Path) and other.is_whole and search(self.regex, unquote(other.text)) is None


@lru_cache(4 * _MOST)
def _paths(words: tuple[str, ...]) -> tuple[tuple[_Path | _Pattern, ...], ...]:
    """What each alternative of a rule asks of the path."""
    found: list[tuple[_Path | _Pattern, ...]] = [()]
    for term in split_terms(words[3:]):
        if term == ("||",):
            found.append(())
        elif (asked := _path(term)) is not None:
            found[-1] = (*found[-1], asked)
    return tuple(found)


def _path(term: tuple[str, ...]) -> _Path | _Pattern | None:
    match term:
        case ("{", "path", "-m", ("str" | "beg") as kind, text, "}"):
            return _Path(text, kind == "str")
        case ("{", "path,url_dec", "-m", "reg", "--", pattern, "}"):
            found = _LITERAL.match(pattern) if "|" not in pattern else None
            return _Path(found[1], is_whole=False) if found and found[1].strip("/") else _Pattern(Regex(pattern))
    return None


def _is_same(line: Line, behind: Line) -> bool:
    """Whether both lead to one backend."""
    return bool(line.words and behind.words) and line.words[0] in _TO and behind.words[0] in _TO and (
        line.words[1] == behind.words[1] and "||" not in behind.words
    )  # fmt: skip


def _put_before(line: Line, behind: Line) -> None:
    behind.comment, behind.claims = both(line.comment, behind.comment), line.claims + behind.claims


def _terms(line: Line) -> Terms:
    return tuple(split_terms(line.words[3:]))


def _joined(one: Terms, other: Terms) -> tuple[str, ...] | None:
    """The condition that a path or what lies below it was asked for, where that is all that two rules differ in."""
    own, others = [each for each in one if each not in other], [each for each in other if each not in one]
    if len(one) > 2 or len(one) != len(other) or len(own) != 1 or len(others) != 1:
        return None
    (exact,), (below,) = own, others
    if exact[:4] != (*_PATH, "str") or below[:4] != (*_PATH, "beg") or below[4:] != (f"{exact[4]}/", "}"):
        return None
    return (*(word for term in one for word in term), "||", *(word for term in other for word in term))
