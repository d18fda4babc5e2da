"""The tree of one question: what comes to the same below both of its answers is said once."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.conditions import Condition
from apacheconf.program.handling import Told
from apacheconf.program.hosts import Cell
from apacheconf.program.steps import AddFilter, EditHeader, Respond, SetHandler, Step, Table
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.routes import Route


def refuses(route: Route) -> bool:
    """Whether it only refuses."""
    answer = route.answer.action if route.answer else None
    return isinstance(answer, Respond) and answer.status >= 400 and answer.body is None


def refusal(route: Route) -> Route:
    """The route without what only answers that succeed have, so that all refusals of a status are alike."""
    headers = [step for step in route.headers if _is_always(step)]
    unsure = [step for step in route.unsure if not isinstance(step.action, EditHeader) or _is_always(step)]
    others = [step for step in route.others if not isinstance(step.action, Told | AddFilter | SetHandler)]
    return replace(route, headers=headers, unsure=unsure, others=others, file=None, local=None)


def _is_always(step: Step) -> bool:
    return isinstance(step.action, EditHeader) and step.action.table is Table.ALWAYS


def asked(question: Condition, yes: Tree, no: Tree, files: bool) -> Tree:
    """The tree of a question. One that is asked below both answers, and comes to the same there, goes before it."""
    whole = _as_one(yes, no, files)
    if whole is not None:
        return whole
    if isinstance(yes, Ask) and isinstance(no, Ask) and yes.condition == no.condition:
        same = _as_one(yes.yes, no.yes, files)
        if same is not None:
            return Ask(yes.condition, same, asked(question, yes.no, no.no, files))
        same = _as_one(yes.no, no.no, files)
        if same is not None:
            return Ask(yes.condition, asked(question, yes.yes, no.yes, files), same)
    return Ask(question, yes, no)


def _as_one(yes: Tree, no: Tree, files: bool) -> Tree | None:
    """Both at once, where only steps that targets have no words for differ: those of both are kept for the report."""
    if yes == no:
        return no
    if not (isinstance(yes, Route) and isinstance(no, Route)):
        return None
    if yes.answer and no.answer and refuses(yes) and refuses(no) and yes.answer.action == no.answer.action:
        said_by = tuple(dict.fromkeys((*no.answer.said_by, *yes.answer.said_by)))
        yes, no = (replace(each, answer=replace(each.answer, said_by=said_by)) for each in (yes, no))  # type: ignore[type-var]
    if replace(yes, unsure=[], others=[]) != replace(no, unsure=[], others=[]):
        return None
    if files and no.file and not (no.mapping or no.answer):  # what is said of files decides who answers
        return None
    unsure = [step for step in yes.unsure if step not in no.unsure]
    others = [step for step in yes.others if step not in no.others]
    return replace(no, unsure=[*no.unsure, *unsure], others=[*no.others, *others])


def is_like(one: Place, other: Place | None) -> bool:
    """Whether a place comes to the same as another one, but for where it lies."""
    return other is not None and _moved(one.tree, other.cell) == other.tree


def _moved(tree: Tree, cell: Cell) -> Tree:
    if isinstance(tree, Ask):
        return Ask(tree.condition, _moved(tree.yes, cell), _moved(tree.no, cell))
    return replace(tree, cell=cell) if isinstance(tree, Route) else tree
