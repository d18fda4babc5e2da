"""mod_unixd: as whom httpd runs. One process of a user's own has no use for it; who isn't known here is a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from apacheconf.modules.declare import Fate, Module, NotHere, Parse, on_or_off
from apacheconf.modules.facts import listed
from apacheconf.modules.values import existing_folder, is_there


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


#: Where Debian's and Red Hat's httpd look for their helper.
_SUEXEC = ("/usr/lib/apache2/suexec", "/usr/sbin/suexec")


def look_for_suexec(said: str, value: Any) -> None:
    """Raise NotHere with ``said`` where the helper that runs scripts as others is missing."""
    if not any(map(is_there, _SUEXEC)):
        raise NotHere(said.format(f"Missing suexec binary {_SUEXEC[0]}"), 0, value)


def _suexec(words: Sequence[str]) -> bool:
    wanted = on_or_off(words)
    if wanted:
        look_for_suexec("suEXEC isn't supported: {}", wanted)
    return wanted


MODULE = Module(
    "mod_unixd",
    fate=Fate.NO_EFFECT,
    directives=[
        listed("User", _name("user", _user, "AH00543")),
        listed("Group", _name("group", _group, "AH00544")),
        listed("ChrootDir", parse_in=existing_folder("ChrootDir must be a valid directory")),
        listed("Suexec", _suexec),
    ],
)
