"""Sections that say nothing but headers: who answers is the same whether they hold or not.

Where a host has so many that what they come to together can't be told apart, each of their lines asks for its section
by itself, as a line with ``expr=`` would.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from apacheconf.modules.declare import Conf
from apacheconf.program.access import AccessLayer
from apacheconf.program.conditions import Condition, Matches, both
from apacheconf.program.hosts import Layer, LayerKind, Shape
from apacheconf.program.mod_headers import HeadersLayer
from apacheconf.program.regexes import group_names
from apacheconf.program.steps import EditHeader, Step
from apacheconf.targets.judging_sections import only_judges

_KINDS = frozenset({LayerKind.LOCATION, LayerKind.IF, LayerKind.FILES})


def light_layers(shape: Shape, judging: bool = False) -> frozenset[int]:
    """The numbers of such sections; one that holds others, or names groups for them, is none. ``judging``: those that
    say who may come in are light, too, where every section says so for itself."""
    around = {layer.container for layer in shape.layers}
    judging = judging and all(map(only_judges, shape.layers[1:]))
    kinds: tuple[type[Conf], ...] = (HeadersLayer, AccessLayer) if judging else (HeadersLayer,)
    found = (number for number, layer in enumerate(shape.layers) if _is_light(layer, kinds))
    return frozenset(number for number in found if number not in around)


def _is_light(layer: Layer, kinds: tuple[type[Conf], ...]) -> bool:
    named = isinstance(layer.matcher, Matches) and group_names(layer.matcher.regex)
    said = [conf for _, conf in layer.confs]
    return layer.kind in _KINDS and not named and bool(said) and all(isinstance(each, kinds) for each in said)


def asking(steps: Iterable[Step], shape: Shape, guards: Mapping[int, Condition]) -> tuple[Step, ...]:
    """The steps, of which those of the guarded sections ask for these themselves."""
    asked = {step.said_by: guard for number, guard in guards.items() for step in _lines(shape.layers[number])}
    return tuple(
        replace(step, when=both(asked[step.said_by], step.when))
        if isinstance(step.action, EditHeader) and step.said_by in asked else step
        for step in steps
    )  # fmt: skip


def _lines(layer: Layer) -> tuple[Step, ...]:
    return tuple(step for _, conf in layer.confs if isinstance(conf, HeadersLayer) for step in conf.made.value)
