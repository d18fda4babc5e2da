"""What one path of a host comes to, where the path is known when the translation is made."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.cells import lies_in
from apacheconf.program.conditions import ALWAYS, NEVER
from apacheconf.program.hosts import Reach
from apacheconf.program.values import Literal, Variable
from apacheconf.targets.answers import residual
from apacheconf.targets.captures import replaced
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.known import Known, worked_out

_METHOD = Variable("REQUEST_METHOD")


def place_of(places: Iterable[Place], path: str) -> Place | None:
    """The longest of the places that a path lies in."""
    found = [each for each in places if lies_in(path, each.cell)]
    return max(found, key=lambda each: (len(each.cell.path), each.cell.reach is Reach.BARE), default=None)


def for_path(tree: Tree, known: Known, method: str = "") -> Tree:
    """The tree with the questions that the path answers already answered, and those about a ``method``, if given."""
    if not isinstance(tree, Ask):
        return tree
    asked = known.asked(tree.condition)
    if method:
        asked = worked_out(replaced(asked, lambda each: Literal(method) if each == _METHOD else None))
    asked = residual(asked, {})
    if asked in (ALWAYS, NEVER):
        return for_path(tree.yes if asked == ALWAYS else tree.no, known, method)
    return Ask(asked, for_path(tree.yes, known, method), for_path(tree.no, known, method))
