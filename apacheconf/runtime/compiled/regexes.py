r"""Patterns that mean the same in PCRE2 and in ``re`` run in ``re``, which costs 0.3 us a call instead of 3.

The subset is explicit: ASCII characters, sets, ``.``, ``\d \w \s`` and their opposites, ``^``, ``$``, ``\b``,
groups, alternatives, ``?``; and repeats of one character's atom only, so that no repeat stands in another and no
capture in a repeat. In both engines such a pattern tries the same ways in the same order. Backtracking costs at
most len(text) to the power of the number of repeats; where that is much, PCRE2 runs, with its own limit.

Before a pattern is tried its literal beginning or end is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search

Groups = tuple[str | None, ...]
#: The groups of the first match, group 0 first; None when there is none.
Search = Callable[[str], Groups | None]

#: Ways that are tried at most in ``re``.
MOST_WAYS = 1_000_000
_PLAIN = r"[A-Za-z0-9 !\"#%&',/:;<=>@_`~-]"
_IN_SET = r"[A-Za-z0-9 !\"#$%&'()*+,./:;<=>?@_`{|}~^]"
_ESCAPED = r"\\[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"
_CLASS = r"\\[dDwWsS]"
_TOKEN = re.compile(
    rf"""
      (?P<open> \( (?: \?: | (?![?*]) ) )
    | (?P<close> \) ) | (?P<bar> \| ) | (?P<start> \^ ) | (?P<end> \$ ) | (?P<bound> \\b )
    | (?P<char> {_PLAIN} | {_ESCAPED} )
    | (?P<some> \. | {_CLASS} | \[ \^? -? (?: {_IN_SET}-{_IN_SET} | {_IN_SET} | {_ESCAPED} | {_CLASS} )+ -? \] )
    | (?P<times> (?: [*+?] | \{{ [0-9]{{1,3}} (?: , (?: [0-9]{{1,3}} )? )? \}} ) \?? )
    """,
    re.VERBOSE,
)
#: What ``re`` may come to read as operations on sets.
_DOUBLED = re.compile(r"--|&&|\|\||~~")
_OPTIONAL = frozenset({"?", "??", "{0,1}", "{0,1}?"})


@dataclass(frozen=True, slots=True)
class Shared:
    """A pattern of the subset: its text for ``re``, whether a match begins where the text does, and its repeats.

    Every match begins with one of ``prefixes`` and ends, at the end of the text, with ``suffix``.
    """

    pattern: str
    anchored: bool
    repeats: int
    prefixes: tuple[str, ...] = ("",)
    suffix: str = ""


@lru_cache(maxsize=8192)
def shared(pattern: str) -> Shared | None:
    """The pattern as both engines read it; None when it isn't of the subset."""
    tokens = _tokens(pattern)
    if tokens is None or not _is_simple(tokens):
        return None
    text = "".join(r"\Z" if kind == "end" else token for kind, token in tokens)
    try:
        re.compile(text)
    except re.error:
        return None
    whole = "bar" not in _outside_groups(tokens)
    anchored = whole and tokens[:1] == [("start", "^")]
    repeats = sum(kind == "times" and token not in _OPTIONAL for kind, token in tokens)
    return Shared(
        text,
        anchored,
        repeats,
        _prefixes(tokens[1:]) if anchored else ("",),
        _suffix(tokens) if whole and tokens[-1:] == [("end", "$")] else "",
    )


Token = tuple[str, str]


def _tokens(pattern: str) -> list[Token] | None:
    found: list[Token] = []
    at = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None or token.lastgroup is None:
            return None
        if token.lastgroup == "some" and _DOUBLED.search(token[0][1:]):
            return None
        found.append((token.lastgroup, token[0]))
        at = token.end()
    return found


def _is_simple(tokens: list[Token]) -> bool:
    """Whether quantifiers stand only where they may: ``?`` behind a group, all behind an atom of one character."""
    depth, before = 0, "open"
    for kind, token in tokens:
        depth += (kind == "open") - (kind == "close")
        if depth < 0:
            return False
        if kind == "times" and before not in ("char", "some") and not (before == "close" and token in _OPTIONAL):
            return False
        before = kind
    return depth == 0


def _outside_groups(tokens: list[Token]) -> set[str]:
    """The kinds of tokens that stand in no group."""
    kinds, depth = set(), 0
    for kind, _ in tokens:
        depth += (kind == "open") - (kind == "close")
        if depth == 0:
            kinds.add(kind)
    return kinds


def _prefixes(tokens: list[Token]) -> tuple[str, ...]:
    """What every match begins with: the literal characters at the pattern's start, at most one of them optional."""
    found = [""]
    for at, (kind, token) in enumerate(tokens):
        times = tokens[at + 1][1] if tokens[at + 1 : at + 2] and tokens[at + 1][0] == "times" else ""
        if kind == "times" and token == "?":
            continue
        if kind != "char" or (times and (times != "?" or len(found) > 1)):
            break
        char = token[-1]
        found = [*(each + char for each in found), *(found if times else ())]
    return tuple(found)


def _suffix(tokens: list[Token]) -> str:
    """What every match ends with, before the ``$`` at the pattern's end."""
    text = ""
    for kind, token in reversed(tokens[:-1]):
        if kind != "char":
            break
        text = token[-1] + text
    return text


@lru_cache(maxsize=8192)
def searcher(regex: Regex) -> Search:
    """The fastest search that finds what PCRE2 finds."""
    found = shared(regex.pattern)
    if found is None:
        return lambda text: search(regex, text)
    compiled = re.compile(found.pattern, re.DOTALL | re.ASCII | (re.IGNORECASE if regex.ignore_case else 0))
    find = compiled.match if found.anchored else compiled.search
    most = _longest(found)
    groups = bool(compiled.groups)

    def searched(text: str) -> Groups | None:
        if len(text) > most:
            return search(regex, text)
        match = find(text)
        if match is None:
            return None
        return (match.group(), *match.groups()) if groups else (match.group(),)

    if regex.ignore_case:
        return searched
    return _guarded(searched, found)


def _guarded(searched: Search, found: Shared) -> Search:
    """The search, after a look at the literal beginning or end."""
    prefixes, suffix = found.prefixes, found.suffix
    if prefixes != ("",):
        return lambda text: searched(text) if text.startswith(prefixes) else None
    if suffix:
        return lambda text: searched(text) if text.endswith(suffix) else None
    return searched


def _longest(found: Shared) -> int:
    """The longest text for which no more than MOST_WAYS ways can be tried."""
    power = found.repeats + (not found.anchored)
    return 1 << 30 if power <= 1 else int(MOST_WAYS ** (1 / power))


def literal_prefixes(regex: Regex) -> tuple[str, ...]:
    """What every text that matches begins with, one of them; empty where nothing is known."""
    found = shared(regex.pattern)
    if found is None or regex.ignore_case or "" in found.prefixes:
        return ()
    return found.prefixes
