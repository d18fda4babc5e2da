"""Growing the trees of a host: for every cell the questions that decide what a request there comes to (``choices``)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from apacheconf.program.cells import matcher_in, steps_met, steps_where
from apacheconf.program.conditions import ALWAYS, NEVER, Condition, Matches, Not, Regex
from apacheconf.program.hosts import Cell, Host, Layer, LayerKind, Reach
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.regexes import search
from apacheconf.program.steps import (
    MapToFile,
    MapToOrigin,
    MapToUrl,
    Rewrite,
    Step,
)
from apacheconf.program.values import REQUEST_URI
from apacheconf.targets.answers import Answers, Given, residual
from apacheconf.targets.choices import Closed, Place, Tree, leaves
from apacheconf.targets.elsewhere import elsewhere, is_elsewhere
from apacheconf.targets.judging_sections import CanNotJoin, judged
from apacheconf.targets.known import QUERY_STRING, Known
from apacheconf.targets.late_origins import certain, origin_of
from apacheconf.targets.light_sections import asking, light_layers
from apacheconf.targets.mapped import lies_apart, lies_in, of_file, of_url, told_apart, url_start
from apacheconf.targets.merged import asked, is_like, refusal, refuses
from apacheconf.targets.patterns import escape
from apacheconf.targets.paused import OF_REQUESTS, Held, Mapped, Paused, Then, asking_of, before_types
from apacheconf.targets.routes import Route, regex_of, route_of
from apacheconf.targets.spelling import Spelling
from apacheconf.targets.walking import LOST, Walk

#: A cell that comes to more ends than these is not told apart, nor one with more cases than those to look at; unless it
#: has as many questions: rules behind each other, and not what several of them come to together.
MOST_ENDS, MOST_CASES = 128, 512
#: More ends than these are not worth it where they differ in nothing but the headers of sections.
MOST_COPIES = 32
#: Questions one behind the other that are followed at all.
MOST_QUESTIONS = 2000
#: Where the cells of a host have more ends than these, headers are no routes of their own: somebody has to read them.
FEW_ENDS = 256


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
    requests of a route; ``conditional`` is for those that have conditional lines, which may make a path one by one.
    ``files`` is for targets that serve files: sections about these are asked of the path.

    A bare cell stays as long as what lies below it does: nginx would answer 301 in its place (NGX-35).
    """
    ways = (Spelling.VARIABLES,) if conditional else (Spelling.ALL, Spelling.VARIABLES)
    ways = ways if spelt_out else (Spelling.NOTHING,)
    trees = [tree_of(program, host, cell, closed, ways, files, conditional) for cell in host.shape.cells]
    if len(ways) > 1 and sum(map(_ends, trees)) > FEW_ENDS:
        others = [tree_of(program, host, cell, closed, ways[1:], files) for cell in host.shape.cells]
        trees = [min(tree, other, key=_ends) for tree, other in zip(trees, others, strict=True)]
    found = {(cell.path, cell.reach): Place(cell, tree) for cell, tree in zip(host.shape.cells, trees, strict=True)}
    own = {each.cell.path for each in found.values() if not is_like(each, _around(each.cell, found))}
    return [each for each in found.values() if each.cell.path in own]


def _around(cell: Cell, found: dict[tuple[str, Reach], Place]) -> Place | None:
    """What a cell is cut out of."""
    path = cell.path
    while path:
        path = path.rpartition("/")[0]
        if (path, Reach.BELOW) in found:
            return found[path, Reach.BELOW]
    return None


