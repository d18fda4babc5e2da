"""RegexDefaultOptions: what patterns mean that stand behind it, in the whole configuration (STR-15).

PCRE2 can be told in the pattern itself, so that whoever reads a pattern later needn't know of the directive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apacheconf.modules.declare import Scope

#: What httpd's patterns have by themselves: a dot is a line's end, too, and $ the very end alone.
USUAL = frozenset({"DOTALL", "DOLLAR_ENDONLY"})
#: Under which name the options are known to directives further down.
NAMED = ("regex", "options")
#: A piece of a pattern in which no ``$`` stands for the end, or that sign.
_PIECE = re.compile(r"\\Q.*?(?:\\E|\Z)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\$|.", re.DOTALL)


def options_after(words: Iterable[str], before: frozenset[str]) -> frozenset[str]:
    """The options behind the directive: a sign adds or takes away, a bare word stands alone, ``none`` clears."""
    found = before
    for word in (word.upper() for word in words):
        if word == "NONE":
            found = frozenset()
        elif word[0] in "+-":
            found = found | {word[1:]} if word[0] == "+" else found - {word[1:]}
        else:
            found = frozenset({word})
    return found


def written(pattern: str, scope: Scope) -> str:
    """A pattern as PCRE2 is to read it where httpd's own options are those of ``USUAL``."""
    options: frozenset[str] = scope.named.get(NAMED, USUAL)
    if options == USUAL:
        return pattern
    if "DOLLAR_ENDONLY" not in options:
        pattern = _PIECE.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern)
    on, off = "i" * ("ICASE" in options), "-s" * ("DOTALL" not in options)
    return f"(?{on}{off}){pattern}" if on or off else pattern


#: A regex in an expression: ``/.../``, or ``m`` and another sign around it, and its options.
_LITERAL = r"m(?P<mark>[^A-Za-z0-9\s]).*?(?P=mark)i?|/(?:[^/\\]|\\.)*/i?"
_IN_EXPRESSION = re.compile(rf"(?s)([=!]~\s*)({_LITERAL})")


def written_in(expression: str, scope: Scope) -> str:
    """The same for the patterns in an expression."""
    if scope.named.get(NAMED, USUAL) == USUAL:
        return expression

    def spelled(found: re.Match[str]) -> str:
        text = found[2]
        front, end = (1, text.rindex("/")) if text[0] == "/" else (2, text.rindex(text[1]))
        return f"{found[1]}{text[:front]}{written(text[front:end], scope)}{text[end:]}"

    return _IN_EXPRESSION.sub(spelled, expression)
