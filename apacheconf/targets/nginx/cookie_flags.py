"""Flags that Header edit gives the cookies of an origin (``$1;HttpOnly;Secure``), which nginx adds by itself (NGX-87).

It reads a cookie and writes it anew: each flag once, in its own spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from apacheconf.program.steps import EditHeader
from apacheconf.program.values import Literal
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.questions import CannotAsk

WORDS = "cookie-flags", "a cookie gets each flag once, in nginx's spelling, and a SameSite that it has is replaced"
_ALL = re.compile(r"\^?\(?\.[*+]\)?\$?")
_ONE = re.compile(r"\^?\((?P<name>[A-Za-z0-9_-]+)=(?:\.\*\)\$?|\[\^;\][*+]\)(?:\(\?!\.\*SameSite\))?)", re.IGNORECASE)
_FLAGS = re.compile(r"secure|httponly|samesite=(?:strict|lax|none)")


@dataclass
class CookieFlags:
    """What is added to cookies, by their names; what is added to all of them stands under None."""

    flags: dict[str | None, list[str]] = field(default_factory=dict)

    def add(self, action: EditHeader) -> None:
        """The flags of a line. Raises CannotAsk where it does anything else."""
        assert action.regex is not None
        pattern = action.regex.pattern
        one = _ONE.fullmatch(pattern)
        if one is None and not _ALL.fullmatch(pattern):
            raise CannotAsk("an edit of cookies that an origin sets")
        self.flags.setdefault(one["name"] if one else None, []).extend(_flags_in(action))

    def emit(self, location: Block) -> None:
        """The first line that names a cookie counts, so that each has what is added to all."""
        of_all = self.flags.get(None, [])
        for name, flags in self.flags.items():
            if name is not None:
                location.add("proxy_cookie_flags", name, *dict.fromkeys((*of_all, *flags)))
        if of_all:
            location.add("proxy_cookie_flags", "~", *dict.fromkeys(of_all))


def _flags_in(action: EditHeader) -> list[str]:
    text = action.replacement.text if isinstance(action.replacement, Literal) else ""
    first, *flags = (each.strip().lower() for each in text.split(";"))
    if first not in ("$0", "$1") or not flags or not all(map(_FLAGS.fullmatch, flags)):
        raise CannotAsk("an edit of cookies that an origin sets")
    return flags
