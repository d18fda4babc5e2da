"""What the pieces of the HAProxy emitter share while they lower one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from apacheconf.program.program import Program
from apacheconf.targets.claims import Claim
from apacheconf.targets.haproxy.conditions import Environment
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.naming import Names
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources


@dataclass
class Lowering:
    """``backends`` are written after the frontends; ``bodies`` finds the one of a body that was written before.

    ``files`` are those that stand beside haproxy.cfg, ``notes`` lines for the person who sets it up. ``dropped`` are
    claims of what has no line in the output.
    """

    program: Program
    version: tuple[int, ...]
    sources: Sources
    scopes: Scopes
    names: Names = field(default_factory=Names)
    backends: list[Section] = field(default_factory=list)
    userlists: list[Section] = field(default_factory=list)
    bodies: dict[object, Section] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    #: What conditions of each host may ask of the environment.
    environments: dict[int, Environment] = field(default_factory=dict)
    #: Header lines that the frontends add for all that a host answers, by host and ``id``.
    in_front: set[tuple[int, int]] = field(default_factory=set)
    #: The key of ``a.crt`` is ``a.key``, not ``a.crt.key``.
    keys_without_crt: bool = False

    def note(self, text: str) -> None:
        """Say something once."""
        self.notes[text] = None

    def host_name(self, number: int) -> str:
        """What a host is called in the output."""
        return self.names.of(("host", number), self.program.hosts[number].name or "main")

    @cached_property
    def keeps_raw(self) -> bool:
        """Whether a mapping may send the path that the client wrote."""
        return any("nocanon" in each.args.lower() for each in self.program.directives)
