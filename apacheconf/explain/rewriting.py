"""What the rules of mod_rewrite made of the path, one sentence for each rule that was asked."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.explain.story import Sentence, loses, says
from apacheconf.explain.trail import Trail
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Respond, Rewrite
from apacheconf.program.trace import Passed, Rewritten, Tried


def is_told(event: object) -> bool:
    """Whether the event is about a rule."""
    if not isinstance(event, Tried | Passed | Rewritten):
        return False
    action, phase = event.step.action, event.step.phase
    return isinstance(action, Rewrite) or (phase is Phase.REWRITE and isinstance(action, Respond))


def sentences(event: Tried | Passed | Rewritten, trail: Trail) -> Iterator[Sentence]:
    """The sentence about one rule; a rule that matched is told of once, with what it made."""
    said_by, action = trail.said_by(event.step), event.step.action
    rule = f"{said_by[-1].name} {said_by[-1].args}" if said_by else "A rule that can't be evaluated"
    match event:
        case Rewritten(url=url, query=query) if isinstance(action, Rewrite) and action.target is not None:
            yield says(f"{rule} makes it {url}{'' if query is None else '?' + query}.", said_by)
        case Rewritten():
            yield says(f"{rule} matches and leaves the URL as it is.", said_by)
        case Tried(matched=True) if isinstance(action, Respond):
            yield says(f"{rule} answers it with {action.status}.", said_by)
        case Tried(matched=False):
            asked = "its pattern" if len(said_by) == 1 else "its pattern or a condition before it"
            yield loses(f"{rule} doesn't apply: {asked} doesn't hold.", said_by)
        case Passed():
            yield loses(f"{rule} isn't asked.", said_by)
