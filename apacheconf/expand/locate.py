"""Where a word of an expanded directive stands in the file, for carets."""

from __future__ import annotations

from apacheconf.expand.tree import Absent, Node
from apacheconf.source import Span
from apacheconf.syntax.tree import words_of
from apacheconf.syntax.words import split


def word_span(directive: Node | Absent, number: int) -> Span:
    """The span of a word: 0 is the name, 1 the first argument; the whole directive where that can't be said.

    It can't when a variable or a macro's parameter has changed the number of words.
    """
    span = directive.place.span
    written = words_of(span)
    words = len(split(directive.args)) + 1
    tail = written[:-1] if written and written[-1].text == ">" else written
    if number < len(written) and words in (len(written), len(tail)):
        found = written[number]
        return _without_bracket(found) if isinstance(directive, Node) and directive.is_section else found
    return span


def _without_bracket(span: Span) -> Span:
    """A section's last word without the ``>`` that closes the tag."""
    text = span.text
    return Span(span.file, span.start, span.end - (text.endswith(">") and len(text) > 1))
