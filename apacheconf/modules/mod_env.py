"""mod_env: variables of a request's environment, set whatever the request is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apacheconf.modules.declare import (
    ANYWHERE,
    Args,
    Conf,
    Fate,
    Module,
    Setting,
    Spec,
    setting,
)


@dataclass(frozen=True, slots=True)
class EnvVariable:
    """One variable: its ``value``, or ``passed`` on from the server's own environment, or unset when neither."""

    name: str
    value: str | None = None
    passed: bool = False

    @property
    def is_unset(self) -> bool:
        return self.value is None and not self.passed


Variables = Setting[tuple[EnvVariable, ...]]


def set_in(variables: Variables) -> list[tuple[EnvVariable, Any]]:
    """What is set at the end of a section, in order, with who says it."""
    left: list[tuple[EnvVariable, Any]] = []
    for variable, said_by in zip(variables.value, variables.said_by, strict=True):
        left = [pair for pair in left if pair[0].name.lower() != variable.name.lower()]
        if not variable.is_unset:
            left.append((variable, said_by))
    return left


def _overlaid(parent: Variables, child: Variables) -> Variables:
    """The parent's variables without those that the child unsets, then the child's; nothing is unset any more."""
    gone = {each.name.lower() for each in child.value if each.is_unset}
    left = [pair for pair in set_in(parent) if pair[0].name.lower() not in gone] + set_in(child)
    return Setting(tuple(variable for variable, _ in left), tuple(said_by for _, said_by in left))


@dataclass(frozen=True)
class EnvDirConf(Conf):
    """What was said, in order, the outer scope's first: a later line about a variable overrules (INH-7, MRG-22).

    UnsetEnv is about what stands before it in its section, and what is around that once: after a merge it is forgotten.
    """

    module: ClassVar[str] = "mod_env"

    variables: Variables = setting((), _overlaid)


def _set(words: Sequence[str]) -> tuple[EnvVariable, ...]:
    return (EnvVariable(words[0], words[1] if len(words) > 1 else ""),)


def _pass(words: Sequence[str]) -> tuple[EnvVariable, ...]:
    return tuple(EnvVariable(word, passed=True) for word in words)


def _unset(words: Sequence[str]) -> tuple[EnvVariable, ...]:
    return tuple(map(EnvVariable, words))


MODULE = Module(
    "mod_env",
    dir_conf=EnvDirConf,
    fate=Fate.SERVED,
    directives=[
        Spec("SetEnv", Args.TAKE12, ANYWHERE, per="dir", fills="variables", parse=_set, extends=True),
        Spec("PassEnv", Args.ITERATE, ANYWHERE, per="dir", fills="variables", parse=_pass, extends=True),
        Spec("UnsetEnv", Args.ITERATE, ANYWHERE, per="dir", fills="variables", parse=_unset, extends=True),
    ],
)
