"""The steps of RewriteRule lines: each rule is one step, its pattern and conditions the step's condition.

What can't be evaluated is left out by name; a rule whose conditions are not all known refuses where it might match, for
nobody can say what it would have done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from apacheconf.ledger import Written
from apacheconf.modules.rewrite_rules import RewriteCond, RewriteRule
from apacheconf.program.conditions import AllOf, AnyOf, Condition, Matches, Not, Regex
from apacheconf.program.expressions import NotEvaluated
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.mod_proxy import Origins, OriginUnknown
from apacheconf.program.phases import Phase
from apacheconf.program.rewrite_texts import Texts, condition_of, header_fields
from apacheconf.program.sharing import is_balancer, split_socket
from apacheconf.program.steps import (
    END,
    NEXT,
    Action,
    Aim,
    Flow,
    ForceHandler,
    Move,
    Respond,
    Rewrite,
    SetCookie,
    SetEnv,
    SetEnvFrom,
    SetType,
    Step,
    Vary,
)
from apacheconf.program.values import REQUEST_URI, REWRITTEN, REWRITTEN_HERE, Variable
from apacheconf.syntax.rewrite import Group, Part

#: Codes whose answers have no page, and keep the header fields that were collected before them.
_WITHOUT_PAGE = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with the conditions before it, and the directives they stand in."""

    rule: RewriteRule
    conditions: tuple[RewriteCond, ...]
    said_by: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """What the rules of one server need to know of it."""

    linker: Linker
    origins: Origins
    left_out: LeaveOut
    root: str
    server_root: str
    tls: bool = False


@dataclass(frozen=True, slots=True)
class RuleStep:
    """A rule's step, whose flow is not known before its neighbours are. A ``hole`` can't be evaluated."""

    rule: RewriteRule
    step: Step
    hole: bool = False


def steps_of_server(found: Sequence[Entry], texts: Texts, place: Place) -> tuple[Step, ...]:
    """The steps of a server's rules."""
    restarted = any(entry.rule.rounds is not None for entry in found)
    made: list[RuleStep] = []
    untouched = not restarted
    for entry in found:
        value = REQUEST_URI if untouched else REWRITTEN
        made.append(_Rule(entry, _texts_for(entry, texts), place, Phase.REWRITE, value).made())
        action = made[-1].step.action
        untouched = untouched and not (isinstance(action, Rewrite) and action.target is not None)
    return with_flows(made)


def rules_of_section(found: Sequence[Entry], texts: Texts, place: Place) -> tuple[RuleStep, ...]:
    """The rules of a section or a ``.htaccess``, which run in the fixups."""
    return tuple(_Rule(each, _texts_for(each, texts), place, Phase.FIXUPS, REWRITTEN_HERE).made() for each in found)


def _texts_for(entry: Entry, texts: Texts) -> Texts:
    """Without conditions there is nothing that ``%1`` could be, which may well be an escape by mistake."""
    return texts if entry.conditions else replace(texts, unconditional=True)


def with_flows(made: Sequence[RuleStep]) -> tuple[Step, ...]:
    """The steps of rules that stand in this order."""
    return tuple(_with_flow(number, made) for number in range(len(made)))


def _with_flow(number: int, made: Sequence[RuleStep]) -> Step:
    rule, step = made[number].rule, made[number].step
    after = len(made) - 1 - number
    if made[number].hole:
        refuses = isinstance(step.action, Respond)
        return replace(step, then=END, otherwise=_past_chain(number, made)) if refuses else step
    return replace(step, then=_then(rule, after), otherwise=_past_chain(number, made))


def _then(rule: RewriteRule, after: int) -> Flow:
    """Where control goes when the rule matched; ``after`` rules follow it."""
    if rule.ends:
        return END
    if rule.passed_through or rule.end or rule.proxied or rule.last:
        return _skip(after)
    if rule.rounds is not None:
        return Flow(Move.RESTART, max(rule.rounds - 2, 0))
    return _skip(min(rule.skip, after))


def _past_chain(number: int, made: Sequence[RuleStep]) -> Flow:
    """A chain is left as a whole (RW-21)."""
    end = number
    while end < len(made) and made[end].rule.chained:
        end += 1
    count = min(end, len(made) - 1) - number
    return Flow(Move.CHAIN, count) if count else NEXT


def _skip(count: int) -> Flow:
    return Flow(Move.SKIP, count) if count else NEXT


def static_target(rule: RewriteRule) -> str:
    """The scheme and authority of a target of P, empty when they depend on the request."""
    if not rule.proxied or rule.substitution is None:
        return ""
    first = getattr(rule.substitution[0], "text", "") if rule.substitution else ""
    _, scheme, after = split_socket(first)[1].partition("://")
    ends = "/" in after or len(rule.substitution) == 1 or _begins_with_slash(rule, rule.substitution[1])
    return first if scheme and after and ends else ""


_IN_GROUP = r"(?:[^()|\[\]\\]|\\.|\[\^?[^\]()\\]*\])*"
#: A first group that is never empty and begins with a slash.
_WITH_SLASH = re.compile(rf"{_IN_GROUP}\(/(?![?*+{{]){_IN_GROUP}\)(?![?*{{])[^|]*", re.DOTALL)
_ALL = re.compile(r"\^?\(\.[*+]\)\$?")


def begins_with_slash(pattern: str) -> bool:
    """Whether what the first group of a pattern holds begins with a slash wherever the pattern matches a path.

    >>> [begins_with_slash(each) for each in ("^(.*)$", "^/api(/.*)$", "^/api(/.*)?$", "^/(.*)$")]
    [True, True, False, False]
    """
    return bool(_ALL.fullmatch(pattern) or _WITH_SLASH.fullmatch(pattern))


