"""Editing: what was asked for changes, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from apacheconf.source import SourceFile
from apacheconf.syntax import Directive, Document, Section, edit, parse
from apacheconf.syntax.tree import Item
from tests.syntax.test_tree import PIECES

SITE = """\
# tenants \\
  of today
<VirtualHost *:80>
    ServerName a.example
    <Location "/x">\r
        Require all denied\r
    </Location>
</VirtualHost>
Listen 80"""
NEW = "Header set A \\\n  b"


def parsed(text: str) -> Document:
    return parse(SourceFile("site.conf", text))


def named(document: Document, name: str) -> Item:
    return next(each for each in document.walk() if isinstance(each, Directive | Section) and each.name == name)


def test_replace() -> None:
    document = parsed(SITE)
    edited = edit.replace(document, named(document, "ServerName"), "    ServerName b.example\n    ServerAlias c")
    assert str(edited) == SITE.replace("    ServerName a.example", "    ServerName b.example\n    ServerAlias c")
    assert str(document) == SITE


def test_replace_a_section_keeps_its_line_end() -> None:
    document = parsed(SITE)
    edited = edit.replace(document, named(document, "Location"), "    # gone")
    assert str(edited) == SITE.replace(SITE[SITE.index("    <Loc") : SITE.index("\n</Virt")], "    # gone")


def test_remove() -> None:
    document = parsed(SITE)
    assert str(edit.remove(document, document.items[0])) == SITE.partition("today\n")[2]
    assert str(edit.remove(document, named(document, "Listen"))) == SITE.removesuffix("Listen 80")
    only_listen = edit.remove(document, named(document, "VirtualHost"))
    assert [type(item).__name__ for item in only_listen.items] == ["Comment", "Directive"]


def test_insert() -> None:
    document = parsed(SITE)
    host, listen = named(document, "VirtualHost"), named(document, "Listen")
    assert str(edit.insert_before(document, host, NEW)) == SITE.replace("<Virt", f"{NEW}\n<Virt")
    assert str(edit.insert_after(document, host, NEW)) == SITE.replace("Listen", f"{NEW}\nListen")
    assert str(edit.insert_after(document, listen, NEW)) == f"{SITE}\n{NEW}"
    assert str(edit.append(document, NEW)) == f"{SITE}\n{NEW}"
    assert isinstance(host, Section)
    assert str(edit.append(document, NEW, within=host)) == SITE.replace("</Virt", f"{NEW}\n</Virt")


def test_indent() -> None:
    document = parsed(SITE)
    assert edit.indent_of(named(document, "Location")) == "    "


def test_the_files_own_line_end() -> None:
    document = parsed("Listen 80\r\nListen 81\r\n")
    assert str(edit.insert_after(document, document.items[0], "Listen 82")) == "Listen 80\r\nListen 82\r\nListen 81\r\n"
    assert str(edit.replace(document, document.items[1], "Listen 82")) == "Listen 80\r\nListen 82\r\n"


def test_refused() -> None:
    document = parsed(SITE)
    with pytest.raises(ValueError, match="of an older tree"):
        edit.remove(edit.append(document, "Listen 81"), document.items[0])
    with pytest.raises(ValueError, match="ends with a backslash"):
        edit.append(document, "Listen 81 \\")
    with pytest.raises(ValueError, match="latin-1"):
        edit.append(document, "ServerName \u20ac")


def texts(document: Document) -> list[str]:
    return [line.text for line in document.lines()]


def solid(lines: list[str]) -> list[str]:
    """Without blank ones: a line that ends the file without a line end may be followed by one."""
    return list(filter(None, lines))


def lines_of(document: Document, item: Item) -> tuple[int, int]:
    """The numbers of the first logical line of an item, and of the first after it."""
    start = item.opening.start if isinstance(item, Section) else item.start
    end = item.span.end
    inside = [n for n, line in enumerate(document.lines()) if start <= line.start and line.end <= end]
    return inside[0], inside[-1] + 1


@st.composite
def documents(draw: st.DrawFn) -> tuple[Document, Item]:
    document = parsed("".join(draw(st.lists(PIECES, max_size=25))))
    items = list(document.walk())
    assume(items)
    return document, draw(st.sampled_from(items))


@given(documents(), st.sampled_from(["Listen 80", "<X y>", "# c", NEW, " \t"]))
def test_only_those_lines_change(given_item: tuple[Document, Item], text: str) -> None:
    """Each edit is one on the list of logical lines, and on the bytes around nothing at all."""
    document, item = given_item
    first, after = lines_of(document, item)
    before, new = texts(document), texts(parsed(text + "\n"))
    assert solid(texts(edit.remove(document, item))) == solid(before[:first] + before[after:])
    assert solid(texts(edit.replace(document, item, text))) == solid(before[:first] + new + before[after:])
    assert solid(texts(edit.insert_before(document, item, text))) == solid(before[:first] + new + before[first:])
    assert solid(texts(edit.insert_after(document, item, text))) == solid(before[:after] + new + before[after:])
    assert solid(texts(edit.append(document, text))) == solid(before + new)


@given(documents())
def test_the_bytes_around_stay(given_item: tuple[Document, Item]) -> None:
    document, item = given_item
    text = str(document)
    head = item.opening if isinstance(item, Section) else item
    for edited in (
        edit.replace(document, item, "X"),
        edit.insert_after(document, item, "X"),
        edit.remove(document, item),
    ):
        assert str(edited).startswith(text[: head.start])
        assert str(edited).endswith(text[item.span.end :].removeprefix("\n"))
    assert str(edit.insert_before(document, item, "X")).endswith(text[head.start :])
