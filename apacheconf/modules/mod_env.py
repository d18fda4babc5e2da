"""mod_env: variables of a request's environment, set whatever the request is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import (
    ANYWHERE,
    Args,
    Conf,
    Fate,
    Module,
    Setting,
    Spec,
    parent_then_child,
    setting,
)


@dataclass(frozen=True, slots=True)
class EnvVariable:
    """One variable: its ``value``, or ``passed`` on from the server's own environment, or unset when neither."""

    name: str
    value: str | None = None
    passed: bool = False


@dataclass(frozen=True)
class EnvDirConf(Conf):
    """What was said, in order, the outer scope's first: a later line about a variable overrules (INH-7, MRG-22)."""

    module: ClassVar[str] = "mod_env"

    variables: Setting[tuple[EnvVariable, ...]] = setting((), parent_then_child)


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
