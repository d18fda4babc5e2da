"""mod_env in the program: variables set in the fixups, so that only what comes later sees them (OR-3).

A variable that mod_setenvif has set keeps its value, and UnsetEnv never reaches it (EV-4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_env import EnvDirConf, EnvVariable, set_in
from apacheconf.program.conditions import AllOf, Condition, IsSet, Not
from apacheconf.program.evaluate import State, text_of
from apacheconf.program.phases import Phase
from apacheconf.program.steps import SetEnv, Step
from apacheconf.program.values import Literal, Variable


def steps(conf: Conf) -> Iterator[Step]:
    """What is left of the lines when each has overruled those before it."""
    assert isinstance(conf, EnvDirConf)
    for variable, said_by in set_in(conf.variables):
        yield _step(variable, said_by)


def _step(variable: EnvVariable, said_by: int) -> Step:
    unset: Condition = Not(IsSet(Variable("ENV", variable.name)))
    if not variable.passed:
        return Step(Phase.FIXUPS, SetEnv(variable.name, Literal(variable.value or "")), (said_by,), unset)
    own = Variable("OSENV", variable.name)
    return Step(Phase.FIXUPS, SetEnv(variable.name, own), (said_by,), AllOf((unset, IsSet(own))))


def said_in(steps: Iterable[Step], state: State) -> Iterator[tuple[str, str]]:
    """What SetEnv and PassEnv say, also of variables that had a value before: httpd's table holds both then."""
    for step in steps:
        action = step.action
        if step.phase is not Phase.FIXUPS or not isinstance(action, SetEnv) or action.value is None:
            continue
        value = text_of(action.value, state)
        if value or isinstance(action.value, Literal):
            yield action.name, value
