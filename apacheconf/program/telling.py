"""Steps that only tell a handler or a filter its settings (``handling``)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from apacheconf.modules.declare import Conf, Setting
from apacheconf.program.handling import Told
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Step


def tell(told: Told, settings: Iterable[Setting[Any]], phase: Phase | None = None) -> Step:
    """A step that hands on ``told``, which was made of ``settings``; in FILTERS it is met by who is refused, too."""
    numbers = dict.fromkeys(number for each in settings for number in each.said_by if isinstance(number, int))
    return Step(phase or (Phase.TYPE if told.of_files else Phase.FILTERS), told, tuple(numbers))


def settings_of(conf: Conf) -> list[Setting[Any]]:
    """All settings of a conf."""
    return [getattr(conf, each.name) for each in dataclasses.fields(conf)]
