"""Carets: where a word of an expanded directive stands."""

from __future__ import annotations

import pytest

from apacheconf.expand import Expanded, Input, Options, expand
from apacheconf.expand.locate import word_span
from apacheconf.source import SourceFile


def read(text: str) -> Expanded:
    return expand(Input((SourceFile("f.conf", text),), "/"), Options(environ={}))


@pytest.mark.parametrize(
    ("text", "number", "found"),
    [
        ('\n  Header set "A b" c\n', 0, "f.conf:2:3 Header"),
        ('\n  Header set "A b" c\n', 2, 'f.conf:2:14 "A b"'),
        ("Header set \\\n  A b", 2, "f.conf:2:3 A"),
        ("<Location /x>\n</Location>\n", 1, "f.conf:1:11 /x"),
        ('<Location "/x">\n</Location>\n', 1, 'f.conf:1:11 "/x"'),
        ("<Location /x >\n</Location>\n", 1, "f.conf:1:11 /x"),
        ("Define v 1\nListen ${v} https\n", 1, "f.conf:2:8 ${v}"),
        ('Define v "1 2"\nListen ${v}\n', 1, "f.conf:2:1 Listen ${v}"),
        ("<Macro m $a>\nListen $a\n</Macro>\nUse m 80\n", 1, "f.conf:2:8 $a"),
    ],
)
def test_word_span(text: str, number: int, found: str) -> None:
    """LEX-9, VAR-2, MAC-4."""
    span = word_span(read(text).nodes[0], number)
    assert f"{span} {span.text}" == found


def test_chain_of_places() -> None:
    """MAC-10: a node remembers the Use that led to it."""
    (node,) = read("<Macro m $a>\n# c\nListen $a\n</Macro>\n\nUse m 80\n").nodes
    assert node.place.name == 'macro \'m\' (defined on line 1 of "f.conf") used on line 6 of "f.conf"'
    assert (node.place.line, node.place.span.line) == (1, 3)
    assert node.place.via and str(node.place.via) == "f.conf:6:1"
