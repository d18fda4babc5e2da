"""Choices: what a cell comes to where that depends on more than the path's prefix, as a tree of questions.

A regex, an ``<If>``, an access rule or a conditional redirect asks a question of the request; below each answer the
steps are certain again and make a route. A target that can't ask a question closes what depends on it
(``closed``): a request never reaches another origin in silence (DIF-10, DES-8).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum

from apacheconf.ledger import Written
from apacheconf.program.cells import matcher_in, steps_where
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Glob,
    Matches,
    Not,
    Regex,
)  # fmt: skip
from apacheconf.program.globs import glob_matches
from apacheconf.program.hosts import Cell, Host, LayerKind, Reach
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    END,
    EditHeader,
    FinishRewriting,
    Flow,
    MapToOrigin,
    Move,
    Respond,
    Rest,
    Rewrite,
    SetUri,
    Step,
    Table,
)
from apacheconf.program.values import REQUEST_URI, REWRITTEN, Literal, Value, Variable
from apacheconf.targets.environments import Environment
from apacheconf.targets.patterns import escape
from apacheconf.targets.rewrites import plain
from apacheconf.targets.routes import Deciding, Route, route_of

#: A cell that comes to more ends than these is not told apart.
MOST_ENDS = 64
_OF_FILES = frozenset({LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES})
_MAPPED = Variable("MAPPED_URL")
Answers = dict[Condition, bool]
#: Steps that run, each with whether it is certain.
Met = list[tuple[Step, bool]]


class Spelling(Enum):
    """What is put in words of the request for a target (``places``)."""

    NOTHING = "nothing"
    VARIABLES = "questions about variables"
    ALL = "and conditional headers, as routes of their own"


#: In place of an action that makes a path nobody here can follow.
_LOST = SetUri(Literal(""))


@dataclass(frozen=True)
class Closed:
    """Requests that are refused because a question about them can't be asked: ``said_by`` is not honoured there."""

    status: int
    why: str
    said_by: tuple[Written, ...]


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


def leaves(tree: Tree, asked: tuple[tuple[Condition, bool], ...] = ()) -> Iterator[tuple[Answers, Route | Closed]]:
    """Every end of the tree with the answers that lead there, the ``yes`` of each question first."""
    if isinstance(tree, Ask):
        yield from leaves(tree.yes, (*asked, (tree.condition, True)))
        yield from leaves(tree.no, (*asked, (tree.condition, False)))
    else:
        yield dict(asked), tree


def routes_in(places: Iterable[Place]) -> list[Route]:
    """All routes of these places."""
    return [each for place in places for _, each in leaves(place.tree) if isinstance(each, Route)]


def places(program: Program, host: Host, closed: str = "", spelt_out: bool = False) -> list[Place]:
    """The cells of a host, in their order, without paths that come to the same as the cell around them.

    ``closed`` says why nothing of the host may be answered, if that is so. ``spelt_out`` is for targets without
    variables and without conditional lines: what asks a variable asks the request, and headers are the same for all
    requests of a route.

    A bare cell stays as long as what lies below it does: nginx would answer 301 in its place (NGX-35).
    """
    found = {
        (cell.path, cell.reach): Place(cell, tree_of(program, host, cell, closed, spelt_out))
        for cell in host.shape.cells
    }
    own = {each.cell.path for each in found.values() if not _is_like(each, _around(each.cell, found))}
    return [each for each in found.values() if each.cell.path in own]


def _around(cell: Cell, found: dict[tuple[str, Reach], Place]) -> Place | None:
    """What a cell is cut out of."""
    path = cell.path
    while path:
        path = path.rpartition("/")[0]
        if (path, Reach.BELOW) in found:
            return found[path, Reach.BELOW]
    return None


def _is_like(one: Place, other: Place | None) -> bool:
    return other is not None and _moved(one.tree, other.cell) == other.tree


def _moved(tree: Tree, cell: Cell) -> Tree:
    if isinstance(tree, Ask):
        return Ask(tree.condition, _moved(tree.yes, cell), _moved(tree.no, cell))
    return replace(tree, cell=cell) if isinstance(tree, Route) else tree


def tree_of(program: Program, host: Host, cell: Cell, closed: str = "", spelt_out: bool = False) -> Tree:
    """What a cell comes to; everything is closed where ``closed`` says why."""
    if closed:
        return Closed(503, closed, ())
    for how in (Spelling.ALL, Spelling.VARIABLES) if spelt_out else (Spelling.NOTHING,):
        with suppress(_TooManyEnds):
            return _Grower(program, host, cell, how).grow({})
    steps = steps_where(host.shape, cell, cell.maybe)
    said_by = dict.fromkeys(each for step in steps for each in host.said_by(step))
    return Closed(503, "who answers depends on more conditions than are told apart", tuple(said_by))


class _TooManyEnds(Exception):
    pass


