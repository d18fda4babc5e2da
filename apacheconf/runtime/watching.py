"""Folders under watch: what was decided about a file holds while nothing on the way to it has changed.

Whatever is put into a folder, taken out of it or replaced (a link, a ``.htaccess``) changes its times. Where files come
and go all the time, as in a folder of uploads, the times tell nothing: then the names that a decision rests on are
looked at themselves. The file itself is opened anew for every request.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Sequence

#: What tells that a folder is the same and unchanged; None for one that isn't there, and for one that just changed.
Stamp = tuple[int, ...] | None
#: Nanoseconds within which two changes may leave the same time (a tick of the kernel is 4 ms), with some to spare.
_TICK = 100_000_000


class FolderWatch:
    """The folders above the file ``path`` (latin-1), as they are now.

    The decision must rest on no more than this: that they are folders without any of ``names`` (``.htaccess`` and the
    like) and that the file is a plain one; or on what their times speak for.
    """

    __slots__ = ("_below", "_folders", "_names", "_same", "_stamps")

    def __init__(self, path: str, names: Sequence[str]) -> None:
        places = [path[:at].encode("latin-1") or b"/" for at, char in enumerate(path) if char == "/"]
        self._folders = tuple(places)
        self._below = path.encode("latin-1")
        self._names = tuple(name.encode("latin-1") for name in names)
        found = [_stamp(folder) for folder in places]
        self._same = tuple(stamp and stamp[_TIMES:] for stamp in found)
        self._stamps = [stamp if _is_settled(stamp) else None for stamp in found]

    def holds(self) -> bool:
        """Whether they still are: one look at each, 1.5 us."""
        for at, known in enumerate(self._stamps):
            found = _stamp(self._folders[at])
            if (found is None or found != known) and not self._is_as_before(at, found):
                return False
        return True

    def _is_as_before(self, at: int, found: Stamp) -> bool:
        """Whether a folder with other times is the same one, and nothing in it that the decision rests on has changed.

        What leads on to the next folder is looked at with that one.
        """
        folder = self._folders[at]
        if found is None or found[_TIMES:] != self._same[at] or len(found) > _OWN:
            return False
        if any(map(os.path.lexists, [b"%b/%b" % (folder, name) for name in self._names])):
            return False
        if folder is self._folders[-1] and not _is_plain(self._below):
            return False
        if _is_settled(found):
            self._stamps[at] = found
        return True


def _is_plain(path: bytes) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False


#: How many of a stamp's numbers are times, and how many there are of a folder; those of a link's target follow.
_TIMES, _OWN = 2, 7


def _stamp(folder: bytes) -> Stamp:
    try:
        found = os.lstat(folder)
        own = _numbers(found)
        return own + _numbers(os.stat(folder)) if stat.S_ISLNK(found.st_mode) else own  # noqa: PTH116
    except OSError:
        return None


def _numbers(of: os.stat_result) -> tuple[int, ...]:
    return of.st_mtime_ns, of.st_ctime_ns, of.st_mode, of.st_ino, of.st_dev, of.st_uid, of.st_gid


def _is_settled(stamp: Stamp) -> bool:
    """Whether the next change will show."""
    before = time.time_ns() - _TICK
    return stamp is not None and all(max(stamp[at : at + _TIMES]) < before for at in range(0, len(stamp), _OWN))
