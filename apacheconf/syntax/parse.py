"""Text to tree: runs Lark over the text and turns its tokens into our tree; Lark's types end here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from apacheconf.source import SourceFile
from apacheconf.syntax.grammar import open_grammar
from apacheconf.syntax.lines import masked
from apacheconf.syntax.tree import Body, Document, Run, Section, Tag

if TYPE_CHECKING:
    from lark import Lark, Token, Tree


@cache
def _parser() -> Lark:
    return open_grammar("httpd")


def parse(source: SourceFile) -> Document:
    """The lossless tree of ``source``. Every text has one: no error is raised, structure is judged by ``expand``."""
    return Document(source, _parse)


def _parse(source: SourceFile) -> Body:
    return _body(source, _parser().parse(masked(source.text)))


def _body(source: SourceFile, tree: Tree[Token]) -> Body:
    """Our items of Lark's tree; a loop, because sections may nest deeper than Python's stack."""
    frames: list[tuple[Tree[Token], Iterator[Token | Tree[Token]], list[Any]]] = [(tree, iter(tree.children), [])]
    while True:
        current, children, items = frames[-1]
        for child in children:
            if isinstance(child, str):
                items.append(_leaf(source, child))
            else:
                frames.append((child, iter(child.children), []))
                break
        else:
            frames.pop()
            if not frames:
                return tuple(items)
            closing = items.pop() if current.data == "section" else None
            frames[-1][2].append(Section(items[0], tuple(items[1:]), closing))


def _leaf(source: SourceFile, token: Token) -> Run | Tag:
    start, end = token.start_pos or 0, token.end_pos or 0
    if token.type == "RUN":
        return Run(source, start, end)
    ended = token.endswith("\n") and not token.endswith(("\\\n", "\\\r\n"))  # else continued to the end (LEX-12)
    return Tag(source, start, end - ended)