def _begins_with_slash(rule: RewriteRule, part: Part) -> bool:
    """Whether a part of the target does, so that the authority ends before it."""
    if isinstance(part, Group):
        return part.number == 1 and not part.of_condition and not rule.negated and begins_with_slash(rule.pattern)
    return getattr(part, "name", "") == "REQUEST_URI"


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule; ``value`` is what its pattern is tried on."""

    entry: Entry
    texts: Texts
    place: Place
    phase: Phase
    value: Variable

    def made(self) -> RuleStep:
        rule = self.entry.rule
        when, missing = self._when()
        said_by = self.place.linker.said_by(self.entry.said_by)
        try:
            if missing is not None:
                raise missing
            return RuleStep(rule, Step(self.phase, self._action(rule), said_by, when))
        except NotEvaluated as missing:
            return RuleStep(rule, self._hole(when, str(missing)), hole=True)

    def _hole(self, when: Condition, missing: str) -> Step:
        """A rule that can't be evaluated: harmless ones are passed over, others refuse where they might match."""
        rule = self.entry.rule
        harmless = rule.substitution is None and not (
            rule.ends or rule.passed_through or rule.proxied or rule.skip or rule.chained or rule.last or rule.end
            or rule.rounds is not None
        )  # fmt: skip
        reason = f"it uses {missing}, which is not evaluated yet"
        for directive in self.entry.said_by:
            self.place.left_out(directive, reason if harmless else f"{reason}; where it might match it answers 500")
        return Step(self.phase, Rewrite() if harmless else Respond(500), (), when)

    def _when(self) -> tuple[Condition, NotEvaluated | None]:
        """The pattern and the conditions; those that can't be evaluated count as holding."""
        rule = self.entry.rule
        found: Condition = Matches(self.value, Regex(rule.pattern, rule.ignore_case), "rule")
        parts = [Not(found) if rule.negated else found]
        missing: NotEvaluated | None = None
        for group in _groups(self.entry.conditions):
            try:
                parts.append(_any_of([condition_of(each, self.texts) for each in group]))
            except NotEvaluated as error:
                missing = error
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts)), missing

    # -- action

    def _action(self, rule: RewriteRule) -> Action:
        """Raises NotEvaluated."""
        sets = tuple(self._sets(rule))
        main_only = rule.no_subrequests or rule.redirects
        if rule.ends:
            vary = self._vary() if rule.code in _WITHOUT_PAGE else ()
            if sets or main_only or vary:
                return Rewrite(answers=True, status=rule.code, sets=sets, main_only=main_only, vary=vary)
            return Respond(rule.code)
        if rule.substitution is None:
            return Rewrite(
                passed=rule.passed_through,
                sets=sets,
                main_only=main_only,
                ends_all=rule.end and not rule.passed_through,
                vary=self._vary(),
            )
        aim = Aim.ORIGIN if rule.proxied else Aim.REDIRECT if rule.redirects else Aim.ANY
        first = getattr(rule.substitution[0], "text", "") if rule.substitution else ""
        return Rewrite(
            self.texts.value(rule.substitution, rule.escape),
            aim,
            rule.code,
            origin=self._origin(rule),
            query_appended=rule.query_appended,
            query_discarded=rule.query_discarded,
            query_after_last=rule.query_after_last,
            escaped=not rule.no_escape,
            ends_in_mark=rule.text.endswith("?"),
            passed=rule.passed_through,
            allows_3f=rule.allows_3f,
            begins=first,
            any_prefix=rule.unsafe_prefix,
            sets=sets,
            main_only=main_only,
            ends_all=rule.end and not rule.passed_through,
            path_info_discarded=rule.path_info_discarded,
            vary=self._vary(),
        )

    def _vary(self) -> Vary:
        """Raises NotEvaluated."""
        groups = [[(each, header_fields(each)) for each in group] for group in _groups(self.entry.conditions)]
        asking = [group for group in groups if any(names for _, names in group)]
        return tuple(tuple((condition_of(each, self.texts), names) for each, names in group) for group in asking)

    def _origin(self, rule: RewriteRule) -> int | None:
        url = static_target(rule)
        if not url or self.phase is Phase.FIXUPS:  # what a section asks for is looked up by name
            return None
        if is_balancer(url) and self.value != REQUEST_URI and _ALL.fullmatch(rule.pattern):
            return None  # what rules before it have made may be no path
        try:
            return self.place.linker.origin(self.place.origins.number(url))
        except OriginUnknown:  # a balancer that nobody defines
            return None

    def _sets(self, rule: RewriteRule) -> Iterator[Action]:
        for text in rule.env:
            name, _, value = text.removeprefix("!").partition(":")
            if "$" in name or "%" in name:
                yield SetEnvFrom(self.texts.parsed(text))
            elif name:
                yield SetEnv(name, None if text.startswith("!") else self.texts.parsed(value))
        yield from (SetCookie(self.texts.parsed(text)) for text in rule.cookies)
        if rule.media_type:
            yield SetType(self.texts.parsed(rule.media_type))
        if rule.handler:
            yield ForceHandler(self.texts.parsed(rule.handler))


def _groups(conditions: Sequence[RewriteCond]) -> Iterator[list[RewriteCond]]:
    """Conditions joined by [OR] stand together; all groups must hold (SEM-28)."""
    group: list[RewriteCond] = []
    for condition in conditions:
        group.append(condition)
        if not condition.or_next:
            yield group
            group = []
    if group:  # an OR without a next one: the rule runs whatever it says
        yield [*group, replace(group[-1], operator="regex", operand="", negated=False, test=())]


def _any_of(conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))
