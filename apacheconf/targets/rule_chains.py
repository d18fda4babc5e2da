"""Rules behind each other that may change the path, or pass over others: not told apart, but said one by one.

Who is told apart by every rule comes to twice as many ends with each of them. Here a rule makes a value of the one
before it, ``new`` where its condition holds and else ``old``, and rules that it passes over ask its condition as well:
what comes of a hundred rules is a hundred lines long (HAP-102).
"""

from __future__ import annotations

from apacheconf.program.conditions import Condition, Regex, all_of, both, negated
from apacheconf.program.rewriting import is_absolute
from apacheconf.program.steps import Aim, FinishRewriting, Flow, Move, Rewrite, Step
from apacheconf.program.values import REQUEST_URI, Chosen, Literal, Made, Matched, Value
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.rewrites import Lost, Open, Run

#: What follows the slash that every path begins with.
_TAIL = Regex("^/(.*)$")


class Guards:
    """What steps ask besides their own condition, because others before them may pass them over."""

    def __init__(self, guards: tuple[tuple[int, Condition], ...] = ()) -> None:
        self._guards = guards

    def of(self, at: int) -> Condition:
        """What the step with this number asks besides its own condition."""
        return all_of(condition for last, condition in self._guards if at <= last)

    def passing(self, step: Step, at: int, when: Condition) -> Guards:
        """These and what the step with the number ``at``, which runs ``when`` that holds, says of those behind it."""
        more = [(step.then, negated(when)), (step.otherwise, when)]
        return Guards((*self._guards, *((at + flow.count, asked) for flow, asked in more if flow.count)))


def only_passes(step: Step, at: int, steps: tuple[Step, ...]) -> bool:
    """Whether a rule does no more than to go on, or to pass over some of the rules behind it."""
    action = step.action
    if not isinstance(action, Rewrite) or action.answers or action.passed or action.ends_all:
        return False
    return all(_goes_on(flow, at, steps) for flow in (step.then, step.otherwise))


def _goes_on(flow: Flow, at: int, steps: tuple[Step, ...]) -> bool:
    if flow == Flow():
        return True
    after = at + flow.count + 1
    skips = flow.move in (Move.SKIP, Move.CHAIN) and after < len(steps)
    return skips and (flow.move is Move.CHAIN or not isinstance(steps[after].action, FinishRewriting))


def rewrite_where(run: Run, step: Step, when: Condition) -> bool:
    """One rule that may have matched: what it makes holds ``when`` that does. False where this can't be said so, and
    the run is as it was."""
    other = run.copy(run.known.copy(), run.answers)
    try:
        other.rewrite(step)
    except (Lost, Open):
        return False
    if not _is_like(run, other):
        return False
    made, known = other.known, run.known
    before = known.path if known.url is None else known.url
    new, old = _tail(made.url), _tail(before)
    if new is None or old is None:
        return False
    known.url = joined((Literal("/"), _made(when, new, old)))
    known.query = _made(when, made.query, known.query)
    run.refused += [both(when, each) for each in other.refused[len(run.refused) :]]
    run.made_by, run.last = other.made_by, other.last
    run.maybe.append(when)
    return True


def _is_like(run: Run, other: Run) -> bool:
    """Whether the rule has made nothing but another path and query of this very server."""
    action = other.last
    return action is not None and action.aim is Aim.ANY and _what(run) == _what(other) and not run.proxied


def _what(run: Run) -> tuple[object, ...]:
    return run.escaped, run.status, run.aim, run.passed, run.proxied, run.reduced


def _made(when: Condition, new: Value, old: Value) -> Value:
    return old if new == old else Made.of(Chosen(when, new, old))


def _tail(path: Value | None) -> Value | None:
    """What follows the slash that a path begins with; None of what isn't known to begin with one."""
    if path == REQUEST_URI:
        return Matched(REQUEST_URI, _TAIL, 1)
    first, *rest = parts_of(path) or (None,)
    if not isinstance(first, Literal) or not first.text.startswith("/") or is_absolute(first.text):
        return None
    return joined((Literal(first.text[1:]), *rest))
