"""A ``#`` behind a directive that was meant as a comment.

A comment stands on a line of its own; behind a directive, ``#`` and the words after it are arguments (LEX-18).
Where a directive takes any number of them, httpd says nothing.

Example:

    ServerAlias www.example.com # old names

Write instead:

    # old names
    ServerAlias www.example.com
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.syntax.words import split_with_offsets

RULE = Rule("trailing-comment", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for node in view.written():
        if "#" not in node.args:
            continue
        words = split_with_offsets(node.args)
        for number, word in enumerate(words[1:], 1):
            text = node.args[word.start : word.end]
            # A last word such as #fff may be a value; a lone # or one with words behind it is none.
            if text.startswith("#") and (len(text) == 1 or number + 1 < len(words)):
                message = "this is no comment: httpd reads # and what follows as arguments"
                yield RULE.finding(node, message, "write the comment on a line of its own", word=number)
                break
