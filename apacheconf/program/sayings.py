"""What a host says, apart from what is its own: its names, authorities, files and words.

Hosts that say the same by that measure are copies of each other (``copies``).
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple

from apacheconf.ledger import Written
from apacheconf.model.bound import Directive
from apacheconf.program.own_words import MAY_HOLD_OWN, NO_WORDS, OwnWords, is_marked, leads_to_origin

#: Directives that name the host, and those that name its origins.
_NAMES = frozenset({"servername", "serveralias", "serveradmin"})
_MEMBERS = frozenset({"balancermember", "proxyset"})
_MAPPINGS = frozenset({"proxypass", "proxypassreverse", *_MEMBERS})
#: Directives of which one word is the host's own: a file, or the URL that a redirect leads to.
_FILES = frozenset({"errorlog", "customlog", "transferlog", "sslcertificatefile", "sslcertificatekeyfile"})
_REDIRECTS = frozenset({"redirect", "redirectpermanent", "redirecttemp"})
#: A file as httpd spells it when it has put it below its root, and what follows it.
_PART = r"(?!\.{1,2}(?:[/\"\s]|$))[\w.-]+"
_FILE = re.compile(rf"()(\"?)(?!syslog\2(?:\s|$))(/?{_PART}(?:/{_PART})*)\2(|\s.*)", re.ASCII)
_LEADS_TO = re.compile(r"(.*\s)(\"?)(https?://[\w.:/~-]+)\2()", re.ASCII)
#: A URL whose authority is the whole identity of its worker, spelt as the program spells it (WK-1).
_URL = re.compile(r"\b(https?)://([a-z0-9][a-z0-9.-]*(?::[1-9]\d{0,3})?)(?=[/\"\s]|$)")
#: What the URLs of a scheme that say no port stand for.
USUAL = {"http": ":80", "https": ":443"}


class Saying(NamedTuple):
    """What a host says: ``key`` is equal for hosts that differ in their ``authorities``, names, ``words`` and ``own``
    words only. Where these stand in more than names of balancers it ``does_own``: what it does says them.

    ``bound`` are its lines, ``written`` the same as they are written.
    """

    bound: list[Directive]
    written: tuple[Written, ...]
    key: Hashable
    authorities: tuple[str, ...]
    words: tuple[str, ...]
    own: OwnWords
    does_own: bool


class _Plan(NamedTuple):
    """Which lines have words of the host's own, by their numbers; ``words`` with the pattern that finds the word, and
    ``own`` with the name of the directive in small letters.
    """

    names: tuple[int, ...]
    words: tuple[tuple[int, re.Pattern[str]], ...]
    mappings: tuple[int, ...]
    own: tuple[tuple[int, str], ...]


def said_by(host: Directive) -> Saying | None:
    """What a virtual host says; None if it names URLs in ways that are read more closely.

    Once for each host, and not for each of its lines, is done what can be: there are ten of these, and they took half
    of the time.
    """
    bound: list[Directive] = []
    sizes: list[int] = []
    _gather(host, bound, sizes)
    written = tuple([each.node for each in bound])
    named = tuple([each.name for each in written])
    args = [each.args for each in written]
    words: list[str] = []
    authorities: list[str] = []
    plan = _plan(named)
    for number in plan.names:
        args[number] = ""
    for number, pattern in plan.words:
        args[number] = _with_a_number(pattern, args[number], words)
    own, does_own = (OwnWords.of(host.node.children or ()) if plan.own else NO_WORDS), False
    for number, name in plan.own:
        marked = own.marked(name, args[number])
        if name == "rewriterule" and "://" in marked and leads_to_origin(marked):
            return None
        does_own = does_own or (is_marked(marked) and not _is_of_members(bound[number]))
        args[number] = marked.replace("://", ":")
    mappings = own.marked_balancers("\n".join([args[number] for number in plan.mappings]))
    mapped = _with_numbers(mappings.replace("balancer://", "balancer:"), authorities)
    for number in plan.mappings:
        args[number] = ""
    others = "\n".join(args)  # no line holds a line end
    if mapped is None or "://" in others:
        return None
    key = named, tuple(sizes), mapped, others
    return Saying(bound, written, key, tuple(authorities), tuple(words), own, does_own)


def _is_of_members(section: Directive) -> bool:
    """Whether a section says no more than which members a balancer has."""
    children = section.children
    return children is not None and all(each.node.name.lower() in _MEMBERS for each in children)


def _gather(section: Directive, bound: list[Directive], sizes: list[int]) -> None:
    """A section and all that stands in it, and how much that is in each section."""
    bound.append(section)
    children = section.children or ()
    sizes.append(len(children))
    for child in children:
        if child.children:
            _gather(child, bound, sizes)
        else:
            bound.append(child)


@lru_cache(maxsize=1024)
def _plan(named: tuple[str, ...]) -> _Plan:
    """What to look at in lines of these names."""
    lines = [(number, name.lower()) for number, name in enumerate(named)]
    patterns = {**dict.fromkeys(_FILES, _FILE), **dict.fromkeys(_REDIRECTS, _LEADS_TO)}
    return _Plan(
        tuple(number for number, name in lines if name in _NAMES),
        tuple((number, patterns[name]) for number, name in lines if name in patterns),
        tuple(number for number, name in lines if name in _MAPPINGS),
        tuple((number, name) for number, name in lines if name in MAY_HOLD_OWN),
    )


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


def _with_numbers(mappings: str, authorities: list[str]) -> str | None:
    """The arguments of mappings with numbers in place of authorities, which are added to those that are known; None
    where URLs are spelt in ways that are read more closely."""
    if "://" not in mappings:
        return mappings
    parts = _URL.split(mappings)  # a text, then a scheme, an authority and a text for each URL
    for at in range(2, len(parts), 3):
        authority = parts[at]
        if authority.endswith(USUAL[parts[at - 1]]):
            return None
        if authority not in authorities:
            authorities.append(authority)
        parts[at] = f" {authorities.index(authority)}"
    made = "".join(parts)
    return None if "://" in made or "|" in made or "$" in made or "?" in made else made
