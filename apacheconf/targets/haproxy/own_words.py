"""Hosts that are alike and name themselves in HAProxy: the lines of all of them say the name of whoever is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.diagnostics import InternalError
from apacheconf.program.own_words import named_in
from apacheconf.targets.haproxy.tree import Line, Section
from apacheconf.targets.own_words import OwnName

_NAME, _BARE = "%[var(txn.host)]", r"%[var(txn.host),regsub(^www\.,)]"
#: HAProxy counts no groups but those that have a name.
_GROUP = "?<name>", r"\k<name>"
_BEGIN = ("{", "!{")


def can_say(sections: Iterable[Section], own: OwnName | None) -> bool:
    """Whether all lines can be said of whoever is asked."""
    return all(own is not None and _said(line, own) is not None for line in _of_own(sections))


def say_own(sections: Iterable[Section], own: OwnName | None) -> None:
    """Say the name of whoever is asked in the place of what stands for it."""
    for line in _of_own(sections):
        words = None if own is None else _said(line, own)
        if words is None:
            raise InternalError(f"haproxy: {' '.join(line.words)} is said of nobody")
        line.words = words


def _of_own(sections: Iterable[Section]) -> Iterator[Line]:
    return (line for each in sections for line in each.lines if named_in(" ".join(line.words)))


def _said(line: Line, own: OwnName) -> tuple[str, ...] | None:
    made: list[str] = []
    for part in _parts(line.words):
        said = _term(part, own) if part[0] in _BEGIN else part
        if said is None:
            return None
        made += said
    at = _format_of(line.words)
    if at is not None and own.is_all_in(made[at]):
        made[at] = own.in_text(made[at], _BARE if own.without_www else _NAME)
    return None if named_in(" ".join(made)) else tuple(made)


def _parts(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Words by themselves, and terms from a brace to the one that ends it."""
    at = 0
    while at < len(words):
        end = words.index("}", at) + 1 if words[at] in _BEGIN else at + 1
        yield words[at:end]
        at = end


def _term(term: tuple[str, ...], own: OwnName) -> tuple[str, ...] | None:
    """A term that compares a sample with a pattern; others are as they were if they name nobody."""
    if not named_in(" ".join(term)):
        return term
    pattern = own.pattern(term[-2], *_GROUP) if term[2:4] == ("-m", "reg") else None
    if pattern is None:
        return None
    return (term[0], f"{term[1]},concat(|,txn.host)", *term[2:-2], pattern, term[-1])


def _format_of(words: tuple[str, ...]) -> int | None:
    """The place of a word that is a log format."""
    if words[1:3] == ("redirect", "location") or words[1:2] in (("set-header",), ("add-header",)):
        return 3
    return 2 if words[1:2] and words[1].startswith("set-var-fmt(") else None