def tree_of(
    program: Program,
    host: Host,
    cell: Cell,
    closed: str,
    ways: tuple[Spelling, ...],
    files: bool,
    conditional: bool = False,
) -> Tree:
    """What a cell comes to, in the first of ``ways`` in which it can be told; closed where ``closed`` says why."""
    if closed:
        return Closed(503, closed, ())
    found: Tree | None = None
    for how in ways:
        with suppress(_TooManyEnds):
            found = _Grower(program, host, cell, how, files).grow()
            break
    if found is not None and _ends(found) <= MOST_COPIES:
        return found
    light = light_layers(host.shape).intersection(cell.maybe)
    steps = steps_where(host.shape, cell, cell.maybe)
    chained = conditional and any(isinstance(step.action, Rewrite) for step in steps)
    if found is None and conditional:
        light = light_layers(host.shape, judging=True).intersection(cell.maybe)
    others = [(light, False), *(((frozenset[int](), True), (light, True)) if chained else ())]
    for guarded, at_once in others:
        if (guarded or at_once) and (found is None or _ends(found) > MOST_COPIES):
            with suppress(_TooManyEnds):
                other = _Grower(program, host, cell, ways[-1], files, guarded, at_once).grow()
                found = other if found is None or _ends(other) < _ends(found) else found
    if found is not None:
        return found
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
    #: Sections for which their own lines ask.
    light: frozenset[int] = frozenset()
    #: Rules behind each other are not told apart where what they make can be said at once (``rule_chains``).
    chained: bool = False
    cases: int = 0
    #: How often steps were followed from the first one on.
    walks: int = 0
    _questions: set[Condition] = field(default_factory=set)
    _steps_of: dict[object, tuple[Step, ...]] = field(default_factory=dict)
    _elsewhere_of: dict[object, frozenset[int]] = field(default_factory=dict)
    _asked_of: dict[object, Condition] = field(default_factory=dict)
    _asking_of: dict[object, tuple[int, ...]] = field(default_factory=dict)

    def grow(self) -> Tree:
        """The whole tree. Raises _TooManyEnds."""
        paused = self._next(Given({}))
        if paused.question is not None and self.cell.reach is Reach.BELOW:  # what is known of every path of the cell
            paused = self._next(Given(self._known()))
        tree = self._grow(paused)
        self._count(sum(1 for _ in leaves(tree)), MOST_ENDS)
        return tree

    def _count(self, found: int, most: int) -> None:
        """Raises _TooManyEnds where there are more than can be told apart."""
        questions = len(self._questions)
        if found > max(most, 2 * questions) or questions > MOST_QUESTIONS:
            raise _TooManyEnds

    def _known(self) -> Answers:
        """What is known of every path of the cell: how it begins, and that it lies in no cell cut out of this one."""
        inner = [each for each in self.host.shape.cells if each.reach is Reach.BELOW and
                 each.path.startswith(f"{self.cell.path}/")]  # fmt: skip
        known = {_below(self.cell): True}
        return {**known, **dict.fromkeys(map(_below, inner if len(inner) <= MOST_CASES else ()), False)}

    def _grow(self, paused: Paused) -> Tree:
        """The tree below the answers of a way."""
        question = paused.question
        if question is None:
            self.cases += 1
            self._count(self.cases, MOST_CASES if self.files else MOST_ENDS // 2)
            return self._end(paused.way)
        if isinstance(question, Not):
            question = question.condition
        self._questions.add(question)
        if isinstance(question, Matches) and question.value == REQUEST_URI and self.cell.reach is Reach.BARE:
            return self._grow(self._told(paused, question, search(question.regex, self.cell.path) is not None))
        yes, no = (self._grow(self._told(paused, question, answer)) for answer in (True, False))
        return asked(question, yes, no, self.files)

    def _told(self, paused: Paused, question: Condition, held: bool) -> Paused:
        """The way with one more answer: it goes on where it was, unless the answer changes what lies behind it."""
        answers = paused.way.answers.told(question, held)
        way = paused.way.fork(answers) if paused.go_on else None
        return self._next(answers) if way is None or paused.go_on is None else paused.go_on(way)

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
        return refusal(made) if self.files and refuses(made) else made

    def _next(self, answers: Given) -> Paused:
        """The first question that is open, and the way as far as it is certain."""
        return self._follow(answers, None, self._mapped)

    def _mapped(self, done: Paused) -> Paused:
        """The same where it is known what the request is mapped to, which sections about that ask."""
        actions = [step.action for step, _ in done.way.met]
        mapping = next((each for each in actions if isinstance(each, MapToOrigin)), None)
        file = next((each for each in actions if isinstance(each, MapToFile)), None)
        if mapping is None and (file is None or not self.files):
            return done
        of_request = None if done.held is None else replace(done.held, asked=(1, 0))
        return self._follow(done.way.answers, mapping or file, lambda way: way, done, of_request)

    def _follow(
        self, answers: Given, mapped: Mapped, then: Then, before: Paused | None = None, so_far: Held | None = None
    ) -> Paused:
        """The way of requests that are ``mapped`` there, which may be the one ``before`` this is asked; ``then`` is
        what comes after it. It is known ``so_far`` which sections hold."""
        start = Walk(self.host, answers, self.spelling, chained=self.chained)
        held = Held(set(self.cell.layers), {}) if so_far is None else so_far.copy()
        question = self._hold(self.cell, held, start, mapped)
        if question is not None:
            return Paused(question, start, lambda later: self._hold_again(later.answers, mapped, then, before, held))
        if before is not None and before.held is not None and before.held.layers == held.layers:
            return before
        self.walks += 1
        guards = held.guards or {}
        regexes = self._regexes(held.layers - guards.keys())
        steps, others = self._steps(held.layers, guards)
        way = None if before is None else before.way.again(answers, regexes, steps, others)
        if way is not None:
            return self._walked(way, way.go_on(), held, mapped, then)
        way = Walk(self.host, answers, self.spelling, regexes, self.chained)
        return self._walked(way, way.walk(steps, others), held, mapped, then)

    def _hold_again(self, answers: Given, mapped: Mapped, then: Then, before: Paused | None, so_far: Held) -> Paused:
        """It is asked on which sections hold where one more answer is there."""
        if before is None:
            return self._follow(answers, mapped, then, None, so_far)
        way = before.way.fork(answers)
        if way is None:
            return self._next(answers)
        return self._follow(answers, mapped, then, replace(before, way=way), so_far)

    def _walked(self, way: Walk, question: Condition | None, held: Held, mapped: Mapped, then: Then) -> Paused:
        """Where a walk has ended: at a question, at another path, or where it leads."""
        if question is not None:
            return Paused(question, way, lambda later: self._walked(later, later.go_on(), held, mapped, then))
        return self._go_on(way, held, mapped, then) if way.moved else then(Paused(None, way, held=held))

    def _go_on(self, moved: Walk, before: Held, mapped: Mapped, then: Then) -> Paused:
        """On the path that rules have made: a mapping in a section is still one of the path before (OR-1c)."""

        def again(later: Walk) -> Paused:
            return self._go_on(later, before, mapped, then)

        question, cell = self._new_cell(moved)
        if cell is None:
            return Paused(question, moved, again)
        way = moved.copy(moved.answers)
        way.moved = False
        way.known.path = told_apart(way.known.path, cell)
        held = Held(set(cell.layers))
        question = self._hold(cell, held, way, mapped)
        if question is not None:
            return Paused(question, moved, again)
        way.known.enter(self._regexes(held.layers))
        walked = way.walk(self._steps_from(before.layers, held.layers, cell))
        return self._ended(way, walked, None if cell.maybe else before, then)

    def _steps_from(self, before: set[int], layers: set[int], cell: Cell) -> tuple[Step, ...]:
        """The steps on a path that rules have made: it is mapped where the layers ``before`` hold."""
        key = frozenset(before), frozenset(layers), cell.path, cell.reach
        if key not in self._steps_of:
            translate = [step for step in steps_met(self.host.shape, before, cell) if step.phase is Phase.TRANSLATE]
            later = [step for step in steps_met(self.host.shape, layers, cell) if step.phase > Phase.TRANSLATE]
            self._steps_of[key] = *translate, *later
        return self._steps_of[key]

    def _ended(self, way: Walk, question: Condition | None, held: Held | None, then: Then) -> Paused:
        """Where a walk on another path has ended, which is not left again."""
        if question is None:
            return then(Paused(None, way, held=held))
        return Paused(question, way, lambda later: self._ended(later, later.go_on(), held, then))

    @cached_property
    def _deepest(self) -> list[Cell]:
        """The cells, those first that are cut out of others."""
        return sorted(self.host.shape.cells, key=lambda each: (-len(each.path), each.reach is Reach.BELOW))

    def _new_cell(self, way: Walk) -> tuple[Condition | None, Cell | None]:
        """The cell in which the path lies that rules have made, or the question which one it is."""
        for cell in self._deepest:
            lies = lies_in(way.known.path, cell)
            left = lies if lies in (ALWAYS, NEVER) else residual(lies, way.answers)
            if left == ALWAYS:
                return None, cell
            if left != NEVER:
                return left, None
        raise AssertionError("every path lies below the root")

    def _steps(self, layers: set[int], guards: dict[int, Condition]) -> tuple[tuple[Step, ...], frozenset[int]]:
        """The steps where these layers hold, some of them where their guard does; the same for all answers. And the
        numbers of those that are about paths elsewhere."""
        key = frozenset(layers), frozenset(guards.items())
        if key not in self._steps_of:
            steps = self._make_steps(layers)
            self._steps_of[key] = self._guarded(steps, layers, guards) if guards else steps
            self._elsewhere_of[key] = elsewhere(self._steps_of[key], self.cell)
        return self._steps_of[key], self._elsewhere_of[key]

    def _guarded(self, steps: tuple[Step, ...], layers: set[int], guards: dict[int, Condition]) -> tuple[Step, ...]:
        others = layers - guards.keys()
        try:
            steps = judged(steps, self.host.shape, guards, lambda some: self._make_steps(others | some))
        except CanNotJoin:
            raise _TooManyEnds from None
        return asking(steps, self.host.shape, guards)

    def _make_steps(self, layers: set[int]) -> tuple[Step, ...]:
        own = self.cell.steps if not self.cell.maybe else None
        steps = steps_where(self.host.shape, self.cell, layers) if own is None else own
        if self.spelling is Spelling.NOTHING or not any(isinstance(each.action, MapToUrl) for each in steps):
            return steps
        return tuple(certain(self.program, self.host, each, regex_of(each)) for each in steps)

    def _regexes(self, layers: set[int]) -> list[Regex]:
        """Those of the sections that hold, in the order in which they are asked."""
        matchers = (self.host.shape.layers[number].matcher for number in sorted(layers))
        return [each.regex for each in matchers if isinstance(each, Matches) and each.captures == "section"]

    def _hold(self, cell: Cell, held: Held, way: Walk, mapped: Mapped) -> Condition | None:
        """Add to those that are ``held`` the sections that hold, up to the first that is a question: those that ask
        only the request, then those that ask where it is ``mapped``."""
        turns = ((OF_REQUESTS, None), *([] if mapped is None else [(asking_of(mapped), mapped)]))
        for turn, (kinds, where) in enumerate(turns):
            for at, number in enumerate(self._asking(cell, kinds, where)):
                if (turn, at) < held.asked:
                    continue
                question = self._hold_one(cell, number, held, way, where)
                if question is not None:
                    held.asked = turn, at
                    return question
        return None

    def _asking(self, cell: Cell, kinds: frozenset[LayerKind], mapped: Mapped) -> tuple[int, ...]:
        """The sections of these kinds that may hold in a cell for what is ``mapped`` so."""
        key = cell.path, cell.reach, mapped
        if key not in self._asking_of:
            layers = ((number, self.host.shape.layers[number]) for number in cell.maybe)
            asked = ((number, layer.matcher) for number, layer in layers if layer.kind in kinds)
            own = ((number, each) for number, each in asked if cell is not self.cell or not is_elsewhere(each, cell))
            url = url_start(self._url(mapped), mapped) if isinstance(mapped, MapToOrigin) else ""
            self._asking_of[key] = tuple(number for number, each in own if not lies_apart(each, mapped, url))
        return self._asking_of[key]

    def _hold_one(self, cell: Cell, number: int, held: Held, way: Walk, mapped: Mapped) -> Condition | None:
        """The question whether a section holds, if that isn't known. Those whose lines ask for them are no questions
        where ``held`` has guards."""
        layer, layers = self.host.shape.layers[number], held.layers
        if number in layers or (layer.container is not None and layer.container not in layers):
            return None
        left = residual(self._question_of(cell, number, mapped, way.known), way.answers)
        if left == ALWAYS:
            layers.add(number)
        elif left != NEVER and held.guards is not None and number in self.light:
            layers.add(number)
            held.guards[number] = left
        elif left != NEVER:
            return left
        return None

    def _question_of(self, cell: Cell, number: int, mapped: Mapped, known: Known) -> Condition:
        """What a section asks of the request, in its terms; the same for all answers."""
        key = cell.path, cell.reach, number, mapped, known.path, known.query
        if key not in self._asked_of:
            matcher = before_types(self._matcher(cell, self.host.shape.layers[number], mapped))
            self._asked_of[key] = Known(self.host, path=known.path, query=known.query).asked(matcher)
        return self._asked_of[key]

    def _matcher(self, cell: Cell, layer: Layer, mapped: Mapped) -> Condition:
        matcher = matcher_in(cell, layer)
        if isinstance(mapped, MapToOrigin):
            return of_url(matcher, self._url(mapped), mapped)
        return matcher if mapped is None else of_file(matcher, mapped, cell)

    def _url(self, mapped: MapToOrigin) -> str:
        named = origin_of(self.program, self.host, mapped).name
        return named if mapped.written is None else self.host.texts[mapped.written]


def _below(cell: Cell) -> Condition:
    return Matches(REQUEST_URI, Regex(f"^{escape(cell.path)}/"))
