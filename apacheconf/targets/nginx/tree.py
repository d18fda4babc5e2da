"""nginx's language as a tree, and the printer that owns its quoting (NGX-195, DES-13).

A block holds entries: directives (with a block of their own or without), comments and blank lines. Nobody
glues strings: words are quoted here and only here. A ``$`` in a word is a variable; ``literal`` gives text
in which it isn't.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from apacheconf.targets.claims import Claim
from apacheconf.targets.sources import comment_lines

#: A word that nginx reads back as itself without quotes.
_BARE = re.compile(r"(?!['\"])(?:[^\s;{}\\'\"#\x00-\x1f]|\$\{\w+\})+")
_CR, _LF = r"\r", r"\n"
#: nginx has no escape for ``$``; the name of the variable that holds one (NGX-195).
DOLLAR = "${dollar}"
#: A question mark that rewrite doesn't see.
QUESTION = "${question}"


@dataclass(slots=True)
class Directive:
    """``name words;`` or, with a block, ``name words { ... }``. ``comment`` stands above it."""

    name: str
    words: tuple[str, ...] = ()
    block: Block | None = None
    comment: str = ""
    claims: tuple[Claim, ...] = ()


@dataclass(slots=True)
class Copy:
    """A server that is written already, with its indent and its names, in so many lines; ``claims`` are at these, from
    0. ``file`` and ``line`` are where it was printed.
    """

    text: str
    names: tuple[str, ...]
    port: int
    count: int = 0
    claims: tuple[tuple[int, Claim], ...] = ()
    file: str = ""
    line: int = 0


@dataclass(slots=True)
class Text:
    """So many lines that are written already, with their indent, and claim nothing."""

    text: str
    count: int


Entry = Directive | Copy | Text | str | None


@dataclass(slots=True)
class Block:
    """The entries between braces, or the whole file. None stands for a blank line, text for a comment."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, name: str, *words: str, comment: str = "", claims: tuple[Claim, ...] = ()) -> Directive:
        """Append ``name words;``."""
        directive = Directive(name, words, None, comment, claims)
        self.entries.append(directive)
        return directive

    def open(self, name: str, *words: str, comment: str = "", claims: tuple[Claim, ...] = ()) -> Block:
        """Append ``name words { }`` and give its block."""
        block = Block()
        self.entries.append(Directive(name, words, block, comment, claims))
        return block

    def say(self, comment: str) -> None:
        """Append a comment of its own."""
        self.entries.append(comment)

    def space(self) -> None:
        """Append a blank line, unless the block is empty or ends with one."""
        if self.entries and self.entries[-1] is not None:
            self.entries.append(None)

    def directives(self) -> Iterator[Directive]:
        """The directives of this block, without what is in theirs."""
        return (entry for entry in self.entries if isinstance(entry, Directive))


def all_directives(block: Block) -> list[Directive]:
    """The directives of a block and of those in it, from the first to the last."""
    found = []
    for each in block.directives():
        found.append(each)
        found += all_directives(each.block) if each.block else []
    return found


def add_claims(known: Directive, other: Directive) -> None:
    """Let a directive carry what ``other`` claims, which says the same."""
    if known is other:
        return
    known.claims = tuple(dict.fromkeys((*known.claims, *other.claims)))
    if known.block is not None and other.block is not None:
        for one, another in zip(known.block.directives(), other.block.directives(), strict=True):
            add_claims(one, another)


_ENDS_IN_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)\Z")


def glued(words: Iterable[str]) -> str:
    """Words with variables in them as one word: a name of a variable ends where its word does."""
    made = ""
    for word in words:
        if re.match(r"\w", word, re.ASCII):
            made = _ENDS_IN_VARIABLE.sub(r"${\1}", made)
        made += word
    return made


def literal(text: str) -> str:
    """``text`` as part of a word in which ``$`` means itself."""
    return text.replace("$", DOLLAR)


def literal_path(text: str) -> str:
    """``text`` as part of the path that a rewrite makes: a ``?`` doesn't start the query either."""
    return literal(text).replace("?", QUESTION)


@lru_cache(maxsize=65536)
def quote(word: str) -> str:
    """``word`` as nginx reads it back: bare, or in double quotes with ``\\`` and ``"`` escaped.

    nginx's reader takes only ``\\"``, ``\\'``, ``\\\\``, ``\\t``, ``\\r`` and ``\\n`` as escapes and keeps other
    backslashes, so ``\\.`` of a regex stays as it is.
    """
    if _BARE.fullmatch(word):
        return word
    escaped = re.sub(r"\\(?=[\"'\\trn]|$)", r"\\\\", word).replace('"', '\\"')
    return f'"{escaped.replace(chr(13), _CR).replace(chr(10), _LF)}"'  # a line stays one


def print_tree(root: Block, depth: int = 0) -> tuple[str, list[tuple[int, Claim]]]:
    """The text, and each claim with the line (from 1) of the directive that carries it."""
    printer = _Printer()
    printer.block(root, depth)
    return "\n".join([*printer.texts, ""]), printer.claims  # the text may be as long as 30 MB: it is made once


class _Printer:
    """What was printed so far: ``texts`` are lines, but for copies, which are several; ``count`` is how many."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.claims: list[tuple[int, Claim]] = []
        self.count = 0

    def say(self, *lines: str) -> None:
        self.texts += lines
        self.count += len(lines)

    def block(self, block: Block, depth: int) -> None:
        indent = "    " * depth
        for entry in block.entries:
            if entry is None:
                self.say("")
            elif isinstance(entry, str):
                self.say(*(f"{indent}{line}" for line in comment_lines(entry)))
            elif isinstance(entry, Copy):
                self._copy(entry)
            elif isinstance(entry, Text):
                self.texts.append(entry.text)
                self.count += entry.count
            else:
                self._directive(entry, depth)

    def _copy(self, entry: Copy) -> None:
        entry.line = self.count + 1
        self.claims += [(self.count + line, claim) for line, claim in entry.claims]
        self.texts.append(entry.text)
        self.count += entry.count

    def _directive(self, entry: Directive, depth: int) -> None:
        indent = "    " * depth
        if entry.comment:
            self.say(*(f"{indent}{line}" for line in comment_lines(entry.comment)))
        words = " ".join(map(quote, (entry.name, *entry.words)))
        if entry.name == "if":
            words = f"if ({words.removeprefix('if ')})"
        self.claims += [(self.count + 1, claim) for claim in entry.claims]
        if entry.block is None:
            self.say(f"{indent}{words};")
        else:
            self.say(f"{indent}{words} {{")
            self.block(entry.block, depth + 1)
            self.say(f"{indent}}}")
