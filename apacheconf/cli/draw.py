"""Draw diagnostics: place, message and name, the source line, a caret under the span, help, the chain.

Lines are made of styled pieces. Without a terminal they are joined as plain text, which is stable; on one, rich
paints them. Text of files is bytes seen as latin-1; it is shown as UTF-8 where it is that.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import TextIO

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.source import ENCODING, Place, Span

#: A stretch of a line: what rich calls its style, and the text.
Piece = tuple[str, str]
Line = list[Piece]

LEVELS: dict[Level, Piece] = {
    Level.ERROR: ("bold red", "error"),
    Level.WARNING: ("bold yellow", "warning"),
    Level.INFO: ("bold cyan", "info"),
    Level.NOTE: ("bold blue", "note"),
}
TAB = "    "
#: A source line longer than this is cut around the caret.
LONGEST = 160


def is_terminal(stream: TextIO) -> bool:
    """Whether there is a width to fill, and lines may be drawn anew."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def print_lines(lines: Iterable[Line], stream: TextIO, wrap: bool = False) -> None:
    """Write styled lines; on a terminal long ones ``wrap`` between words, indented, and they are painted there unless
    NO_COLOR is set (https://no-color.org)."""
    if not is_terminal(stream):
        for line in lines:
            stream.write("".join(text for _, text in line) + "\n")
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, soft_wrap=True)
    plain = bool(os.environ.get("NO_COLOR"))
    for line in lines:
        text = Text.assemble(*((text, "" if plain else style) for style, text in line))
        indent = len(text.plain) - len(text.plain.lstrip())
        if not wrap or len(text) <= console.width:
            console.print(text)
            continue
        for number, part in enumerate(text[indent:].wrap(console, max(console.width - indent - 2, 20))):
            part.rstrip()
            console.print(Text(" " * (indent + 2 * (number > 0))) + part)


def print_all(diagnostics: Iterable[Diagnostic], stream: TextIO, most: int | None = None) -> None:
    """Write diagnostics (the first ``most`` of them) with an empty line between them, and how many there were."""
    found = tuple(diagnostics)
    for diagnostic in found[:most]:
        print_lines([*draw(diagnostic), []], stream)
    if most is not None and len(found) > most:
        print_lines([[("dim", f"... and {len(found) - most} more")], []], stream)
    print_lines([[("bold", summary(found))]], stream)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """``2 errors, 1 warning``."""
    counts: dict[Level, int] = {}
    for diagnostic in diagnostics:
        counts[diagnostic.level] = counts.get(diagnostic.level, 0) + 1
    parts = [f"{n} {LEVELS[level][1]}{'s' if n > 1 else ''}" for level, n in sorted(counts.items(), reverse=True)]
    return ", ".join(parts) or "nothing found"


def draw(diagnostic: Diagnostic) -> Iterator[Line]:
    """The lines of one diagnostic."""
    where = _without_indent(diagnostic.where)
    head: Line = [("bold", f"{near(where)}: ")] if where else []
    yield [
        *head,
        LEVELS[diagnostic.level],
        ("bold", f": {shown(diagnostic.message)}"),
        ("dim", f" [{diagnostic.name}]"),
    ]
    margin = " "
    if where:
        margin = " " * len(str(where.line))
        yield from _snippet(where, margin, LEVELS[diagnostic.level][0])
    for text in (diagnostic.help or "").splitlines():
        yield [("blue", f"{margin} = "), ("bold", "help"), ("", f": {shown(text)}")]
    for text in _chain(diagnostic.place):
        yield [("blue", f"{margin} = "), ("dim", text)]


def _without_indent(where: Span | None) -> Span | None:
    """A directive's span begins with its line; what is pointed at begins with its first character."""
    if where is None:
        return None
    blanks = len(where.text) - len(where.text.lstrip())
    return Span(where.file, where.start + blanks, where.end) if 0 < blanks < len(where.text) else where


def _snippet(where: Span, margin: str, style: str) -> Iterator[Line]:
    """The source line with a caret under the span; of several lines the first."""
    line = where.file.line_text(where.line)
    start = where.column - 1
    end = max(start + 1, min(len(line), start + where.end - where.start))
    before, marked = shown(line[:start]), shown(line[start:end]) or " "
    text = before + marked + shown(line[end:])
    cut = max(0, min(len(before) - LONGEST // 2, len(text) - LONGEST))
    ellipsis = "..." if cut else ""
    visible = ellipsis + text[cut : cut + LONGEST] + ("..." if len(text) > cut + LONGEST else "")
    carets = "^" * min(len(marked), LONGEST)
    yield [("blue", f"{margin} |")]
    yield [("blue", f"{where.line} | "), ("", visible)]
    yield [("blue", f"{margin} | "), (style, " " * (len(before) - cut + len(ellipsis)) + carets)]


def _chain(place: Place | None) -> Iterator[str]:
    """The includes and macro uses that led to ``place``, innermost first; a line that repeats is told once."""
    for line, repeated in groupby(_links(place)):
        times = sum(1 for _ in repeated)
        yield f"{line} ({times} times)" if times > 1 else line


def _links(place: Place | None) -> Iterator[str]:
    via = place.via if place else None
    while via:
        directive = via.span.text.split(None, 1)
        how = "used" if directive and directive[0].lower() == "use" else "included"
        yield f"{how} at {near(via)}"
        via = via.via


def near(place: object) -> str:
    """Text that begins with a file's name, which is made relative to the current directory if it lies below.

    Of a directive's place only the line is told: its span begins with its line.
    """
    text = f"{place.span.file.name}:{place.first_line}" if isinstance(place, Place) else str(place)
    return shown(text.removeprefix(f"{Path.cwd()}/"))


def shown(text: str) -> str:
    """Text of a file as a terminal may show it: UTF-8 where it is that, tabs widened, control bytes escaped."""
    codec = ENCODING
    with contextlib.suppress(UnicodeError):
        text, codec = text.encode(ENCODING).decode(), "utf-8"
    text = text.replace("\t", TAB)
    return "".join(char if char.isprintable() else _escaped(char, codec) for char in text)


def _escaped(char: str, codec: str) -> str:
    """The bytes of a character that can't be shown."""
    return "".join(f"\\x{byte:02x}" for byte in char.encode(codec, "surrogatepass"))
