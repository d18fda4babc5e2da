"""The stream of logical lines that one level of reading sees: a file, and the macro bodies used in it.

As in httpd (MAC-9, MAC-10) the body of a used macro is pushed before the rest of the file: the level's sections
may open in one and close in the other. An included file is a level of its own (LEX-60).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.source import Place, SourceFile, Span
from apacheconf.syntax.lines import LogicalLine


@dataclass(slots=True)
class Frame:
    """One text being read: ``name`` as httpd says it, ``via`` the Use or Include that led here."""

    file: SourceFile
    name: str
    lines: Iterator[LogicalLine]
    via: Place | None = None


class Reader:
    """Iterates over the lines of the innermost frame, then of those around it.

    ``included_by`` is the Include of the whole level; ``executed`` the last directive of it that was executed while
    reading, which httpd names when a line can't be read (LEX-5).
    """

    __slots__ = ("executed", "file", "frames", "included_by", "line", "name", "used_macro", "via")

    def __init__(self, frame: Frame, included_by: Place | None = None) -> None:
        self.frames = [frame]
        self.included_by = included_by
        self.executed: Place | None = None
        self.used_macro = False
        self.line = LogicalLine("", 0, 0, 0, 0)
        self._enter(frame)

    def _enter(self, frame: Frame) -> None:
        self.file, self.name, self.via = frame.file, frame.name, frame.via

    def push(self, frame: Frame) -> None:
        """Read ``frame`` before what is left (``Use``)."""
        self.frames.append(frame)
        self.used_macro = True
        self._enter(frame)

    def __iter__(self) -> Iterator[LogicalLine]:
        """The lines that are left; may be iterated within an iteration, and both go on from there."""
        frames = self.frames
        while frames:
            frame = frames[-1]
            self._enter(frame)
            for line in frame.lines:
                self.line = line
                yield line
                if not frames or frames[-1] is not frame:
                    break  # a macro was pushed, or a reading within this one has emptied this frame
            else:
                if frames and frames[-1] is frame:
                    frames.pop()

    @property
    def place(self) -> Place:
        """Where the line that was read last stands."""
        return self.place_of(self.line)

    def place_of(self, line: LogicalLine) -> Place:
        return Place(Span(self.file, line.name_at, line.end), self.name, line.number, self.via)


@dataclass(slots=True)
class Line:
    """A line that is being executed: name and raw args after expansion (the args of a section end with its ``>``)."""

    name: str
    args: str
    place: Place
    reader: Reader
