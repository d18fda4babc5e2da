"""mod_env in the program: variables set in the fixups, so that only what comes later sees them (OR-3).

A variable that mod_setenvif has set keeps its value, and UnsetEnv never reaches it (EV-4).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_env import EnvDirConf, EnvVariable
from apacheconf.program.conditions import AllOf, Condition, IsSet, Not
from apacheconf.program.phases import Phase
from apacheconf.program.steps import SetEnv, Step
from apacheconf.program.values import Literal, Variable


def steps(conf: Conf) -> Iterator[Step]:
    """What is left of the lines when each has overruled those before it."""
    assert isinstance(conf, EnvDirConf)
    left: dict[str, tuple[EnvVariable, int]] = {}
    for variable, said_by in zip(conf.variables.value, conf.variables.said_by, strict=True):
        if not variable.is_unset:
            left.pop(variable.name.lower(), None)
            left[variable.name.lower()] = variable, cast("int", said_by)
    for variable, number in left.values():
        yield _step(variable, number)


def _step(variable: EnvVariable, said_by: int) -> Step:
    unset: Condition = Not(IsSet(Variable("ENV", variable.name)))
    if not variable.passed:
        return Step(Phase.FIXUPS, SetEnv(variable.name, Literal(variable.value or "")), (said_by,), unset)
    own = Variable("OSENV", variable.name)
    return Step(Phase.FIXUPS, SetEnv(variable.name, own), (said_by,), AllOf((unset, IsSet(own))))
