"""What the pieces of the nginx emitter share while they lower one program."""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.program.program import Program
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim
from apacheconf.targets.naming import Names
from apacheconf.targets.nginx.maps import Maps
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.sources import Sources


@dataclass
class Lowering:
    """``upstreams`` are written before the servers; ``written`` remembers which origins are in it.
    ``dropped`` are claims of what has no line in the output.
    """

    program: Program
    version: tuple[int, ...]
    sources: Sources
    maps: Maps = field(default_factory=Maps)
    names: Names = field(default_factory=Names)
    upstreams: Block = field(default_factory=Block)
    written: dict[int, Origin] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)
