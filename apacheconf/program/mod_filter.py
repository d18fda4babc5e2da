"""mod_filter in the program: which output filters an answer meets, by its type (DF-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_filter import FilterDirConf
from apacheconf.program.phases import Phase
from apacheconf.program.steps import AddFilter, Step


def steps(conf: Conf) -> Iterator[Step]:
    """AddOutputFilterByType. Smart filters (FilterProvider with FilterChain) are not evaluated."""
    assert isinstance(conf, FilterDirConf)
    for entry, said_by in zip(conf.by_type.value, conf.by_type.said_by, strict=True):
        for name in entry.filters:
            yield Step(Phase.FILTERS, AddFilter(name.lower(), entry.types), (cast("int", said_by),))
