"""Comments that point to the source: ``# from site.conf:12 (ProxyPass /)`` (DES-11).

File names are shortened by the folder that all sources share, so that the output is the same on every
machine (DES-12).
"""

from __future__ import annotations

import os.path
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from apacheconf.ledger import Written
from apacheconf.source import Place

_LONGEST = 60
#: Directives that one comment names; the report accounts for all of them.
_NAMED = 8
#: nginx refuses a file with a comment line of more than 4,096 bytes.
_WIDTH = 110
#: How a comment begins that is a command, which stays in one line to be run as it stands.
RUN = "run: "


class Sources:
    """Knows the folder that the sources share; writes comments about directives."""

    def __init__(self, directives: Iterable[Written], one_reading: bool = False) -> None:
        """``one_reading`` says that no Include and no macro led to the directives."""
        files = {each.place.span.file for each in directives}
        self._counts_lines = one_reading and not any(each.joins_lines for each in files)
        names = {file.name for file in files}
        folders = {str(Path(name).parent) for name in names if Path(name).is_absolute()}
        self._shared = os.path.commonpath(folders) if folders else ""
        self._shown: dict[str, str] = {}

    def at(self, place: Place) -> str:
        """``site.conf:12``."""
        return f"{self.file_of(place)}:{place.line if self._counts_lines else place.first_line}"

    def lines_of(self, directives: Iterable[Written]) -> list[str]:
        """The line of each."""
        if self._counts_lines:
            return [str(each.place.line) for each in directives]
        return [str(each.place.first_line) for each in directives]

    @property
    def true(self) -> Sources:
        """What writes comments about a host that are not part of a text for many."""
        return self

    def file_of(self, place: Place) -> str:
        """``site.conf``."""
        name = place.span.file.name
        if name not in self._shown:
            apart = Path(name).is_absolute() and self._shared
            self._shown[name] = plain(os.path.relpath(name, self._shared) if apart else name)
        return self._shown[name]

    def title(self, directive: Written) -> str:
        """What the directive is called in a comment."""
        return title(directive)

    def comment(self, directives: Sequence[Written]) -> str:
        """One line for all the directives: files are named once, each directive by its name and first word."""
        if len(directives) == 1:  # most of a large file
            return f"from {self.at(directives[0].place)} ({self.title(directives[0])})"
        parts, last = [], ""
        named = list(dict.fromkeys(directives))
        for directive in named[:_NAMED]:
            file, _, line = self.at(directive.place).rpartition(":")
            where = f"line {line}" if file == last else f"{file}:{line}"
            parts.append(f"{where} ({self.title(directive)})")
            last = file
        if len(named) > _NAMED:
            parts.append(f"and {len(named) - _NAMED} more")
        return f"from {', '.join(parts)}" if parts else ""


def title(directive: Written) -> str:
    """``ProxyPass /``: the name and, cut short, the first argument."""
    words = directive.args.split(None, 1)
    first = words[0].strip('"') if words else ""
    text = plain(f"{directive.name} {first}".strip())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "~"


def comment_lines(text: str) -> list[str]:
    """A comment as lines of a width that people and every target's reader can take."""
    if len(text) <= _WIDTH or text.startswith(RUN):
        return [f"# {text}".rstrip()]
    return [f"# {line}".rstrip() for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False)]


def plain(text: str) -> str:
    """``text`` fit for a comment: anything that isn't printable ASCII becomes ``?``."""
    return text if text.isascii() and text.isprintable() else "".join(c if " " <= c <= "~" else "?" for c in text)
