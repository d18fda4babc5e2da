"""Who may, as sentences: rules that ask who it is, and what became of the asking."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.explain.story import Sentence, Tone, loses, says
from apacheconf.explain.trail import Trail
from apacheconf.ledger import Written
from apacheconf.program.admission import Admit, Basic, Digest, NotServed, Provider
from apacheconf.program.steps import Step
from apacheconf.program.trace import Passed, Tried


def is_told(event: object) -> bool:
    """Whether the event is one of these rules being asked, or passed over."""
    return isinstance(event, Tried | Passed) and isinstance(event.step.action, Admit)


def sentences(event: object, trail: Trail) -> Iterator[Sentence]:
    if not isinstance(event, Tried | Passed) or not isinstance(event.step.action, Admit):
        return
    rules = _rules(event.step, trail)
    if isinstance(event, Passed):
        yield loses("Nobody is asked who it is: the answer was there before.", rules)
    elif not event.matched:
        yield loses("Nobody is asked who it is: the request may come in as it is.", rules)
    else:
        yield from _asked(event.step.action, rules, trail)


def _rules(step: Step, trail: Trail) -> tuple[Written, ...]:
    """The lines that require, without those that say how one is asked."""
    said_by = trail.said_by(step)
    return tuple(each for each in said_by if each.name.lower().startswith("require")) or said_by


def _asked(action: Admit, rules: tuple[Written, ...], trail: Trail) -> Iterator[Sentence]:
    state = trail.decision.state
    user = state.user if state is not None else None
    required = ", ".join(dict.fromkeys(f"{each.name} {each.args}".strip() for each in rules))
    if state is None or not state.auth_type:
        if trail.decision.status is None:
            yield says(f"It is let in without asking who it is ({required}).", rules)
        else:
            yield says(f"It isn't let in ({required}): {_not_asked(action)}.", rules, Tone.REFUSES)
        return
    yield says(f"It has to be known who it is ({required}): {_how(action)}.", rules)
    if user is None:
        yield says("Nobody has said so: a client that knows a user asks again with Authorization.", (), Tone.REFUSES)
    elif trail.decision.status in (401, 403):
        yield says(f"{user} is taken at their word (no password is checked here), but may not.", rules, Tone.REFUSES)
    else:
        yield says(f"{user} is taken at their word: no password is checked here.", rules)


def _not_asked(action: Admit) -> str:
    if isinstance(action.ask, NotServed):
        return f"AuthType {action.ask.name} is not served"
    if action.ask is None:
        return "no user could change that, or there is no AuthType to ask by"
    return "no user could change that"


def _how(action: Admit) -> str:
    if not isinstance(action.ask, Basic | Digest):
        return "there is no way to ask"
    known = ", then ".join(map(_known, action.ask.providers))
    return f"{type(action.ask).__name__} asks for it, and users are looked up {known}"


def _known(provider: Provider) -> str:
    if provider.kind == "anon":
        return "among the anonymous names"
    if provider.kind in ("file", "dbm"):
        return f"in {provider.file or 'a file that nobody named'}"
    return f"by {provider.name}, which is not served"
