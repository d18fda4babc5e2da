"""RequestHeader lines and variables where no origin and no script is asked: nobody sees what they say.

So nothing is asked there on which only they depend, and a folder below an Alias needs one location.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.ledger import Outcome
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.targets.choices import Ask, Tree
from apacheconf.targets.claims import Claim
from apacheconf.targets.nginx import mod_setenvif
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.mod_proxy_fcgi import script_origin
from apacheconf.targets.routes import Route

_WHY = "nobody is asked here who would see it"


def without_unseen(low: Lowering, tree: Tree) -> Tree:
    """The tree without such lines, and without the questions on which nothing else depends."""
    if isinstance(tree, Ask):
        yes, no = without_unseen(low, tree.yes), without_unseen(low, tree.no)
        return _as_one(low, yes, no) or replace(tree, yes=yes, no=no)
    if not (isinstance(tree, Route) and _asks_nobody(low, tree)):
        return tree
    unseen = [step for step in (*tree.headers, *tree.unsure) if _is_of_request(step)]
    if not unseen:
        return tree
    said_by = tuple(each for step in unseen for each in tree.host.said_by(step))
    low.dropped.append(Claim(said_by, Outcome.NO_EFFECT, _WHY, "answer-made-here"))
    return replace(
        tree,
        headers=[step for step in tree.headers if not _is_of_request(step)],
        unsure=[step for step in tree.unsure if not _is_of_request(step)],
        met=[each for each in tree.met if not _is_of_request(each[0])],
    )


def _asks_nobody(low: Lowering, route: Route) -> bool:
    return route.mapping is None and script_origin(low, route) is None


def _as_one(low: Lowering, yes: Tree, no: Tree) -> Tree | None:
    """Both ends, where they differ at most in variables that nobody reads."""
    if yes == no:
        return no
    if isinstance(yes, Ask) and isinstance(no, Ask) and yes.condition == no.condition:
        both = _as_one(low, yes.yes, no.yes), _as_one(low, yes.no, no.no)
        return Ask(no.condition, both[0], both[1]) if both[0] and both[1] else None
    if not (isinstance(yes, Route) and isinstance(no, Route) and _asks_nobody(low, yes) and _asks_nobody(low, no)):
        return None
    mine = [step for step in yes.others if step not in no.others]
    shared = [step for step in no.others if step in yes.others]
    lone = [*mine, *(step for step in no.others if step not in shared)]
    if not all(mod_setenvif.is_unread(each, step) for each in (yes, no) for step in lone):
        return None
    alike = replace(yes, others=shared) == replace(no, others=shared)
    return replace(no, others=[*no.others, *mine]) if alike else None


def _is_of_request(step: Step) -> bool:
    return isinstance(step.action, EditHeader) and step.action.table is Table.REQUEST
