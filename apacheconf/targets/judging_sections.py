"""Many sections that say who may come in: not told apart, for the last one that holds says it for all (MRG-20).

What refuses is one condition, made section by section: where it holds its own rules decide, else those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from apacheconf.program.access import AccessLayer
from apacheconf.program.admission import Admit
from apacheconf.program.conditions import NEVER, Condition, both, either, negated
from apacheconf.program.hosts import Layer, Shape
from apacheconf.program.mod_authz_core import AuthzLayer
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Respond, Step


class CanNotJoin(Exception):
    """The rules of sections are more than conditions that refuse."""


def only_judges(layer: Layer) -> bool:
    """Whether of access a section says no more than what it requires, whatever those around it do."""
    found = [conf for _, conf in layer.confs if isinstance(conf, AccessLayer)]
    return all(conf.parts.value.keys() <= {AuthzLayer.module} and _is_alone(conf.part(AuthzLayer)) for conf in found)


def _is_alone(rules: AuthzLayer) -> bool:
    return rules.merging.value.lower() == "off" and not rules.forbidden.is_set


def judges(layer: Layer) -> bool:
    """Whether a section says who may come in."""
    return any(isinstance(conf, AccessLayer) for _, conf in layer.confs)


def judged(
    steps: tuple[Step, ...],
    shape: Shape,
    guards: Mapping[int, Condition],
    alone: Callable[[set[int]], tuple[Step, ...]],
) -> tuple[Step, ...]:
    """The steps with one refusal in the place of those of the guarded sections.

    ``alone`` gives the steps where of these sections only some hold. Raises CanNotJoin.
    """
    numbers = [number for number in sorted(guards) if judges(shape.layers[number])]
    if not numbers:
        return steps
    first = _refusal(alone(set()))
    when = first.when if first else NEVER
    refusals = [first] if first else []
    for number in numbers:
        own = _refusal(alone({number}))
        asked = guards[number]
        when = either(both(asked, own.when if own else NEVER), both(negated(asked), when))
        refusals += [own] if own else []
    if not refusals:
        return steps
    said_by = tuple(dict.fromkeys(each for refusal in refusals for each in refusal.said_by))
    others = [step for step in steps if not _refuses(step)]
    at = next((at for at, step in enumerate(others) if step.phase > Phase.ACCESS), len(others))
    return (*others[:at], replace(refusals[0], when=when, said_by=said_by), *others[at:])


def _refusal(steps: tuple[Step, ...]) -> Step | None:
    """The step that refuses. Raises CanNotJoin where there are more, or where it is asked who somebody is."""
    found = [step for step in steps if _refuses(step)]
    if len(found) > 1 or any(isinstance(step.action, Admit) for step in steps):
        raise CanNotJoin
    if any(step.phase is Phase.ACCESS and not _refuses(step) for step in steps):
        raise CanNotJoin
    return found[0] if found else None


def _refuses(step: Step) -> bool:
    return step.phase is Phase.ACCESS and isinstance(step.action, Respond) and step.action.status == 403
