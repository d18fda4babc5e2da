"""How the directives of the read phase take their words (ARG-2, ARG-4); they come before any table is asked."""

from __future__ import annotations

from apacheconf.expand.reader import Line
from apacheconf.expand.refused import Refused
from apacheconf.syntax.words import split


def one_word(line: Line, help: str) -> str:
    """The only word of the line. Raises Refused with the directive's ``help``, as httpd says it."""
    words = split(line.args)
    if len(words) != 1 or not words[0]:
        raise Refused(f"{line.name} takes one argument, {help}", "argument-count")
    return words[0]


def some_words(line: Line, count: tuple[int, ...], says: str) -> list[str]:
    """The words of the line, as many as ``count`` allows. Raises Refused; ``says`` is httpd's message."""
    words = split(line.args)
    if len(words) == 2 and words[1] == "" and 1 in count:
        words.pop()
    if len(words) not in count or "" in words:
        raise Refused(f"{line.name} {says}", "argument-count")
    return words
