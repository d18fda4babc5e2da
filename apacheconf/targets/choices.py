"""Choices: what a cell comes to where that depends on more than the path's prefix, as a tree of questions.

A regex, an ``<If>``, an access rule or a conditional redirect asks a question of the request; below each answer the
steps are certain again and make a route (``growing`` makes the trees). A target that can't ask a question closes what
depends on it (``close``): a request never reaches another origin in silence (DIF-10, DES-8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from apacheconf.ledger import Written
from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Not
from apacheconf.program.hosts import Cell, Host
from apacheconf.program.steps import EditHeader, Respond, Step
from apacheconf.targets.answers import Answers, residual
from apacheconf.targets.routes import Route
from apacheconf.targets.unaskable import title, unaskable


@dataclass(frozen=True)
class Closed:
    """Requests that are refused because a question about them can't be asked: ``said_by`` is not honoured there."""

    status: int
    why: str
    said_by: tuple[Written, ...]
    #: What can't be asked, and whose routes it would have told apart.
    asks: tuple[Condition, ...] = field(default=(), compare=False)
    host: Host | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Ask:
    """Who answers depends on a condition."""

    condition: Condition
    yes: Tree
    no: Tree


Tree = Route | Ask | Closed


@dataclass(frozen=True)
class Place:
    """A cell and what it comes to."""

    cell: Cell
    tree: Tree


def leaves(tree: Tree) -> Iterator[tuple[Answers, Route | Closed]]:
    """Every end of the tree with the answers that lead there, the ``yes`` of each question first."""
    waiting: list[tuple[Tree, Answers]] = [(tree, {})]
    while waiting:
        at, answers = waiting.pop()
        if isinstance(at, Ask):
            waiting.append((at.no, {**answers, at.condition: False}))
            waiting.append((at.yes, {**answers, at.condition: True}))
        else:
            yield answers, at


def routes_in(places: Iterable[Place]) -> list[Route]:
    """All routes of these places."""
    return [each for place in places for _, each in leaves(place.tree) if isinstance(each, Route)]


def close(tree: Tree, can_ask: Callable[[Condition], bool]) -> tuple[Tree, list[Step]]:
    """The tree with only questions that can be asked, and the steps that are lost without deciding anything."""
    if not isinstance(tree, Ask):
        return tree, []
    (yes, lost), (no, more) = close(tree.yes, can_ask), close(tree.no, can_ask)
    if can_ask(tree.condition):
        return Ask(tree.condition, yes, no), [*lost, *more]
    narrowed = _narrowed(Ask(tree.condition, yes, no), can_ask)
    if narrowed is not None:
        said = [end.answer for end in (yes, no) if _refuses(end) and isinstance(end, Route) and end.answer]
        return narrowed, [*lost, *more, *said]
    askable, other = _split(tree.condition, can_ask)
    if askable is not None:
        inner, even_more = close(Ask(other, yes, no), can_ask)
        return Ask(askable, inner, no), [*lost, *more, *even_more]
    ends = [end for _, end in leaves(Ask(tree.condition, yes, no))]
    routes = [end for end in ends if isinstance(end, Route)]
    if len(routes) == len(ends) and all(each.decision == routes[0].decision for each in routes):
        kept = [(step.action, step.said_by) for step in routes[-1].steps]
        gone = [_asked(step, tree.condition) for each in routes for step in each.steps
                if (step.action, step.said_by) not in kept]  # fmt: skip
        return no, [*lost, *more, *gone]
    return _closed(routes, ends, unaskable(tree.condition, can_ask)), [*lost, *more]


def _asked(step: Step, condition: Condition) -> Step:
    """A header line that only one branch has, with the condition of the branch."""
    if not isinstance(step.action, EditHeader):
        return step
    return replace(step, when=condition if step.when == ALWAYS else AllOf((condition, step.when)))


def _refuses(tree: Tree) -> bool:
    """Whether it is nothing but a refusal of access."""
    answer = tree.answer.action if isinstance(tree, Route) and tree.answer else None
    return isinstance(answer, Respond) and answer.status in (401, 403)


def _narrowed(tree: Ask, can_ask: Callable[[Condition], bool]) -> Tree | None:
    """One that refuses more, where one branch refuses: what can't be asked of a client counts against it (DES-8).

    None where it would refuse everybody, or neither branch or both refuse.
    """
    if _refuses(tree.yes) == _refuses(tree.no):
        return None
    left = residual(_doubted(tree.condition, can_ask, not _refuses(tree.yes)), {})
    return Ask(left, tree.yes, tree.no) if left not in (ALWAYS, NEVER) and can_ask(left) else None


def _doubted(condition: Condition, can_ask: Callable[[Condition], bool], lets_in: bool) -> Condition:
    """The condition, true for fewer where it ``lets_in``, for more where it doesn't."""
    match condition:
        case Not(inner):
            return Not(_doubted(inner, can_ask, not lets_in))
        case AllOf(parts):
            return AllOf(tuple(_doubted(each, can_ask, lets_in) for each in parts))
        case AnyOf(parts):
            return AnyOf(tuple(_doubted(each, can_ask, lets_in) for each in parts))
        case _:
            return condition if can_ask(condition) else NEVER if lets_in else ALWAYS


def _split(condition: Condition, can_ask: Callable[[Condition], bool]) -> tuple[Condition | None, Condition]:
    """Of conditions that must all hold, those that can be asked, and the others: None where there are none."""
    if not isinstance(condition, AllOf):
        return None, condition
    askable = tuple(each for each in condition.conditions if can_ask(each))
    others = tuple(each for each in condition.conditions if each not in askable)
    joined = [part[0] if len(part) == 1 else AllOf(part) for part in (askable, others) if part]
    return (joined[0], joined[1]) if askable else (None, condition)


def _closed(routes: list[Route], ends: list[Route | Closed], asks: tuple[Condition, ...]) -> Closed:
    deciding = [(each, step) for each in routes for step in each.decision if step is not None]
    refusing = [each for each, step in deciding if isinstance(step.action, Respond) and step.action.status < 500]
    said_by = [written for each, step in deciding for written in each.host.said_by(step)]
    said_by += [written for end in ends if isinstance(end, Closed) for written in end.said_by]
    inner = [each for end in ends if isinstance(end, Closed) for each in end.asks]
    hosts = [*(each.host for each in routes), *(end.host for end in ends if isinstance(end, Closed)), None]
    asks = tuple(dict.fromkeys((*asks, *inner)))
    why = f"who answers depends on a condition that can't be asked, so nobody does: {title(asks)}"
    return Closed(403 if refusing else 503, why, tuple(dict.fromkeys(said_by)), asks, hosts[0])
