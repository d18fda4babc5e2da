"""What the pieces of the HAProxy emitter share while they lower one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from apacheconf.program.program import Program
from apacheconf.targets.claims import Claim
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.naming import Names
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources


@dataclass
class Lowering:
    """``backends`` are written after the frontends; ``bodies`` finds the one of a body that was written before.

    ``dropped`` are claims of what has no line in the output.
    """

    program: Program
    version: tuple[int, ...]
    sources: Sources
    scopes: Scopes
    names: Names = field(default_factory=Names)
    backends: list[Section] = field(default_factory=list)
    bodies: dict[object, Section] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)

    @cached_property
    def keeps_raw(self) -> bool:
        """Whether a mapping may send the path that the client wrote."""
        return any("nocanon" in each.args.lower() for each in self.program.directives)
