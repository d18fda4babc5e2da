"""Growing the trees of a host: for every cell the questions that decide what a request there comes to (``choices``)."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace

from apacheconf.program.cells import matcher_in, steps_where
from apacheconf.program.conditions import ALWAYS, NEVER, Condition, Glob, Matches, Not, Regex
from apacheconf.program.globs import glob_matches
from apacheconf.program.hosts import Cell, Host, LayerKind, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import MapToOrigin, Rest, SetUri, Step
from apacheconf.program.values import REQUEST_URI, Variable
from apacheconf.targets.answers import Answers, residual
from apacheconf.targets.choices import Ask, Closed, Place, Tree
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import Route, route_of
from apacheconf.targets.walking import Met, Spelling, walk

#: A cell that comes to more ends than these is not told apart.
MOST_ENDS = 64
_OF_FILES = frozenset({LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES})
_MAPPED = Variable("MAPPED_URL")


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
        return walk(self._steps(layers), answers, self.spelling)

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
