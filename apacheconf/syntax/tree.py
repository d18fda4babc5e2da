"""The lossless tree of one file: every byte stands in exactly one place of it, and printing gives them all back.

It shows how the file is *written*: which lines are directives, comments, blank or tags, and which tags enclose
what, by nesting alone. Variables are not expanded and no name is known, so what httpd makes of it (a macro's
body, a false condition, a tag made by a variable) is the matter of ``expand``. Nothing of Lark shows here.

Document
  items: Directive | Comment | Blank | Section | Stray
Section
  opening: Tag, items, closing: Tag or None
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from apacheconf.source import SourceFile, Span
from apacheconf.syntax import lines, words


@dataclass(frozen=True, eq=False)
class Line:
    """A logical line as written, ``start`` to ``end`` without its line end."""

    file: SourceFile
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.file, self.start, self.end)

    @cached_property
    def text(self) -> str:
        """The line joined and trimmed, as httpd sees it."""
        return lines.join(self.file.text[self.start : self.end])

    def __str__(self) -> str:
        """The bytes of the line, its line end included."""
        return self.file.text[self.start : self.end + 1]


class Comment(Line):
    """A line whose first character is ``#`` (LEX-18), and all that continues it."""


class Blank(Line):
    """A line with nothing but blanks."""


class Directive(Line):
    """A directive: name, args and words as written, variables not expanded."""

    @cached_property
    def _split(self) -> tuple[str, str]:
        return words.first_word(self.text)

    @property
    def name(self) -> str:
        return self._split[0]

    @property
    def args(self) -> str:
        return self._split[1]

    @property
    def words(self) -> list[str]:
        """The arguments as httpd's getword splits them; RewriteRule and RewriteCond split theirs otherwise."""
        return words.split(self.args)

    @property
    def word_spans(self) -> list[Span]:
        """Where the words stand in the file, the name first, quotes included."""
        return words_of(self.span)

    @property
    def name_span(self) -> Span:
        return self.word_spans[0]

    @property
    def args_span(self) -> Span:
        """From the first argument to the last; empty, at the name's end, without arguments."""
        spans = self.word_spans
        return Span(self.file, spans[1].start, spans[-1].end) if spans[1:] else Span(self.file, *[spans[0].end] * 2)


class Tag(Directive):
    """A line that opens or closes a section. ``name`` is without brackets, ``args`` without the last ``>``."""

    @property
    def closes(self) -> bool:
        return self._split[0].startswith("</")

    @property
    def name(self) -> str:
        return self._split[0].lstrip("<").removeprefix("/").removesuffix(">")

    @property
    def args(self) -> str:
        return self._split[1].rpartition(">")[0].rstrip(words.BLANKS)


@dataclass(frozen=True, eq=False)
class Section:
    """An open tag, what is between, and the next close tag of the same depth, whatever its name; None at the end."""

    opening: Tag
    body: Body
    closing: Tag | None

    @property
    def name(self) -> str:
        return self.opening.name

    @property
    def args(self) -> str:
        return self.opening.args

    @property
    def items(self) -> tuple[Item, ...]:
        return _items(self.body)

    @property
    def span(self) -> Span:
        last = self.closing or (self.body[-1] if self.body else self.opening)
        return Span(self.opening.file, self.opening.start, last.span.end)

    def __str__(self) -> str:
        return f"{self.opening}{''.join(map(str, self.body))}{self.closing or ''}"


@dataclass(frozen=True, eq=False)
class Run:
    """A stretch of lines without tags, its line ends included; split into lines when asked."""

    file: SourceFile
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.file, self.start, self.end)

    @cached_property
    def items(self) -> tuple[Directive | Comment | Blank, ...]:
        found = lines.logical_lines(self.file, self.start, self.end)
        return tuple(_kind(line.text)(self.file, line.start, line.end) for line in found)

    def __str__(self) -> str:
        return self.file.text[self.start : self.end]


def _kind(text: str) -> type[Directive] | type[Comment] | type[Blank]:
    if not text:
        return Blank
    return Comment if text[0] == "#" else Directive


#: What stands in a document or section, as seen by readers; a Tag among them closes what nobody opened.
Item = Directive | Comment | Blank | Section | Tag


@dataclass(frozen=True, eq=False)
class Document:
    """One file as a tree. ``str(document)`` is its text.

    The tree is made when it is first looked at: what only needs the lines, such as ``expand``, never waits for it.
    """

    file: SourceFile
    make_body: Callable[[SourceFile], Body] = field(repr=False)

    @cached_property
    def body(self) -> Body:
        return self.make_body(self.file)

    @property
    def items(self) -> tuple[Item, ...]:
        return _items(self.body)

    def lines(self) -> Iterator[lines.LogicalLine]:
        """The logical lines in file order, tags among them."""
        return lines.logical_lines(self.file)

    def walk(self) -> Iterator[Item]:
        """Every item, in file order; a section's own tags are not items."""
        todo = list(reversed(self.items))
        while todo:
            item = todo.pop()
            yield item
            if isinstance(item, Section):
                todo += reversed(item.items)

    def __str__(self) -> str:
        return "".join(map(str, self.body))


#: Runs are split into lines by ``items`` only.
Body = tuple[Run | Section | Tag, ...]


def _items(body: Body) -> tuple[Item, ...]:
    found: list[Item] = []
    for part in body:
        if isinstance(part, Run):
            found += part.items
        else:
            found.append(part)
    return tuple(found)


def words_of(span: Span) -> list[Span]:
    """Where the words of the logical line at ``span`` stand in the file, quotes included; the name comes first.

    Continuations inside a word are part of its span. Variables and macro parameters are as written.
    """
    text, at = "", 0
    places: list[int] = []  # of each character of ``text`` in ``raw``
    raw = span.text.partition("\0")[0]
    for match in lines.joints(raw):
        text += raw[at : match.start()]
        places += range(at, match.start())
        at = match.end()
    text += raw[at:]
    places += range(at, len(raw) + 1)
    return [
        Span(span.file, span.start + places[word.start], span.start + places[word.end - 1] + 1)
        for word in words.split_with_offsets(text)
    ]