@dataclass
class _Grower:
    program: Program
    host: Host
    cell: Cell
    spelling: Spelling
    ends: int = 0

    def grow(self, answers: Answers) -> Tree:
        """The tree below these answers."""
        question, steps = self._next(answers)
        if question is None:
            self.ends += 1
            if self.ends > MOST_ENDS:
                raise _TooManyEnds
            return self._end(steps)
        if isinstance(question, Not):
            question = question.condition
        yes, no = (self.grow({**answers, question: answer}) for answer in (True, False))
        return _as_one(yes, no) or Ask(question, yes, no)

    def _end(self, steps: Met) -> Route | Closed:
        lost = [step for step, _ in steps if isinstance(step.action, SetUri)]
        if lost:
            said_by = tuple(each for step in lost for each in self.host.said_by(step))
            return Closed(503, "the path that it makes can't be told before the request", said_by)
        return route_of(self.host, self.cell, steps)

    def _steps(self, layers: set[int]) -> tuple[Step, ...]:
        own = self.cell.steps if not self.cell.maybe else None
        return steps_where(self.host.shape, self.cell, layers) if own is None else own

    def _next(self, answers: Answers) -> tuple[Condition | None, Met]:
        """The first question that is open, and the steps as far as they are certain."""
        layers = set(self.cell.layers)
        question = self._hold(layers, answers, None)
        if question is not None:
            return question, [(step, False) for step in self._steps(layers)]
        question, steps = self._walk(layers, answers)
        mapping = next((step.action for step, _ in steps if isinstance(step.action, MapToOrigin)), None)
        if question is not None or mapping is None:
            return question, steps
        question = self._hold(layers, answers, mapping)
        walked = self._walk(layers, answers)
        return walked if question is None else (question, walked[1])

    def _walk(self, layers: set[int], answers: Answers) -> tuple[Condition | None, Met]:
        return _walk(self._steps(layers), answers, self.spelling)

    def _hold(self, layers: set[int], answers: Answers, mapping: MapToOrigin | None) -> Condition | None:
        """Add to ``layers`` those that hold: the ones of Proxy sections where a mapping is given, else the others."""
        for number in self.cell.maybe:
            layer = self.host.shape.layers[number]
            passed = layer.kind in _OF_FILES or (layer.kind is LayerKind.PROXY) != (mapping is not None)
            if passed or (layer.container is not None and layer.container not in layers):
                continue
            matcher = matcher_in(self.cell, layer)
            if mapping is not None:
                matcher = self._of_mapped(matcher, mapping)
            left = residual(matcher, answers)
            if left == ALWAYS:
                layers.add(number)
            elif left != NEVER:
                return left
        return None

    def _of_mapped(self, matcher: Condition, mapping: MapToOrigin) -> Condition:
        """What a Proxy section asks of the URL a mapping leads to, as far as possible asked of the path instead."""
        origin = self.program.origin(self.host, mapping.origin).name
        scheme, _, rest = origin.partition("://")
        known = f"{scheme}://{rest.partition('/')[0]}{mapping.path.partition('$')[0]}"
        match matcher:
            case Glob(value, pattern, True) if value == _MAPPED and pattern.rstrip("*") + "*" == pattern:
                return ALWAYS if glob_matches(known, pattern, True) else matcher
            case Matches(value, Regex(pattern)) if value == _MAPPED and pattern == "^" + re.escape(_literal(pattern)):
                return self._of_prefix(_literal(pattern), known, matcher, mapping)
            case _:
                return matcher

    def _of_prefix(self, wanted: str, known: str, matcher: Condition, mapping: MapToOrigin) -> Condition:
        """Whether the mapped URL starts with ``wanted``, of which all or the start is ``known``."""
        if known.startswith(wanted):
            return ALWAYS
        if not wanted.startswith(known):
            return NEVER
        if mapping.rest is Rest.NOTHING:
            return matcher
        cut = mapping.prefix if mapping.rest is Rest.AFTER_PREFIX else ""
        return Matches(REQUEST_URI, Regex("^" + escape(cut + wanted[len(known) :])))


def _literal(pattern: str) -> str:
    """The text that a pattern made of nothing but a text and an anchor stands for."""
    return re.sub(r"\\(.)", r"\1", pattern.removeprefix("^"))


def _as_one(yes: Tree, no: Tree) -> Tree | None:
    """Both at once, where only steps that targets have no words for differ: those of both are kept for the report."""
    if yes == no:
        return no
    if not (isinstance(yes, Route) and isinstance(no, Route)):
        return None
    if replace(yes, unsure=[], others=[]) != replace(no, unsure=[], others=[]):
        return None
    unsure = [step for step in yes.unsure if step not in no.unsure]
    others = [step for step in yes.others if step not in no.others]
    return replace(no, unsure=[*no.unsure, *unsure], others=[*no.others, *others])


def residual(condition: Condition, answers: Answers) -> Condition:
    """What is left of a condition where the answers to others are known; captures make no difference to it."""
    left = _simplified(condition, answers)
    return (ALWAYS if answers[left] else NEVER) if left in answers else left


