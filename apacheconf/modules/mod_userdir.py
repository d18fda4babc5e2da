"""mod_userdir: ``/~user`` paths. Files are not served here."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import listed


def _user_dir(words: Sequence[str]) -> tuple[str, ...]:
    if not words or not words[0]:
        raise ValueRefused("UserDir requires an argument.")
    return tuple(words)


MODULE = Module("mod_userdir", fate=Fate.REFUSED, directives=[listed("UserDir", _user_dir)])
