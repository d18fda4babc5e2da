"""What has come of the steps that a request has met so far, and what one more does to it."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.admission import Admit, Holds, Requires, Rules
from apacheconf.program.conditions import ALWAYS, Condition, Matches
from apacheconf.program.hosts import Host
from apacheconf.program.phases import Phase
from apacheconf.program.steps import (
    END,
    Aim,
    BeginRewriting,
    EditHeader,
    FinishRewriting,
    Log,
    MapToFile,
    MapToOrigin,
    Redirect,
    Respond,
    Rewrite,
    SetCookie,
    SetUri,
    Step,
)
from apacheconf.program.values import REQUEST_URI, Call
from apacheconf.targets.answers import Given, residual
from apacheconf.targets.captures import as_captures
from apacheconf.targets.environments import Environment
from apacheconf.targets.known import Known
from apacheconf.targets.made_redirects import with_query, with_rest
from apacheconf.targets.rewrites import Lost, Run, answer, needs_one_regex
from apacheconf.targets.rule_cookies import cookie_line
from apacheconf.targets.section_rules import (
    Section,
    SectionRun,
)
from apacheconf.targets.spelling import Spelling

#: Steps that run, each with whether it is certain.
Met = list[tuple[Step, bool]]


class Meeting:
    """What a request with given answers has met: ``met`` are the steps that run.

    A target that ``follows`` takes other paths and queries than those that were asked for. ``moved``: rules have given
    another path, and the steps after them are those of its cell. ``refused`` are conditions under which rules answer
    403; what they made is ``unescaped`` with NE. ``lost`` says why what they make can't be told.
    """

    def __init__(self, host: Host, answers: Given, spelling: Spelling) -> None:
        self.host, self.answers, self.spelling = host, answers, spelling
        self.known = Known(host, None if spelling is Spelling.NOTHING else Environment())
        self.met: Met = []
        self.refused: list[Condition] = []
        self.moved = self.unescaped = False
        self.lost = ""
        self._ended: Phase | None = None
        self._mapped = False
        self._run: Run | None = None
        self._file: MapToFile | None = None
        self._section: Section | None = None
        #: What was left open and decided nothing; where one more answer says something of it, the way is another one.
        self._open: list[Condition] = []
        self._wavers = False
        #: The path that rules of a section ask for anew: a Redirect of a section still comes before it (OR-1j).
        self._asked_anew: Step | None = None

    @property
    def follows(self) -> bool:
        """Whether the target takes another path or query than those that were asked for."""
        return self.spelling is not Spelling.NOTHING

    def _redirects_after_all(self, step: Step) -> bool:
        """Whether it is a section's Redirect, which knows nothing of what the section's rules have made (OR-1j)."""
        late = self._asked_anew is not None and step.phase is Phase.FIXUPS
        return late and isinstance(step.action, Redirect | Respond)

    def _is_proxied(self) -> bool:
        """Whether an origin is asked, so that the rules of a section find no folder, and no rule has ended them."""
        asked = any(isinstance(step.action, MapToOrigin) for step, _ in self.met)
        rules = (step.action for step in self.host.shape.server if isinstance(step.action, Rewrite))
        return asked and not any(each.ends_all for each in rules)

    def _begins_here(self, step: Step) -> bool:
        return isinstance(step.action, BeginRewriting) and self._section is not None

    def _meet(self, step: Step, left: Condition) -> None:
        """The step runs, where ``left`` holds. Raises Lost."""
        action = step.action
        if left == ALWAYS and self._redirects_after_all(step):
            self.met = [each for each in self.met if each[0] is not self._asked_anew]
            self._asked_anew, self.unescaped = None, False
        if left == ALWAYS and isinstance(action, MapToFile) and self._file is None:
            self._file = action
            self.known.locate(action)
        if left == ALWAYS and isinstance(action, BeginRewriting) and not action.folder:
            self._run = Run(self.host, self.known, self.answers)
        elif left == ALWAYS and self._begins_here(step) and self._section is not None:
            self._run = SectionRun(self.host, self.known, self.answers, in_section=True)
            self._run.section = self._section
        elif left == ALWAYS and isinstance(action, Rewrite) and action.answers:
            step, self._ended = answer(step), step.phase
        elif left == ALWAYS and isinstance(action, Rewrite) and self._run is not None:
            self._run.rewrite(step)
        elif isinstance(action, FinishRewriting) and self._run is not None:
            self._finish(step, self._run)
        elif left == ALWAYS and isinstance(action, Rewrite) and action.aim is Aim.ORIGIN and self.follows:
            self._run = Run(self.host, self.known, self.answers, in_section=True)  # it asks for no file
            self._run.rewrite(step)
        elif isinstance(action, Rewrite) and action.target is not None:
            raise Lost("it is a rule of a section that can't be followed here")
        elif self.follows:
            step = self._in_words_of_the_request(step, left)
        if isinstance(action, Rewrite) and not action.answers:
            step = self._with_cookies(step, action, left)
        self.met.append((step, left == ALWAYS))

    def _rules(self, rules: Rules) -> Rules:
        """Access rules with what they ask of the request in its own terms."""
        return replace(rules, entries=tuple(
            self._rules(each) if isinstance(each, Rules) else replace(each, requires=self._requires(each.requires))
            for each in rules.entries
        ))  # fmt: skip

    def _requires(self, requires: Requires) -> Requires:
        if not isinstance(requires, Holds):
            return requires
        left = residual(self.known.asked(requires.condition), self.answers)
        self._open.append(left)
        return replace(requires, condition=left)

    def _with_cookies(self, step: Step, action: Rewrite, left: Condition) -> Step:
        """The rule without the cookies that it sets, which are lines of headers (RW-22)."""
        for each in action.sets:
            line = cookie_line(self.known.put(each.text)) if isinstance(each, SetCookie) else None
            if line is not None:
                self.met.append((replace(step, phase=Phase.FILTERS, action=line, when=left), left == ALWAYS))
                action = replace(action, sets=tuple(other for other in action.sets if other is not each))
        return replace(step, action=action)

    def _finish(self, step: Step, run: Run) -> None:
        """The end of the rules: what they have made is met before it."""
        made, self._run = run.finish(step), None
        self._section = None
        self._wavers = self._wavers or run.wavers
        if not self.follows and not needs_one_regex(made, run):
            raise Lost("another path or query")
        self.refused += run.refused
        if made is not None:
            self.unescaped = not run.escaped
            if isinstance(made.action, MapToOrigin) and step.phase is Phase.FIXUPS:  # in place of all before it
                self.met = [each for each in self.met if not isinstance(each[0].action, MapToOrigin | MapToFile)]
            self.met.append((made, True))
            if isinstance(made.action, SetUri) and made.phase is Phase.FIXUPS:
                self._asked_anew = made
            self._ended = made.phase if made.then == END else self._ended
            self._mapped = self._mapped or isinstance(made.action, MapToOrigin | MapToFile)
        self.moved = self.known.path != REQUEST_URI

    def _in_words_of_the_request(self, step: Step, left: Condition) -> Step:
        """The step with its values in terms of the request as it came; a header with its condition, too."""
        action = step.action
        if isinstance(action, EditHeader | Log):
            return replace(step, action=self.known.put(action), when=left)
        if isinstance(action, Admit):
            return replace(step, action=replace(action, rules=self._rules(action.rules)), when=left)
        if not isinstance(action, MapToOrigin | Redirect | MapToFile):
            return step
        said = self.known.put(action)
        if isinstance(said, Redirect):
            said = with_query(with_rest(said, self.known.path), self.known.query)
        if said == action:
            return step
        value = said.location if isinstance(said, Redirect) else said.value
        value = value.argument if isinstance(value, Call) else value
        value, regex = as_captures(value) if value is not None else (None, None)
        if isinstance(said, Redirect):
            assert value is not None
            escapes = isinstance(said.location, Call) and said.location.function == "escape-url"
            said = replace(said, location=Call("escape-url", value) if escapes else value)
        else:
            said = replace(said, value=value)
        return replace(step, action=said, when=step.when if regex is None else Matches(REQUEST_URI, regex, "rule"))
