"""The chapter about the path: how it is read, which sections apply, which mapping takes it and why the others lost."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.explain import access, rewriting
from apacheconf.explain.folders import index_of
from apacheconf.explain.story import Chapter, Sentence, Tone, loses, says
from apacheconf.explain.trail import Trail
from apacheconf.ledger import Written
from apacheconf.modules import registry
from apacheconf.program.conditions import Always, Condition, Glob, Matches, Under
from apacheconf.program.steps import (
    KeepLocal,
    MapToFile,
    MapToOrigin,
    MapToUrl,
    Redirect,
    Respond,
    Rest,
    SetHandler,
    Step,
)
from apacheconf.program.trace import LayerAsked, Passed, PathRead, Refused, Rewritten, Round, Tried
from apacheconf.program.values import Variable
from apacheconf.program.workers import Balancer

#: Actions that decide where a request goes.
DECIDING = (MapToOrigin, MapToUrl, KeepLocal, Redirect, Respond, MapToFile)
MOST = 12


def chapter(trail: Trail) -> Chapter:
    return Chapter("mapping", "Where its path leads", tuple(_sentences(trail)))


def _sentences(trail: Trail) -> Iterator[Sentence]:
    yield from _path(trail)
    yield from _events(trail)
    for refused in trail.of(Refused):
        why = refused.why[:1].upper() + refused.why[1:]
        yield says(f"{why}. The answer is {refused.status}.", tone=Tone.REFUSES)
    decision = trail.decision
    if decision.status is not None and not trail.of(Refused):
        yield says(f"The answer is {decision.status}.", tone=Tone.REFUSES)
    if trail.by_handler or (decision.origin is None and decision.status is None):
        if not trail.done(KeepLocal):
            yield says(f"No mapping takes {decision.path}" + ("." if trail.by_handler else ", so it isn't proxied."))
        where = f"the file {decision.file}" if decision.file else "a file below httpd's default DocumentRoot"
        yield says(f"It is {where}.", _origin_of_file(trail))
        index = index_of(trail)
        if index is not None:
            yield says(f"Its index {index.path} is asked of {index.origin.name}{index.condition}.", index.said_by)
    if trail.by_handler:
        said_by = [directive for step in trail.done(SetHandler)[-1:] for directive in trail.said_by(step)]
        who = _text(said_by[0]) if said_by else "Its handler"
        yield says(f"{who} hands the file to {decision.origin.name if decision.origin else 'nobody'}.", said_by)


def _path(trail: Trail) -> Iterator[Sentence]:
    for read in trail.of(PathRead)[:1]:
        if read.raw != read.path:
            yield says(f"The path {read.raw} is read as {read.path}: decoded, without dot segments and double slashes.")
        if trail.decision.query is not None:
            yield says("The query takes no part in finding the mapping; it is passed on.")


def _events(trail: Trail) -> Iterator[Sentence]:
    """Sections and steps in the order in which they were asked; the losers of a long list are only counted."""
    asked: set[int] = set()
    losers, rounds = 0, len(trail.of(Round))
    for event in trail.events:
        if isinstance(event, Round):
            asked, rounds = set(), rounds - 1
            told = [says(f"The path becomes {event.uri}, and everything is asked again.")]
        elif isinstance(event, LayerAsked) and id(event.layer) not in asked:
            asked.add(id(event.layer))  # Locations are asked twice (OR-1)
            told = [_section(event, trail, last=not rounds)]
        elif isinstance(event, Tried | Passed | Rewritten) and rewriting.is_told(event):
            told = list(rewriting.sentences(event, trail))
        elif access.is_told(event):
            told = list(access.sentences(event, trail))
        elif isinstance(event, Tried | Passed) and isinstance(event.step.action, DECIDING):
            told = list(_step(event, trail))
        else:
            continue
        losers += sum(sentence.tone is Tone.LOSES for sentence in told)
        yield from (sentence for sentence in told if sentence.tone is not Tone.LOSES or losers <= MOST)
    if losers > MOST:
        yield loses(f"and {losers - MOST} more.")


def _section(event: LayerAsked, trail: Trail, *, last: bool) -> Sentence:
    """Whether a section applies; what it was compared with is known of the ``last`` round."""
    directives = list(trail.host.written(event.layer.said_by))
    if event.matched:
        return says(f"{event.layer.title} applies.", directives)
    if not last:
        return loses(f"{event.layer.title} doesn't apply.", directives)
    return loses(f"{event.layer.title} doesn't apply: {_why_not(event.layer.matcher, trail)}.", directives)


def _step(event: Tried | Passed, trail: Trail) -> Iterator[Sentence]:
    step, directives = event.step, trail.said_by(event.step)
    if isinstance(event, Tried) and event.matched:
        yield from _wins(step, trail)
    elif isinstance(event, Tried) and isinstance(step.action, Respond) and _is_access(directives):
        yield says(f"{_written(step, trail)} lets it in.", directives)
    elif isinstance(event, Tried):
        yield loses(f"{_written(step, trail)} doesn't: {_why_not(step.when, trail)}.", directives)
    elif directives:  # not httpd's own default, such as the DocumentRoot that nobody set
        yield loses(f"{_written(step, trail)} isn't asked: {_written(event.by, trail)} came first.", directives)


def _is_access(directives: tuple[Written, ...]) -> bool:
    found = registry.spec(directives[0].name) if directives else None
    return found is not None and found.restricts


def _wins(step: Step, trail: Trail) -> Iterator[Sentence]:
    said_by, action = trail.said_by(step), step.action
    match action:
        case MapToOrigin():
            yield says(f"{_written(step, trail)} takes it: {_why(step.when, trail)}.", said_by)
            yield _result(action, trail)
        case MapToUrl():
            yield says(f"{_written(step, trail)} takes it: {_why(step.when, trail)}.", said_by)
            yield says(f"Where it goes is told by the request itself; it is asked for {trail.decision.uri}.", said_by)
        case KeepLocal():
            yield says(f"{_written(step, trail)} keeps it here: {_why(step.when, trail)}.", said_by)
        case Redirect():
            yield says(f"{_written(step, trail)} redirects it to {trail.decision.location}.", said_by)
        case Respond():
            yield says(f"{_written(step, trail)} answers it with {action.status}.", said_by)


def _result(action: MapToOrigin, trail: Trail) -> Sentence:
    """What the mapping makes of the path (PP-6, PP-13, PP-14)."""
    origin = trail.program.origin(trail.host, action.origin)
    path = trail.decision.path
    authority = origin.name if isinstance(origin, Balancer) else f"{origin.scheme}://{origin.authority}"
    target = authority + action.path
    uri = trail.decision.uri
    if action.rest is Rest.AFTER_PREFIX:
        rest = path[len(action.prefix) :]
        appended = f"After {action.prefix} remains {rest!r}, which is appended to {target}" if rest else (
            f"Nothing remains after {action.prefix}, so the target is {target}"
        )  # fmt: skip
    elif action.rest is Rest.WHOLE_PATH:
        appended = f"The target uses no part of the match, so the whole path {path} is appended to {target}"
    else:
        appended = "The parts of the match are put into the target"
    reached = trail.decision.origin
    if reached is not None and reached is not origin:  # PP-6f
        return says(f"{appended}. It would become part of the host name: the request goes to {reached.name}.")
    return says(f"{appended}." if not uri else f"{appended}: the origin is asked for {uri}.")


def _written(step: Step, trail: Trail) -> str:
    """A step by its directive's text, or by what it does when nobody wrote it."""
    directives = trail.said_by(step)
    return _text(directives[0]) if directives else type(step.action).__name__


