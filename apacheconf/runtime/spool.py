"""A request body that is read whole before it is sent on: in memory while it is small, then in a file (RB-3)."""

from __future__ import annotations

from collections.abc import Iterable
from tempfile import SpooledTemporaryFile

#: Bytes that are kept in memory, and bytes that are sent at a time.
IN_MEMORY = 65536
PIECE = 65536


class Spool:
    """Bytes to be read in the order in which they came, once or after ``rewind`` again."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # it goes with its exchange
        self._begun = False

    def add(self, pieces: Iterable[bytes]) -> None:
        """More of the body. Raises OSError when the disk is full."""
        for piece in pieces:
            self._file.write(piece)

    def rewind(self) -> None:
        """Begin anew: somebody else gets all of it."""
        self._begun = False

    def take(self) -> bytes:
        """The next piece, empty at the end."""
        if not self._begun:
            self._begun = True
            self._file.seek(0)
        return self._file.read(PIECE)
