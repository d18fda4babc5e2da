"""The expanded configuration: no Include, Define, condition or macro is left in it.

This is httpd's tree after its read phase (MOD-1): a node is a name, its raw arguments and, for a section,
its children. Every node remembers its place and the chain that led there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from apacheconf.diagnostics import Diagnostic
from apacheconf.source import Place, SourceFile

if TYPE_CHECKING:
    from apacheconf.expand.surroundings import Surroundings


class Node(NamedTuple):
    """A directive, or a section when ``children`` is not None.

    ``name`` is the first word as written, without ``<``; ``args`` is the raw rest of the line with variables
    expanded, continuation joined and the section's closing ``>`` cut (LEX-42, LEX-51). Nodes are compared by
    identity: two uses of a macro give two instances of one written line. ``tail`` is what was cut of a section's
    tag: the last ``>`` and what follows it (LEX-51); empty when the tag has no ``>`` (LEX-54).
    """

    name: str
    args: str
    place: Place
    children: tuple[Node, ...] | None = None
    tail: str = ""

    @property
    def is_section(self) -> bool:
        return self.children is not None

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order they are written."""
        yield self
        for child in self.children or ():
            if child.children is None:
                yield child  # most are lines: one walk for each would take twice as long
            else:
                yield from child.walk()


# The tuple's own comparison is by value, which two uses of a macro share.
Node.__eq__ = object.__eq__  # type: ignore[method-assign]
Node.__ne__ = object.__ne__  # type: ignore[method-assign]
Node.__hash__ = object.__hash__  # type: ignore[method-assign]


class Absence(Enum):
    """Why a written directive left no node in the expanded tree."""

    FALSE_CONDITION = "not read: the condition around it is false"
    UNUSED_MACRO = "not read: no Use of the macro around it"
    EXECUTED = "done while reading"


@dataclass(frozen=True, slots=True, eq=False)
class Absent:
    """A directive that was written but left no node: skipped, or executed in the read phase (MOD-2).

    ``note`` is what it did or why not (``no file matches conf.d/*.conf``); empty when there is nothing to say.
    """

    name: str
    args: str
    place: Place
    why: Absence
    note: str = ""


class Inclusion(NamedTuple):
    """One reading of one file: its name, the line of the Include (None without one), and the depth, from 1.

    ``after_error`` says that httpd would have stopped before it.
    """

    name: str
    line: int | None
    depth: int
    after_error: bool = False


@dataclass(frozen=True, slots=True)
class Expanded:
    """What reading gave.

    ``absent`` accounts for the written directives without a node, so that nodes plus absent cover every
    directive of every file that was read. ``modules`` are the identifiers loaded at the end of reading
    (``proxy_module``), static ones first, then in load order. ``fragment`` is True when no main file was
    read and every known module counts as loaded. ``server_root`` is what relative paths are relative to.
    ``notes`` are lines for stderr: what was read, which main file would include this fragment. ``inclusions`` are
    the readings of files, in order: a file that is included twice stands there twice.
    ``surroundings`` are what was said to be around a file, by its name; the tree holds them as sections.
    """

    nodes: tuple[Node, ...]
    absent: tuple[Absent, ...]
    files: tuple[SourceFile, ...]
    modules: tuple[str, ...]
    defines: dict[str, str]
    server_root: str
    fragment: bool
    notes: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    inclusions: tuple[Inclusion, ...] = ()
    surroundings: dict[str, Surroundings] = field(default_factory=dict)

    @property
    def is_one_reading(self) -> bool:
        """Whether no Include and no macro led to any node, so that none has a ``via``."""
        used = any(each.name.lower() == "use" for each in self.absent)
        return not used and all(each.depth == 1 for each in self.inclusions)

    def walk(self) -> Iterator[Node]:
        """Every node, in the order they are written."""
        for node in self.nodes:
            yield from node.walk()
