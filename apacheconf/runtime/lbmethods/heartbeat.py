"""heartbeat: members say themselves how much they can take, and chance decides among the free places (LB-21).

The other methods guess from outside; here each member beats a drum, and says with every beat how many of its places
are free (``ready``) and taken (``busy``). A member that was silent for ten seconds is left out, whatever it said
before. The beats stand in a file (HeartbeatStorage), one line for each address, which a monitor keeps; it is read again
whenever it has changed.

One of all free places is picked blindly, so a member with twice as many gets twice as much. A member that has nothing
to do has just started, as a rule, and only a quarter of its places counts, so that it isn't buried while its caches are
cold. Sets, spares, standbys and factors mean nothing here. Where nobody has a free place nobody is chosen.

httpd compares with the ends of a member's range of places included, so a place between two belongs to the later one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from apacheconf.runtime.cells import Cells

#: Seconds without a beat after which a member is left out.
SILENCE = 10


class Beat(NamedTuple):
    """The last beat of an address: free and taken places, and how long ago it was, in seconds."""

    ready: int = 0
    busy: int = 0
    seen: int = 0

    @property
    def places(self) -> int:
        """The places that count."""
        return self.ready if self.busy else self.ready // 4


def find_best(candidates: Sequence[tuple[Cells, Beat]], pick: Callable[[int, int], int]) -> Cells | None:
    """One of the candidates, or None where no place is free. ``pick`` gives a number between two, both included."""
    heard = [(cells, beat.places) for cells, beat in candidates if beat.seen < SILENCE]
    free = sum(places for _, places in heard)
    if free <= 0:
        return None
    place, best, begin = pick(0, free), None, 0
    for cells, places in heard:
        if begin <= place <= begin + places:
            best = cells
        begin += places
    return best


def read_beats(text: str) -> dict[str, Beat]:
    """The beats by address: lines of ``ADDRESS &ready=N&busy=N&lastseen=N``."""
    beats = {}
    for line in text.splitlines():
        address, blank, said = line.partition(" ")
        if address and blank and not address.startswith("#"):
            pairs = dict(each.partition("=")[::2] for each in said.strip().lower().split("&"))
            beats[address] = Beat(*(_number(pairs.get(key, "")) for key in ("ready", "busy", "lastseen")))
    return beats


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        return 0


class Beats:
    """The beats in a file, read again when it has changed."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._stamp: tuple[int, int] | None = None
        self._beats: dict[str, Beat] = {}

    def of(self, address: str) -> Beat | None:
        """The last beat of an address; None where nothing was heard of it."""
        with contextlib.suppress(OSError):
            found = self._path.stat()
            stamp = found.st_mtime_ns, found.st_size
            if stamp != self._stamp:
                self._beats, self._stamp = read_beats(self._path.read_text("latin-1")), stamp
            return self._beats.get(address)
        self._beats, self._stamp = {}, None
        return None