def _simplified(condition: Condition, answers: Answers) -> Condition:
    match condition:
        case Not(inner):
            left = residual(inner, answers)
            return NEVER if left == ALWAYS else ALWAYS if left == NEVER else Not(left)
        case AllOf(parts):
            return _joined(parts, answers, AllOf, ALWAYS, NEVER)
        case AnyOf(parts):
            return _joined(parts, answers, AnyOf, NEVER, ALWAYS)
        case Matches():
            return replace(condition, value=_untouched(condition.value), captures="")
        case Compare():
            return replace(condition, left=_untouched(condition.left), right=_untouched(condition.right))
        case _:
            return condition


def _untouched(value: Value) -> Value:
    """Rules are followed only as long as none has changed the path (``_walk``): it is the one asked for."""
    return REQUEST_URI if value == REWRITTEN else value


def _joined(
    parts: tuple[Condition, ...],
    answers: Answers,
    of: Callable[[tuple[Condition, ...]], Condition],
    neutral: Condition,
    decisive: Condition,
) -> Condition:
    left = [residual(each, answers) for each in parts]
    if decisive in left:
        return decisive
    open_ones = tuple(each for each in left if each != neutral)
    return neutral if not open_ones else open_ones[0] if len(open_ones) == 1 else of(open_ones)


def _walk(steps: tuple[Step, ...], answers: Answers, spelling: Spelling) -> tuple[Condition | None, Met]:
    """The steps that run, in order, up to the first deciding one whose condition is open: that one is returned."""
    met: Met = []
    ended: Phase | None = None
    mapped = False
    at = -1
    environment = Environment() if spelling is not Spelling.NOTHING else None
    while (at := at + 1) < len(steps):
        step = steps[at]
        if (ended is not None and ended <= step.phase < Phase.FILTERS) or (mapped and step.phase is Phase.TRANSLATE):
            continue
        left = residual(environment.asked(step.when) if environment else step.when, answers)
        if left not in (ALWAYS, NEVER) and _decides(step, spelling is Spelling.ALL and not _is_alone(step, steps)):
            return left, [*met, (step, False)]
        flow = step.then if left == ALWAYS else step.otherwise if left == NEVER else Flow()
        after = _after(flow, at, steps)
        if environment and left != NEVER:
            environment.tell(step, left, at, step.otherwise)
        if left == ALWAYS and isinstance(step.action, Rewrite):
            finishes = isinstance(steps[min(after + 1, len(steps) - 1)].action, FinishRewriting)
            said = plain(step, finishes)
            if said is None:
                return None, [*met, (replace(step, action=_LOST), True)]
            step, ended = said, step.phase if said.then == END else ended
            mapped = mapped or isinstance(said.action, MapToOrigin)
        if environment and isinstance(step.action, EditHeader):
            step = replace(step, when=left)
        if left != NEVER:
            met.append((step, left == ALWAYS))
        at = after
        ended = step.phase if flow.move is Move.END else ended
    return None, met


def _is_alone(step: Step, steps: tuple[Step, ...]) -> bool:
    """Whether a header has no other line, and this one only adds to what an answer has: a text that may be empty."""
    action = step.action
    if not isinstance(action, EditHeader) or action.table is Table.REQUEST:
        return False
    adds = action.operation == "add" or (action.operation == "set" and action.table is Table.ALWAYS)
    names = [each.action.name.lower() for each in steps if isinstance(each.action, EditHeader)]
    return adds and names.count(action.name.lower()) == 1


def _decides(step: Step, headers: bool) -> bool:
    """Whether who answers may depend on the step: a rule that only sets something and goes on decides nothing."""
    if headers and isinstance(step.action, EditHeader):
        return True
    if isinstance(step.action, Rewrite) and step.action.target is None and not step.action.answers:
        return step.then != Flow() or step.otherwise != Flow()
    return isinstance(step.action, Deciding)


def _after(flow: Flow, at: int, steps: tuple[Step, ...]) -> int:
    """The last step that a flow passes over."""
    if flow.move in (Move.SKIP, Move.CHAIN):
        return at + flow.count
    if flow.move is Move.STOP:
        return next((n for n in range(at + 1, len(steps)) if steps[n].phase != steps[at].phase), len(steps)) - 1
    return at


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
        gone = [step for each in routes for step in each.steps if (step.action, step.said_by) not in kept]
        return no, [*lost, *more, *gone]
    return _closed(routes, ends), [*lost, *more]


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


def _closed(routes: list[Route], ends: list[Route | Closed]) -> Closed:
    deciding = [(each, step) for each in routes for step in each.decision if step is not None]
    refusing = [each for each, step in deciding if isinstance(step.action, Respond) and step.action.status < 500]
    said_by = [written for each, step in deciding for written in each.host.said_by(step)]
    said_by += [written for end in ends if isinstance(end, Closed) for written in end.said_by]
    why = "who answers depends on a condition that can't be asked, so nobody does"
    return Closed(403 if refusing else 503, why, tuple(dict.fromkeys(said_by)))
