"""mod_unixd: as whom httpd runs. One process of a user's own has no use for it; who isn't known here is a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from apacheconf.modules.declare import Fate, Module, NotHere, Parse
from apacheconf.modules.facts import flags, listed
from apacheconf.modules.values import existing_folder


def _name(kind: str, look_up: Callable[[str], Any], code: str) -> Parse:
    """A user or group by its name, or by ``#`` and its number."""

    def parse(words: Sequence[str]) -> str:
        if not words[0].startswith("#"):
            try:
                look_up(words[0])
            except (KeyError, NotImplementedError, ValueError, OSError):
                raise NotHere(f"bad {kind} name {words[0]}", 0, words[0], code) from None
        return words[0]

    return parse


def _user(name: str) -> Any:
    import pwd

    return pwd.getpwnam(name)


def _group(name: str) -> Any:
    import grp

    return grp.getgrnam(name)


MODULE = Module(
    "mod_unixd",
    fate=Fate.NO_EFFECT,
    directives=[
        listed("User", _name("user", _user, "AH00543")),
        listed("Group", _name("group", _group, "AH00544")),
        listed("ChrootDir", parse_in=existing_folder("ChrootDir must be a valid directory")),
        *flags("Suexec"),
    ],
)
