"""The lossless tree: its bytes, its shape, its spans."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheconf.source import ENCODING, SourceFile
from apacheconf.syntax import Blank, Comment, Directive, Document, Section, Tag, parse

IDENTITY = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "identity").glob("*.conf"))


def parsed(text: str) -> Document:
    return parse(SourceFile("test.conf", text))


@pytest.mark.parametrize("path", IDENTITY, ids=lambda path: path.stem)
def test_prints_the_same_bytes(path: Path) -> None:
    """LEX-1."""
    document = parse(SourceFile.read(path))
    assert str(document).encode(ENCODING) == path.read_bytes()
    assert "".join(map(str, document.items)) == str(document)


#: Pieces that matter to lines and tags, so that chance finds their meetings.
PIECES = st.sampled_from(
    [
        "\n",
        "\r\n",
        "\\",
        "\\\n",
        "\\\r\n",
        "\0",
        "\r",
        " ",
        "\t",
        "#",
        "<",
        "</",
        ">",
        "'",
        '"',
        "a",
        "<b c>",
        "</b>",
        "\xe9",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join)


@given(TEXTS | st.text(st.characters(max_codepoint=255)))
def test_any_bytes_print_the_same(text: str) -> None:
    """LEX-1: every text has a tree, and it prints back."""
    document = parsed(text)
    assert str(document) == text
    assert "".join(map(str, document.items)) == text


@given(TEXTS)
def test_tree_and_stream_see_the_same_lines(text: str) -> None:
    """LEX-9 to LEX-16: what the grammar takes for a line is what httpd's reading takes for one."""
    document = parsed(text)
    from_tree: list[tuple[int, str]] = []

    def collect(items: object) -> None:
        for item in items:  # type: ignore[attr-defined]
            if isinstance(item, Section):
                from_tree.append((item.opening.start, item.opening.text))
                collect(item.items)
                if item.closing:
                    from_tree.append((item.closing.start, item.closing.text))
            else:
                from_tree.append((item.start, item.text))

    collect(document.items)
    assert from_tree == [(line.start, line.text) for line in document.lines()]


def test_kinds_of_lines() -> None:
    """LEX-18, LEX-19."""
    items = parsed("# c\n\n  \nListen 80 # no comment\n<A b>\n</A>\n</B>\n").items
    assert [type(item) for item in items] == [Comment, Blank, Blank, Directive, Section, Tag]
    assert isinstance(items[3], Directive)
    assert items[3].words == ["80", "#", "no", "comment"]


def test_sections_nest() -> None:
    """LEX-50, LEX-59."""
    (outer,) = parsed("<VirtualHost *:80>\n<Location />\nA b\n</Location>\n</VirtualHost>").items
    assert isinstance(outer, Section) and outer.closing
    assert (outer.name, outer.args, outer.closing.name) == ("VirtualHost", "*:80", "VirtualHost")
    (inner,) = outer.items
    assert isinstance(inner, Section)
    assert [str(item) for item in inner.items] == ["A b\n"]


def test_what_is_not_closed_ends_with_the_file() -> None:
    """LEX-58: no text is refused, judging it is for the reading."""
    (outer,) = parsed("<A>\n<B>\n</B>\n<C x\nD").items
    assert isinstance(outer, Section) and outer.closing is None
    assert isinstance(outer.items[1], Section) and outer.items[1].closing is None


def test_a_tag_after_a_continued_empty_line() -> None:
    """LEX-23, PIT-22, PIT-41."""
    assert isinstance(parsed("\\\n<Location /x>\n").items[0], Section)
    assert isinstance(parsed('"<Location" /x>\n').items[0], Section)
    section = parsed('<If "a && \\\n   b">\n</If>').items[0]
    assert isinstance(section, Section)
    assert section.args == '"a &&    b"'


def test_spans_of_words() -> None:
    """LEX-9, LEX-30: places are those in the file, joined lines or not."""
    document = parsed('# c\n  Header  set A \\\n   "b \\" c" d\n')
    directive = document.items[1]
    assert isinstance(directive, Directive)
    assert [str(span) for span in directive.word_spans] == [
        "test.conf:2:3", "test.conf:2:11", "test.conf:2:15", "test.conf:3:4", "test.conf:3:13",
    ]  # fmt: skip
    assert directive.word_spans[3].text == '"b \\" c"'
    assert directive.name_span.text == "Header"
    assert directive.args_span.text == 'set A \\\n   "b \\" c" d'


def test_deep_nesting_is_no_recursion() -> None:
    text = "<a>\n" * 50_000
    assert str(parsed(text).file.text) == text
    assert len(parsed(text).body) == 1