def _text(directive: Written) -> str:
    return f"{directive.name} {directive.args}".strip()


def _why(condition: Condition, trail: Trail) -> str:
    match condition:
        case Under(prefix):
            return f"{trail.decision.path} lies under {prefix}"
        case Matches(_, regex):
            return f"{trail.decision.path} matches {regex.pattern}"
        case Glob(_, pattern):
            return f"{trail.decision.path} matches {pattern}"
        case Always():
            return "it takes every request that comes so far"
    return "its condition holds"


def _compared(condition: Condition, trail: Trail) -> str:
    """What a section's matcher looks at: the path, or for Directory and Proxy what it was mapped to."""
    value = getattr(condition, "value", None)
    if not isinstance(value, Variable) or value.name == "REQUEST_URI":
        return trail.decision.path
    if value.name == "MAPPED_URL":
        return "its target"
    return trail.decision.file or "its file"


def _why_not(condition: Condition, trail: Trail) -> str:
    path = _compared(condition, trail)
    match condition:
        case Under(prefix):
            near = prefix.endswith("/") and path == prefix[:-1]
            return f"{path} lacks the slash of {prefix}" if near else f"{path} doesn't lie under {prefix}"
        case Matches(_, regex):
            return f"{path} doesn't match {regex.pattern}"
        case Glob(_, pattern):
            return f"{path} doesn't match {pattern}"
    return "its condition doesn't hold"


def _origin_of_file(trail: Trail) -> tuple[Written, ...]:
    return tuple(directive for step in trail.done(MapToFile)[-1:] for directive in trail.said_by(step))
