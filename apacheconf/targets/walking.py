"""Walking the steps of a cell as a request with given answers would, up to the first question that is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from copy import copy
from dataclasses import replace

from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Matches, Regex, both
from apacheconf.program.hosts import Host
from apacheconf.program.phases import Phase
from apacheconf.program.steps import (
    BeginRewriting,
    EditHeader,
    Flow,
    Move,
    Redirect,
    Rewrite,
    SetUri,
    Step,
    Table,
)
from apacheconf.program.values import Capture, Literal, OwnText
from apacheconf.targets.answers import Given, residual
from apacheconf.targets.captures import parts_in
from apacheconf.targets.environments import mentions_any
from apacheconf.targets.meeting import Meeting
from apacheconf.targets.named_folders import placed
from apacheconf.targets.own_folders import knowing_its_folder
from apacheconf.targets.rewrites import Lost, Open
from apacheconf.targets.roles import (
    after,
    asks_match,
    begin_alike,
    decides,
    is_choice,
    is_mapped_before,
    is_plain,
    lines_in,
)
from apacheconf.targets.rule_chains import Guards, only_passes, rewrite_where
from apacheconf.targets.section_rules import (
    Section,
    asked_anywhere,
    asked_of_origin,
    with_whole_as_group,
    without_lost_types,
)
from apacheconf.targets.spelling import Spelling

#: Variables that are known when the answer is there, and those of the environment that nobody here has set.
_LATER = ("REQUEST_STATUS", "RESP", "ENV", "CONTENT_TYPE")
#: In place of an action that makes a path nobody here can follow.
LOST = SetUri(Literal(""))


class Walk(Meeting):
    """The way of a request with given answers through the steps.

    ``sections`` are the regexes of the sections that hold. Rules behind each other that are ``chained`` are not told
    apart where what they make can be said at once (``rule_chains``).
    """

    def __init__(
        self, host: Host, answers: Given, spelling: Spelling, sections: Iterable[Regex] = (), chained: bool = False
    ) -> None:
        super().__init__(host, answers, spelling)
        self.chained = chained
        self._sections = tuple(sections)
        self.known.enter(self._sections)
        self._steps: tuple[Step, ...] = ()
        self._elsewhere: frozenset[int] = frozenset()
        #: How many lines each header has among the steps.
        self._lines: Counter[str] = Counter()
        self._at = 0
        self._guards = Guards()
        #: The way as it was before the first step that sections can add to.
        self._early: Walk | None = None

    def fork(self, answers: Given) -> Walk | None:
        """The way up to here of requests for which one more answer was given; None where that changes it."""
        if self._wavers or (self._run and self._run.wavers) or any(map(answers.settles, self._open)):
            return None
        return self.copy(answers)

    def copy(self, answers: Given) -> Walk:
        """The way up to here, which goes on by itself."""
        other = copy(self)
        other.answers, other.known = answers, self.known.copy()
        other.met, other.refused, other._open = list(self.met), list(self.refused), list(self._open)
        other._run = None if self._run is None else self._run.copy(other.known, answers)
        return other

    def again(
        self, answers: Given, sections: list[Regex], steps: tuple[Step, ...], elsewhere: frozenset[int]
    ) -> Walk | None:
        """The way on other ``steps``, which goes on where they begin to differ: most are those of rules and mappings,
        which are the same whatever else holds. None where they are not, or where ``answers`` say more of them."""
        early = self._early
        if early is None or early._wavers or (early._run and early._run.wavers) or sections != list(early._sections):
            return None
        if not begin_alike(early._steps, steps, early._at) or not (early.moved or is_mapped_before(steps, early._at)):
            return None
        if any(residual(each, answers) != each for each in early._open):
            return None
        way = early.copy(answers)
        way._steps, way._elsewhere, way._lines, way._early = steps, elsewhere, lines_in(steps), early
        return way

    def _remember(self, at: int) -> None:
        """The way up to the step with this number is what every way has that is mapped alike."""
        if self._early is None and (self.moved or is_mapped_before(self._steps, at)):
            self._early = self.copy(self.answers)
            self._early._at = at

    def walk(self, steps: tuple[Step, ...], elsewhere: frozenset[int] = frozenset()) -> Condition | None:
        """Go on up to the first deciding step whose condition is open, which is returned, or to a new path.

        Steps ``elsewhere`` are not met as long as the path is that of the request.
        """
        if self.known.environment is not None:
            self.known.environment.begin()
        self._steps, self._elsewhere, self._at, self._guards = steps, elsewhere, 0, Guards()
        self._lines = lines_in(steps)
        return self.go_on()

    def go_on(self) -> Condition | None:
        """Go on from where a question was open, which has an answer now."""
        steps, at = self._steps, self._at - 1
        while not self.moved and (at := at + 1) < len(steps):
            self._remember(at)
            if (at in self._elsewhere and self.known.url is None) or self._is_passed(steps[at]):
                continue
            if is_plain(steps[at]):
                self.met.append((steps[at], True))
                continue
            self._at, captures = at, dict(self.known.captures)
            step = self._in_section(placed(self.host, self._with_own_text(steps[at])))
            question, step = self._alternative(step)
            if question is not None:
                self.known.captures = captures
                return question
            left = residual(both(self._guards.of(at), self.known.asks(step)), self.answers)
            if left not in (ALWAYS, NEVER):
                if self.chained and self._run and self._chain(step, left, at):
                    continue
                headers = self.spelling is Spelling.ALL and not self._waits(left, step)
                if decides(step, headers) or self._begins_here(step):
                    self.known.captures = captures
                    return left
                self._open.append(left)
            flow = step.then if left == ALWAYS else step.otherwise if left == NEVER else Flow()
            if left != NEVER:
                self._tell(step, left, at)
                try:
                    self._meet(step, left)
                except Open as asked:
                    self._wavers = True
                    return asked.question
                except Lost as why:
                    self.lost = str(why)
                    self.met.append((replace(step, action=LOST), True))
                    return None
            at = after(flow, at, steps)
            self._ended = step.phase if flow.move is Move.END else self._ended
            if flow.move is Move.RESTART:
                self.lost = "its rules begin anew"
                self.met.append((replace(step, action=LOST), True))
                return None
        self._remember(at + 1 if self.moved else at)
        return None

    def _chain(self, step: Step, left: Condition, at: int) -> bool:
        """Whether it need not be asked if a rule matches: what it makes is said together with its condition."""
        assert self._run is not None
        rule = step.action
        if not only_passes(step, at, self._steps) or not isinstance(rule, Rewrite):
            return False
        if rule.target is not None and (self._run.in_section or not rewrite_where(self._run, step, left)):
            return False
        self._open.append(left)
        self._tell(step, left, at)
        self._guards = self._guards.passing(step, at, left)
        setting = self._with_cookies(step, replace(rule, target=None), left)
        self.met.append((replace(step, action=replace(rule, sets=())), True))
        if isinstance(setting.action, Rewrite) and setting.action.sets:
            self.met.append((setting, False))
        return True

    def _waits(self, left: Condition, step: Step) -> bool:
        """Whether a header line is no matter of who answers: it is asked when its value is."""
        return mentions_any(left, *_LATER) or self._is_alone(step)

    def _is_alone(self, step: Step) -> bool:
        """Whether a header has no other line, and this one only adds to what an answer has, be it an empty text."""
        action = step.action
        if not isinstance(action, EditHeader) or action.table is Table.REQUEST:
            return False
        adds = action.operation == "add" or (action.operation == "set" and action.table is Table.ALWAYS)
        return adds and self._lines[action.name.lower()] == 1

    def _is_passed(self, step: Step) -> bool:
        if self._redirects_after_all(step):
            return False
        ended = self._ended is not None and self._ended <= step.phase < Phase.FILTERS
        return ended or (self._mapped and step.phase is Phase.TRANSLATE)

    def _tell(self, step: Step, left: Condition, at: int) -> None:
        if self.known.environment is not None:
            self.known.environment.tell(step, left, at, step.otherwise, self.known.put)

    def _alternative(self, step: Step) -> tuple[Condition | None, Step]:
        """A rule whose captures come from the first of several conditions that holds: the question which one it is,
        or the rule with that one."""
        parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
        if self._run is None or not isinstance(step.action, Rewrite) or not any(map(is_choice, parts)):
            return None, step
        if all(each.match != "cond" for each in parts_in(step.action, Capture)):
            return None, step
        for at, part in enumerate(parts):
            for each in part.conditions if isinstance(part, AnyOf) and is_choice(part) else ():
                plain = replace(each, captures="") if isinstance(each, Matches) else each
                left = residual(self.known.asked(plain), self.answers)
                if left == ALWAYS:
                    return None, replace(step, when=AllOf((*parts[:at], each, *parts[at + 1 :])))
                if left != NEVER:
                    return left, step
        return None, step

    def _with_own_text(self, step: Step) -> Step:
        """A redirect with the URL that this host has for it."""
        action = step.action
        if not isinstance(action, Redirect) or not isinstance(action.location, OwnText):
            return step
        return replace(step, action=replace(action, location=Literal(self.host.texts[action.location.number])))

    def _in_section(self, step: Step) -> Step:
        """A rule of a section in terms of the path."""
        if isinstance(step.action, BeginRewriting) and step.action.folder:
            self._section = None if self._file is None else Section.of(step.action, self._file, self.known.file)
            if self._section is None and self._is_proxied():
                return replace(step, when=ALWAYS)
            return step if self._section is None else replace(step, when=self._section.begins(step.action))
        if self._section is not None and self._section.file is None:
            step = without_lost_types(knowing_its_folder(step, self._section.path))
            step = with_whole_as_group(step)
        in_folder = self._section is not None and self._section.file is None
        when = step.when if self._section and asks_match(step) else asked_anywhere(step.when, in_folder)
        when = when if self._section is None else self._section.asked(when)
        of_origin = asked_of_origin(when) if step.phase is Phase.FIXUPS and self._section is None else when
        if of_origin != when and self._is_proxied():
            when = of_origin
        return step if when == step.when else replace(step, when=when)
