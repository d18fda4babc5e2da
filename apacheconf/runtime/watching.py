"""Folders under watch: what was decided about a file holds while nothing on the way to it has changed.

Whatever is put into a folder, taken out of it or replaced (a link, a ``.htaccess``) changes its times. The file itself
is opened anew for every request.
"""

from __future__ import annotations

import os
import time

#: What tells that a folder is the same and unchanged; None for one that isn't there.
Stamp = tuple[int, int, int, int, int] | None
#: Nanoseconds within which two changes may leave the same time (a tick of the kernel is 4 ms), with some to spare.
_TICK = 100_000_000


class FolderWatch:
    """The folders above ``path`` (latin-1), as they are now.

    ``is_settled`` when none of them changed just now: what changes next will show.
    """

    __slots__ = ("_folders", "is_settled")

    def __init__(self, path: str) -> None:
        ends = [at for at, char in enumerate(path) if char == "/"]
        folders = [(path[:at] or "/").encode("latin-1") for at in ends]
        self._folders = tuple((folder, _stamp(folder)) for folder in folders)
        before = time.time_ns() - _TICK
        self.is_settled = all(stamp is not None and max(stamp[3:]) < before for _, stamp in self._folders)

    def holds(self) -> bool:
        """Whether they still are: one look at each, 1.5 us."""
        return all(_stamp(folder) == stamp for folder, stamp in self._folders)


def _stamp(folder: bytes) -> Stamp:
    try:
        found = os.lstat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_mode, found.st_mtime_ns, found.st_ctime_ns
