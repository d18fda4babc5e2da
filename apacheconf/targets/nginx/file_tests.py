"""Tests of files that nginx lacks, asked as what is nearest (NGX-124): -s as -f, and links by what they lead to.

Front controllers ask them (``-s [OR] -l [OR] -d``), and what they tell apart is rare: files that are empty, and links
that lead nowhere. A test for a link alone has nothing near it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Condition,
    Not,
    Test,
    all_of,
    any_of,
    negated,
)
from apacheconf.program.values import Value
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.claims import approximated
from apacheconf.targets.nginx.lowering import Lowering

_LINK, _FULL = "L", "s"
#: Tests that a link passes by what it leads to.
_THERE = frozenset("fdse")
_LINKS = "a link that leads nowhere counts as nothing", "dangling-links"
_SPELT = {
    "-s": ("an empty file counts as one that has something in it", "empty-files"),
    **dict.fromkeys(("-l", "-L", "-h"), _LINKS),
}


def nearest(low: Lowering, places: list[Place]) -> list[Place]:
    """The places with tests that nginx has."""
    return [replace(each, tree=_nearest(low, each.tree)) for each in places]


def _nearest(low: Lowering, tree: Tree) -> Tree:
    if not isinstance(tree, Ask):
        return tree
    yes, no, asked = _nearest(low, tree.yes), _nearest(low, tree.no), _asked(tree.condition)
    low.tests_nearly = low.tests_nearly or asked != tree.condition
    if asked in (ALWAYS, NEVER):
        return yes if asked == ALWAYS else no
    return Ask(asked, yes, no)


def _asked(condition: Condition) -> Condition:
    match condition:
        case Not(inner):
            return negated(_asked(inner))
        case AnyOf(parts):
            there = _tested(parts)
            return any_of(_asked(each) for each in parts if not _is_link_to(each, there))
        case AllOf(parts):
            there = _tested(each.condition for each in parts if isinstance(each, Not))
            kept = (each for each in parts if not (isinstance(each, Not) and _is_link_to(each.condition, there)))
            return all_of(map(_asked, kept))
        case Test(letter, value) if letter == _FULL:
            return Test("f", value)
        case _:
            return condition


def _tested(conditions: Iterable[Condition]) -> list[Value]:
    """The files that are asked whether they are there, links to them too."""
    return [each.value for each in conditions if isinstance(each, Test) and each.letter in _THERE]


def _is_link_to(condition: Condition, there: list[Value]) -> bool:
    return isinstance(condition, Test) and condition.letter == _LINK and condition.value in there


def settle(low: Lowering) -> None:
    """What the lines of such tests can't tell."""
    for line in low.scopes.everywhere("rewritecond", "if", "elseif") if low.tests_nearly else ():
        words = {word.strip('!("') for word in line.args.split()}
        for why in dict.fromkeys(_SPELT[word] for word in words & _SPELT.keys()):
            low.dropped.append(approximated([line], *why))
