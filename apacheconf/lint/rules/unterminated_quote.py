"""A quoted argument without its closing quote.

httpd takes the rest of the line as one argument and says nothing (LEX-30, LEX-31). A backslash before the closing
quote has the same effect, as in ``"C:\\path\\"`` (LEX-37).

Example:

    Header set Cache-Control "max-age=1; must-revalidate env=static

Write instead:

    Header set Cache-Control "max-age=1; must-revalidate" env=static
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.syntax.words import split_with_offsets

RULE = Rule("unterminated-quote", Level.WARNING)

_CLOSED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'""", re.DOTALL)


def check(view: View) -> Iterator[Diagnostic]:
    for node in view.written():
        if ('"' in node.args or "'" in node.args) and not node.name.lower().startswith("rewrite"):
            words = split_with_offsets(node.args)
            last = node.args[words[-1].start : words[-1].end]
            if last[0] in "\"'" and not _CLOSED.fullmatch(last):
                message = f"the {last[0]} is never closed: all that follows on the line is one argument"
                yield RULE.finding(node, message, f"close it with {last[0]}", word=len(words) - 1)
