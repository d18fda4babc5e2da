"""serve: what runs the program.

``serve`` is the whole of it. Inside, from the wire inwards: ``server`` (the rim: sockets and the loop) hands
bytes to ``client`` and ``origin`` (connection logic without I/O), which meet in an ``exchange``; heads are read
by ``heads`` and ``strict``, ended by ``framing``, turned by ``forward`` and ``reply``; ``site`` remembers what
``compile`` made of the program, ``pool``, ``balancer`` and ``lbmethods`` choose who is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.runtime.options import Address, Destination, Ready, ServeOptions

if TYPE_CHECKING:
    from apacheconf.program.program import Program

__all__ = ["Address", "Destination", "Ready", "ServeOptions", "serve"]


def serve(program: Program, options: ServeOptions | None = None) -> None:
    """Serve until signalled. See ``server.serve``; the import is late because it brings the event loop."""
    from apacheconf.runtime.server import serve as run

    run(program, options)
