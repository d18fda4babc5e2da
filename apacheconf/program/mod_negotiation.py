"""mod_negotiation in the program: the order of languages, handed on to whoever chooses among variants."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_negotiation import NegotiationDirConf
from apacheconf.program.handling import NegotiationRules
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a negotiated request meet."""
    assert isinstance(conf, NegotiationDirConf)
    if conf.is_set:
        force = frozenset(conf.force.value) - {"none"}
        yield tell(NegotiationRules(tuple(map(str.lower, conf.priority.value)), force), settings_of(conf))
