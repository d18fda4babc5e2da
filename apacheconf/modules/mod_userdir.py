"""mod_userdir: ``/~user`` paths, and whose they may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed

Lines = Setting[tuple[tuple[str, ...], ...]]


def merged(parent: Lines, child: Lines) -> Lines:
    """A host that says anything of UserDir knows nothing of the users whom the main server names."""
    if not child.value:
        return parent
    kept = [pair for pair in zip(parent.value, parent.said_by, strict=True) if not _names_users(pair[0])]
    return Setting((*(line for line, _ in kept), *child.value), (*(said for _, said in kept), *child.said_by))


def _names_users(line: tuple[str, ...]) -> bool:
    return len(line) > 1 and line[0].lower() in ("enabled", "disabled")


@dataclass(frozen=True)
class UserDirServerConf(Conf):
    """The words of each line: folders, or ``enabled`` and ``disabled`` with users."""

    module: ClassVar[str] = "mod_userdir"

    lines: Lines = setting((), merged)


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
