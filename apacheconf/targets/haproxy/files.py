"""Questions about files, which HAProxy can't ask: it serves none, so they are answered as if none were there (HAP-103).

Where that would let somebody in, nothing is assumed: what can't be asked stays closed (DES-8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apacheconf.program.conditions import ALWAYS, NEVER, Condition, Test
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Respond, Step
from apacheconf.targets.answers import residual
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Ask, Place, Tree, leaves
from apacheconf.targets.claims import Claim, approximated
from apacheconf.targets.routes import Route

_LETTERS = frozenset("fdslLhxF")
_WHY = "no file is looked for: HAProxy serves none, so it is as if none were there"


def as_if_none(tree: Tree, can_ask: Callable[[Condition], bool]) -> Tree:
    """The tree without questions about files, as far as none of them decides who may."""
    if not isinstance(tree, Ask):
        return tree
    yes, no = as_if_none(tree.yes, can_ask), as_if_none(tree.no, can_ask)
    left = Ask(tree.condition, yes, no)
    if can_ask(tree.condition) or not asks_files(tree.condition) or any(map(_refuses, leaves(left))):
        return left
    condition = residual(tree.condition, dict.fromkeys(_asked(tree.condition), False))
    if condition in (ALWAYS, NEVER):
        return yes if condition == ALWAYS else no
    return Ask(condition, yes, no)


def asks_files(part: object) -> bool:
    """Whether anything in it asks for a file."""
    return bool(_asked(part))


def _asked(part: object) -> list[Condition]:
    return [each for each in parts_in(part, Test) if each.letter in _LETTERS]


def _refuses(leaf: tuple[object, object]) -> bool:
    end = leaf[1]
    answer = end.answer.action if isinstance(end, Route) and end.answer else None
    return isinstance(answer, Respond) and answer.status in (401, 403)


def claims_of(host: Host, found: list[Place]) -> Iterator[Claim]:
    """What became of the lines that ask for files."""
    steps: dict[int, Step] = {id(step): step for place in found for step in place.cell.steps}
    for place in found:
        for _, end in leaves(place.tree):
            if isinstance(end, Route):
                steps |= {id(step): step for step, _ in end.met}
    for step in steps.values():
        if asks_files(step.when):
            yield approximated(host.said_by(step), _WHY, "file-tests")
