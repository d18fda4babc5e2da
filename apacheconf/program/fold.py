"""Fold layers into steps: merge the settings of the sections that apply, then say what they make a request meet.

Only this file (and what it calls in ``mod_*.py``) reads the settings of layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from apacheconf.modules.core import CoreDirConf
from apacheconf.modules.declare import Conf
from apacheconf.program.hosts import Flipped, Layer, LayerKind, Shape
from apacheconf.program.messages import Levels, levels_of
from apacheconf.program.mod_proxy import interpolates
from apacheconf.program.modules import DIR_STEPS
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Flow, KeepLocal, MapToFile, MapToOrigin, MapToUrl, Move, SetHandler, Step


def fold(layers: Iterable[Layer]) -> dict[str, Conf]:
    """The effective settings, module by module, where these layers apply in this order."""
    return merge_walks((layer.kind, layer.confs) for layer in layers)


def merge_walks(sections: Iterable[tuple[LayerKind, Iterable[tuple[str, Conf]]]]) -> dict[str, Conf]:
    """Settings merged as httpd does: what one walk finds is merged by itself, then onto what is there (MRG-7)."""
    merged: dict[str, Conf] = {}
    for _, alike in groupby(enumerate(sections), _walk_of):
        walked: dict[str, Conf] = {}
        for _, (_, confs) in alike:
            _merge_into(walked, confs)
        _merge_into(merged, walked.items())
    return merged


def _merge_into(confs: dict[str, Conf], more: Iterable[tuple[str, Conf]]) -> None:
    for module, conf in more:
        confs[module] = confs[module].merge(conf) if module in confs else conf


#: Kinds that are merged onto what is there one by one.
_ONE_BY_ONE = frozenset({LayerKind.SERVER, LayerKind.PROXY})


def _walk_of(numbered: tuple[int, tuple[LayerKind, object]]) -> object:
    """What is the same for the sections of one walk, which follow each other."""
    number, (kind, _) = numbered
    if kind in _ONE_BY_ONE:
        return number
    return LayerKind.DIRECTORY if kind is LayerKind.HTACCESS else kind


#: What was folded, by shape and the layers that matched; emptied when full, which costs less than keeping order.
_FOLDED: dict[tuple[int, ...], tuple[Shape, tuple[Layer, ...], tuple[Step, ...]]] = {}
_FOLDED_SIZE = 4096


def steps_for(shape: Shape, numbers: tuple[int, ...]) -> tuple[Step, ...]:
    """All steps where the layers with these numbers apply, in the order in which they run; remembered."""
    return steps_of(shape, tuple(shape.layers[number] for number in numbers))


def steps_of(shape: Shape, layers: tuple[Layer, ...]) -> tuple[Step, ...]:
    """The same for the layers themselves, those of ``.htaccess`` files among them.

    Within a phase the steps of sections come before those outside sections: a ProxyPass in a Location is asked
    before the server's list (PP-8).
    """
    key = (id(shape), *map(id, layers))
    known = _FOLDED.get(key)
    if known is None:
        if len(_FOLDED) >= _FOLDED_SIZE:
            _FOLDED.clear()
        # What the key names is kept beside the steps, so that no id is used again meanwhile.
        known = _FOLDED[key] = shape, layers, with_server(shape.server, fold(layers), shape.flipped)
    return known[2]


def levels_for(layers: tuple[Layer, ...]) -> Levels | None:
    """What LogLevel comes to where these layers apply; None where no section says anything of it."""
    if len(layers) < 2:
        return None
    confs = [conf for layer in layers for _, conf in layer.confs if isinstance(conf, CoreDirConf)]
    said = [conf.log_level.value for conf in confs]
    return levels_of(tuple(pair for each in said for pair in each)) if any(said[1:]) else None


def with_server(server: tuple[Step, ...], confs: dict[str, Conf], flipped: Flipped | None = None) -> tuple[Step, ...]:
    """The steps that effective settings make, joined with a host's server-level steps, in phase order.

    An exclusion in a section ends all of mod_proxy's part, the server's list too (PP-8). mod_alias comes after
    mod_proxy, and its redirects before every alias and DocumentRoot (AL-1, PP-20). ``flipped`` takes the server-level
    steps' place where the settings ask for it.
    """
    if flipped is not None and interpolates(confs) == flipped[0]:
        server = flipped[1]
    steps = [step for module, each in DIR_STEPS.items() if module in confs for step in each.steps(confs[module])]
    translate = [step for step in steps if step.phase is Phase.TRANSLATE]
    mappings = [step for step in translate if _maps(step)]
    aliases = [step for step in translate if isinstance(step.action, MapToFile | SetHandler)]
    redirects = [step for step in translate if not _maps(step) and not isinstance(step.action, MapToFile | SetHandler)]
    of_server = sum(map(_maps, server))
    for at, step in enumerate(mappings):
        if isinstance(step.action, KeepLocal):
            mappings[at] = replace(step, then=Flow(Move.SKIP, len(mappings) - at - 1 + of_server))
    last = max((at for at, step in enumerate(server, 1) if _maps(step)), default=0)
    rest = [step for step in steps if step.phase is not Phase.TRANSLATE]
    ordered = [*mappings, *rest, *server[:last], *redirects, *aliases, *server[last:]]
    return tuple(sorted(ordered, key=lambda step: step.phase))


def _maps(step: Step) -> bool:
    return isinstance(step.action, MapToOrigin | MapToUrl | KeepLocal)
