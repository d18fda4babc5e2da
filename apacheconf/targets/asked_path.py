"""What one path of a host comes to, where the path is known when the translation is made."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.cells import lies_in
from apacheconf.program.conditions import ALWAYS, NEVER
from apacheconf.program.hosts import Reach
from apacheconf.targets.answers import residual
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.known import Known


def place_of(places: Iterable[Place], path: str) -> Place | None:
    """The longest of the places that a path lies in."""
    found = [each for each in places if lies_in(path, each.cell)]
    return max(found, key=lambda each: (len(each.cell.path), each.cell.reach is Reach.BARE), default=None)


def for_path(tree: Tree, known: Known) -> Tree:
    """The tree with the questions that the path answers already answered."""
    if not isinstance(tree, Ask):
        return tree
    asked = residual(known.asked(tree.condition), {})
    if asked in (ALWAYS, NEVER):
        return for_path(tree.yes if asked == ALWAYS else tree.no, known)
    return Ask(asked, for_path(tree.yes, known), for_path(tree.no, known))
