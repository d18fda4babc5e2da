"""Growing the trees of a host: for every cell the questions that decide what a request there comes to (``choices``)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from apacheconf.program.cells import matcher_in, steps_met, steps_where
from apacheconf.program.conditions import ALWAYS, NEVER, Condition, Matches, Not, Regex
from apacheconf.program.handling import Told
from apacheconf.program.hosts import Cell, Host, Layer, LayerKind, Reach
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.regexes import search
from apacheconf.program.steps import (
    AddFilter,
    EditHeader,
    MapToFile,
    MapToOrigin,
    MapToUrl,
    Respond,
    SetHandler,
    Step,
    Table,
)
from apacheconf.program.values import REQUEST_URI, Literal, Variable
from apacheconf.targets.answers import Answers, residual
from apacheconf.targets.captures import replaced
from apacheconf.targets.choices import Ask, Closed, Place, Tree, leaves
from apacheconf.targets.known import QUERY_STRING, Known
from apacheconf.targets.late_origins import certain, origin_of
from apacheconf.targets.mapped import lies_in, of_file, of_url, told_apart
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import Route, regex_of, route_of
from apacheconf.targets.walking import LOST, Spelling, Walk

#: A cell that comes to more ends than these is not told apart, nor one with more cases than those to look at.
MOST_ENDS, MOST_CASES = 128, 512
#: Where the cells of a host have more ends than these, headers are no routes of their own: somebody has to read them.
FEW_ENDS = 256
Mapped = MapToOrigin | MapToFile | None
_OF_REQUESTS = frozenset({LayerKind.SERVER, LayerKind.LOCATION, LayerKind.IF})
_OF_URLS = frozenset({LayerKind.PROXY, LayerKind.IF})
_OF_FILES = frozenset({LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES, LayerKind.IF})


def places(
    program: Program,
    host: Host,
    closed: str = "",
    spelt_out: bool = False,
    files: bool = False,
    conditional: bool = False,
) -> list[Place]:
    """The cells of a host, in their order, without paths that come to the same as the cell around them.

    ``closed`` says why nothing of the host may be answered, if that is so. ``spelt_out`` is for targets without
    variables and without conditional lines: what asks a variable asks the request, and headers are the same for all
    requests of a route; ``conditional`` is for those that have conditional lines. ``files`` is for targets that serve
    files: sections about these are asked of the path.

    A bare cell stays as long as what lies below it does: nginx would answer 301 in its place (NGX-35).
    """
    ways = (Spelling.VARIABLES,) if conditional else (Spelling.ALL, Spelling.VARIABLES)
    ways = ways if spelt_out else (Spelling.NOTHING,)
    trees = {cell: tree_of(program, host, cell, closed, ways, files) for cell in host.shape.cells}
    if len(ways) > 1 and sum(map(_ends, trees.values())) > FEW_ENDS:
        others = {cell: tree_of(program, host, cell, closed, ways[1:], files) for cell in host.shape.cells}
        trees = {cell: min(tree, others[cell], key=_ends) for cell, tree in trees.items()}
    found = {(cell.path, cell.reach): Place(cell, tree) for cell, tree in trees.items()}
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


def tree_of(program: Program, host: Host, cell: Cell, closed: str, ways: tuple[Spelling, ...], files: bool) -> Tree:
    """What a cell comes to, in the first of ``ways`` in which it can be told; closed where ``closed`` says why."""
    if closed:
        return Closed(503, closed, ())
    for how in ways:
        with suppress(_TooManyEnds):
            return _Grower(program, host, cell, how, files).grow()
    steps = steps_where(host.shape, cell, cell.maybe)
    said_by = dict.fromkeys(each for step in steps for each in host.said_by(step))
    return Closed(503, "who answers depends on more conditions than are told apart", tuple(said_by))


def _ends(tree: Tree) -> int:
    return sum(1 for _ in leaves(tree))


class _TooManyEnds(Exception):
    pass


@dataclass
class _Grower:
    program: Program
    host: Host
    cell: Cell
    spelling: Spelling
    files: bool = False
    cases: int = 0

    def grow(self) -> Tree:
        """The whole tree. Raises _TooManyEnds."""
        tree = self._grow({})
        if not isinstance(tree, Route) and self.cell.reach is Reach.BELOW:  # what is known of every path of the cell
            self.cases = 0
            tree = self._grow(self._known())
        if len(list(leaves(tree))) > MOST_ENDS:
            raise _TooManyEnds
        return tree

    def _known(self) -> Answers:
        """What is known of every path of the cell: how it begins, and that it lies in no cell cut out of this one."""
        inner = [each for each in self.host.shape.cells if each.reach is Reach.BELOW and
                 each.path.startswith(f"{self.cell.path}/")]  # fmt: skip
        known = {_below(self.cell): True}
        return {**known, **dict.fromkeys(map(_below, inner if len(inner) <= MOST_CASES else ()), False)}

    def _grow(self, answers: Answers) -> Tree:
        """The tree below these answers."""
        question, way = self._next(answers)
        if question is None:
            self.cases += 1
            if self.cases > (MOST_CASES if self.files else MOST_ENDS // 2):
                raise _TooManyEnds
            return self._end(way)
        if isinstance(question, Not):
            question = question.condition
        if isinstance(question, Matches) and question.value == REQUEST_URI and self._is_bare:  # its path is known
            return self._grow({**answers, question: search(question.regex, self.cell.path) is not None})
        yes, no = (self._grow({**answers, question: answer}) for answer in (True, False))
        return _asked(question, yes, no, self.files)

    @property
    def _is_bare(self) -> bool:
        return self.cell.reach is Reach.BARE

    def _end(self, way: Walk) -> Route | Closed:
        lost = [step for step, _ in way.met if step.action == LOST]
        if lost:
            said_by = tuple(each for step in lost for each in self.host.said_by(step))
            return Closed(503, f"what it makes can't be told before the request: {way.lost}", said_by)
        known = way.known
        path = None if known.path == REQUEST_URI else known.path
        query = None if known.query == QUERY_STRING else known.query
        made = route_of(self.host, self.cell, way.met)
        made = replace(made, path=path, query=query, refused=tuple(way.refused), unescaped=way.unescaped)
        return refusal(made) if self.files and _refuses(made) else made

    def _next(self, answers: Answers) -> tuple[Condition | None, Walk]:
        """The first question that is open, and the way as far as it is certain."""
        question, way = self._follow(answers, None)
        mapping = next((step.action for step, _ in way.met if isinstance(step.action, MapToOrigin)), None)
        file = next((step.action for step, _ in way.met if isinstance(step.action, MapToFile)), None)
        if question is not None or (mapping is None and (file is None or not self.files)):
            return question, way
        return self._follow(answers, mapping or file)

    def _follow(self, answers: Answers, mapped: Mapped) -> tuple[Condition | None, Walk]:
        """The same where it is known where the request is mapped to, which sections about that ask."""
        start = Walk(self.host, answers, self.spelling)
        layers = set(self.cell.layers)
        question = self._hold(self.cell, layers, start, mapped)
        steps = self._steps(layers)
        if question is not None:
            start.met = [(step, False) for step in steps]
            return question, start
        way = Walk(self.host, answers, self.spelling, self._regexes(layers))
        question = way.walk(steps)
        return self._go_on(way, layers, mapped) if question is None and way.moved else (question, way)

    def _go_on(self, way: Walk, before: set[int], mapped: Mapped) -> tuple[Condition | None, Walk]:
        """On the path that rules have made: a mapping in a section is still one of the path before (OR-1c)."""
        question, cell = self._new_cell(way)
        if cell is None:
            return question, way
        way.moved = False
        way.known.path = told_apart(way.known.path, cell)
        layers = set(cell.layers)
        question = self._hold(cell, layers, way, mapped)
        if question is not None:
            return question, way
        shape = self.host.shape
        translate = [step for step in steps_met(shape, before, cell) if step.phase is Phase.TRANSLATE]
        later = [step for step in steps_met(shape, layers, cell) if step.phase > Phase.TRANSLATE]
        way.known.enter(self._regexes(layers))
        return way.walk((*translate, *later)), way

    def _new_cell(self, way: Walk) -> tuple[Condition | None, Cell | None]:
        """The cell in which the path lies that rules have made, or the question which one it is."""
        deepest = sorted(self.host.shape.cells, key=lambda each: (-len(each.path), each.reach is Reach.BELOW))
        for cell in deepest:
            left = residual(lies_in(way.known.path, cell), way.answers)
            if left == ALWAYS:
                return None, cell
            if left != NEVER:
                return left, None
        raise AssertionError("every path lies below the root")

    def _steps(self, layers: set[int]) -> tuple[Step, ...]:
        own = self.cell.steps if not self.cell.maybe else None
        steps = steps_where(self.host.shape, self.cell, layers) if own is None else own
        if self.spelling is Spelling.NOTHING or not any(isinstance(each.action, MapToUrl) for each in steps):
            return steps
        return tuple(certain(self.program, self.host, each, regex_of(each)) for each in steps)

    def _regexes(self, layers: set[int]) -> list[Regex]:
        """Those of the sections that hold, in the order in which they are asked."""
        matchers = (self.host.shape.layers[number].matcher for number in sorted(layers))
        return [each.regex for each in matchers if isinstance(each, Matches) and each.captures == "section"]

    def _hold(self, cell: Cell, layers: set[int], way: Walk, mapped: Mapped) -> Condition | None:
        """Add to ``layers`` those that hold, up to the first that is a question: those that ask only the request,
        then those that ask where it is ``mapped``."""
        for kinds, where in ((_OF_REQUESTS, None), (_asking_of(mapped), mapped)):
            question = self._hold_of(cell, kinds, layers, way, where)
            if question is not None or mapped is None:
                return question
        return None

    def _hold_of(
        self, cell: Cell, kinds: frozenset[LayerKind], layers: set[int], way: Walk, mapped: Mapped
    ) -> Condition | None:
        known = Known(self.host, path=way.known.path, query=way.known.query)
        for number in cell.maybe:
            layer = self.host.shape.layers[number]
            waits = layer.kind in kinds
            if number in layers or not waits or (layer.container is not None and layer.container not in layers):
                continue
            left = residual(known.asked(_before_types(self._matcher(cell, layer, mapped))), way.answers)
            if left == ALWAYS:
                layers.add(number)
            elif left != NEVER:
                return left
        return None

    def _matcher(self, cell: Cell, layer: Layer, mapped: Mapped) -> Condition:
        matcher = matcher_in(cell, layer)
        if isinstance(mapped, MapToOrigin):
            named = origin_of(self.program, self.host, mapped).name
            return of_url(matcher, named if mapped.written is None else self.host.texts[mapped.written], mapped)
        return matcher if mapped is None else of_file(matcher, mapped, cell)


def _before_types(matcher: Condition) -> Condition:
    """What a section asks of the type of the answer: there is none yet."""
    return replaced(matcher, lambda value: Literal("") if value == Variable("CONTENT_TYPE") else None)


def _below(cell: Cell) -> Condition:
    return Matches(REQUEST_URI, Regex(f"^{escape(cell.path)}/"))


def _asking_of(mapped: Mapped) -> frozenset[LayerKind]:
    """The kinds of sections that ask something of what a request is mapped to, of the request itself for None."""
    if mapped is None:
        return _OF_REQUESTS
    return _OF_URLS if isinstance(mapped, MapToOrigin) else _OF_FILES


def _refuses(route: Route) -> bool:
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


def _asked(question: Condition, yes: Tree, no: Tree, files: bool) -> Tree:
    """The tree of a question. One that is asked below both answers, and comes to the same there, goes before it."""
    whole = _as_one(yes, no, files)
    if whole is not None:
        return whole
    if isinstance(yes, Ask) and isinstance(no, Ask) and yes.condition == no.condition:
        same = _as_one(yes.yes, no.yes, files)
        if same is not None:
            return Ask(yes.condition, same, _asked(question, yes.no, no.no, files))
        same = _as_one(yes.no, no.no, files)
        if same is not None:
            return Ask(yes.condition, _asked(question, yes.yes, no.yes, files), same)
    return Ask(question, yes, no)


def _as_one(yes: Tree, no: Tree, files: bool) -> Tree | None:
    """Both at once, where only steps that targets have no words for differ: those of both are kept for the report."""
    if yes == no:
        return no
    if not (isinstance(yes, Route) and isinstance(no, Route)):
        return None
    if yes.answer and no.answer and _refuses(yes) and _refuses(no) and yes.answer.action == no.answer.action:
        said_by = tuple(dict.fromkeys((*no.answer.said_by, *yes.answer.said_by)))
        yes, no = (replace(each, answer=replace(each.answer, said_by=said_by)) for each in (yes, no))  # type: ignore[type-var]
    if replace(yes, unsure=[], others=[]) != replace(no, unsure=[], others=[]):
        return None
    if files and no.file and not (no.mapping or no.answer):  # what is said of files decides who answers
        return None
    unsure = [step for step in yes.unsure if step not in no.unsure]
    others = [step for step in yes.others if step not in no.others]
    return replace(no, unsure=[*no.unsure, *unsure], others=[*no.others, *others])
