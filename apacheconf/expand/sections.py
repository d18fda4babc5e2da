"""The tree that one level of reading builds: which section is open, and what a close tag does (LEX-56 to LEX-58)."""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.expand.reader import Line
from apacheconf.expand.refused import Refused
from apacheconf.expand.tree import Node


@dataclass(slots=True)
class OpenSection:
    """A section whose close tag hasn't come: ``name`` as httpd's messages show it, with its ``<``."""

    name: str
    line: Line
    children: list[Node]

    def node(self) -> Node:
        args, bracket, tail = self.line.args.rpartition(">")
        if not bracket:
            args, tail = tail, ""
        return Node(self.line.name[1:], args, self.line.place, tuple(self.children), bracket + tail)

    def is_closed_by(self, tag: str) -> bool:
        """Whether ``</Name>`` is its close tag; letters count whatever their case."""
        return tag[2:-1].lower() == self.name[1:].lower()


@dataclass(slots=True)
class Sections:
    """``nodes`` is where the next node goes: the innermost open section's children, or ``top``."""

    top: list[Node] = field(default_factory=list)
    open_sections: list[OpenSection] = field(default_factory=list)
    nodes: list[Node] = field(init=False)

    def __post_init__(self) -> None:
        self.nodes = self.top

    def open(self, name: str, line: Line) -> None:
        """A section begins."""
        section = OpenSection(name, line, [])
        self.open_sections.append(section)
        self.nodes = section.children

    def close(self, tag: str) -> None:
        """A close tag. Raises Refused when it doesn't fit; then the nearest section of its name has been closed."""
        if not self.open_sections:
            raise Refused(f"{tag} without matching <{tag[2:]} section", "unmatched-close-tag")
        innermost = self.open_sections[-1]
        if tag[-1] == ">" and innermost.is_closed_by(tag):
            self._pop()
            return
        complete = tag if tag.endswith(">") else f"{tag}>"
        self._close_up_to(complete)
        if complete != tag:
            raise Refused(f"{tag}> directive missing closing '>'", "missing-closing-bracket")
        if not innermost.is_closed_by(tag):
            raise Refused(
                f"Expected </{innermost.name[1:]}> but saw {tag}",
                "mismatched-close-tag",
                f"{innermost.name}> was opened on line {innermost.line.place.line}",
            )

    def _close_up_to(self, tag: str) -> None:
        depth = len(self.open_sections)
        while depth and not self.open_sections[depth - 1].is_closed_by(tag):
            depth -= 1
        if depth:
            self.finish(depth - 1)

    def finish(self, depth: int = 0) -> list[OpenSection]:
        """Close all sections but the outermost ``depth``; gives the closed ones, the outermost first."""
        closed = self.open_sections[depth:]
        while len(self.open_sections) > depth:
            self._pop()
        return closed

    def _pop(self) -> None:
        """The innermost section is complete."""
        node = self.open_sections.pop().node()
        self.nodes = self.open_sections[-1].children if self.open_sections else self.top
        self.nodes.append(node)
