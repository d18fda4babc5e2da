"""mod_actions in the program: the paths that answer for handlers, types and methods, handed on to the handlers."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_actions import ActionsDirConf
from apacheconf.program.handling import ActionRules
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a request for a file meet."""
    assert isinstance(conf, ActionsDirConf)
    if conf.is_set:
        actions = tuple((name, *found) for name, found in conf.actions.value.items())
        yield tell(ActionRules(actions, tuple(conf.scripts.value.items())), settings_of(conf))
