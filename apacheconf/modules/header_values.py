"""The values of Header and RequestHeader (HD-5, HD-6): literal text and tags such as ``%{VAR}e``, or ``expr=TEXT``.

httpd reads them with a loop and not with a grammar, and so does this: a tag is ``%``, an argument in braces that
may be left out, and one letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.modules.declare import ValueRefused
from apacheconf.modules.expressions import check_string

#: ``t`` time, ``D`` duration, ``e`` environment, ``s`` TLS variable, ``l`` load, ``i`` idle, ``b`` busy.
LETTERS = frozenset("tDeslib")
_PIECE = re.compile(r"%(?:%|\Z|(?:\{(?P<argument>[^}]*)\}?)?(?P<letter>.)?)|(?P<text>[^%]+)", re.DOTALL)
_ESCAPES = {"\\\\": "\\", "\\r": "\r", "\\n": "\n", "\\t": "\t"}


@dataclass(frozen=True, slots=True)
class Tag:
    """``%{argument}letter``."""

    letter: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class HeaderValue:
    """``parts`` are texts and tags in order; ``expression`` stands in their place for ``expr=TEXT``."""

    parts: tuple[str | Tag, ...] = ()
    expression: str | None = None


def header_value(text: str, ssl: bool, word: int) -> HeaderValue:
    """The value in ``text``, which is the directive's word number ``word``. Raises ValueRefused (ARG-22, EXPR-43)."""
    if text.startswith("expr="):
        check_string(text[5:], "Can't parse value expression : ", ssl, word)
        return HeaderValue(expression=text[5:])
    return HeaderValue(tuple(_parts(text, ssl, word)))


def _parts(text: str, ssl: bool, word: int) -> Iterator[str | Tag]:
    """Without mod_ssl nobody looks up a ``%{NAME}s``."""
    for piece in _PIECE.finditer(text):
        if piece["text"] is not None:
            yield re.sub(r"\\[\\rnt]", lambda found: _ESCAPES[found[0]], piece["text"])
        elif piece[0] in ("%", "%%"):
            yield "%"
        elif piece["letter"] == "s" and not ssl:
            yield "(null)"
        elif piece["letter"] in LETTERS:
            yield Tag(piece["letter"], piece["argument"] or "")
        else:
            raise ValueRefused(f"Unrecognized header format %{piece['letter'] or ''}", word)
