"""mod_userdir: ``/~user`` paths, and whose they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, parent_then_child, setting
from apacheconf.modules.facts import listed


@dataclass(frozen=True)
class UserDirServerConf(Conf):
    """The words of each line: folders, or ``enabled`` and ``disabled`` with users."""

    module: ClassVar[str] = "mod_userdir"

    lines: Setting[tuple[tuple[str, ...], ...]] = setting((), parent_then_child)


def _user_dir(words: Sequence[str]) -> tuple[str, ...]:
    if not words or not words[0]:
        raise ValueRefused("UserDir requires an argument.")
    return tuple(words)


MODULE = Module(
    "mod_userdir",
    server_conf=UserDirServerConf,
    fate=Fate.SERVED,
    directives=[listed("UserDir", _user_dir, fate=Fate.SERVED, fills="lines", appends=True)],
)
