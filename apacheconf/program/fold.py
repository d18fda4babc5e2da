"""Fold layers into steps: merge the settings of the sections that apply, then say what they make a request meet.

Only this file (and what it calls in ``mod_*.py``) reads the settings of layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apacheconf.modules.declare import Conf
from apacheconf.program.hosts import Layer, Shape
from apacheconf.program.modules import DIR_STEPS
from apacheconf.program.steps import Flow, KeepLocal, MapToOrigin, Move, Step


def fold(layers: Iterable[Layer]) -> dict[str, Conf]:
    """The effective settings, module by module, where these layers apply in this order."""
    merged: dict[str, Conf] = {}
    for layer in layers:
        for module, conf in layer.confs:
            merged[module] = merged[module].merge(conf) if module in merged else conf
    return merged


#: What was folded, by shape and the layers that matched; emptied when full, which costs less than keeping order.
_FOLDED: dict[tuple[int, tuple[int, ...]], tuple[Shape, tuple[Step, ...]]] = {}
_FOLDED_SIZE = 4096


def steps_for(shape: Shape, numbers: tuple[int, ...]) -> tuple[Step, ...]:
    """All steps where the layers with these numbers apply, in the order in which they run; remembered.

    Within a phase the steps of sections come before those outside sections: a ProxyPass in a Location is asked
    before the server's list (PP-8).
    """
    key = id(shape), numbers
    known = _FOLDED.get(key)
    if known is None:
        if len(_FOLDED) >= _FOLDED_SIZE:
            _FOLDED.clear()
        # The shape is kept beside its steps, so that its id isn't used again meanwhile.
        known = _FOLDED[key] = shape, with_server(shape.server, fold(shape.layers[number] for number in numbers))
    return known[1]


def with_server(server: tuple[Step, ...], confs: dict[str, Conf]) -> tuple[Step, ...]:
    """The steps that effective settings make, joined with a host's server-level steps, in phase order.

    An exclusion in a section ends all of mod_proxy's part, the server's list too (PP-8).
    """
    mappings = sum(isinstance(step.action, MapToOrigin | KeepLocal) for step in server)
    steps = [step for module, each in DIR_STEPS.items() if module in confs for step in each.steps(confs[module])]
    for at, step in enumerate(steps):
        if isinstance(step.action, KeepLocal):
            steps[at] = replace(step, then=Flow(Move.SKIP, mappings))
    return tuple(sorted([*steps, *server], key=lambda step: step.phase))
