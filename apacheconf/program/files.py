"""The file system, read only: what conditions ask of it (EXPR-25, RW-42), where a mapped path leads (DR-5, DR-7)."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass


def _stat(path: str, follow: bool = True) -> os.stat_result | None:
    """What a path leads to as it is written: Path would take a slash at its end away, and nothing for a folder."""
    try:
        return os.stat(path.encode("latin-1"), follow_symlinks=follow)  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _asks(test: Callable[[os.stat_result], bool], follow: bool = True) -> Callable[[str], bool]:
    def asked(path: str) -> bool:
        found = _stat(path, follow)
        return found is not None and test(found)

    return asked


exists: Callable[[str], bool] = _asks(lambda found: True)
is_file: Callable[[str], bool] = _asks(lambda found: stat.S_ISREG(found.st_mode))

FILE_TESTS: dict[str, Callable[[str], bool]] = {
    "e": exists,
    "f": is_file,
    "s": _asks(lambda found: stat.S_ISREG(found.st_mode) and found.st_size > 0),
    "d": _asks(lambda found: stat.S_ISDIR(found.st_mode)),
    "L": _asks(lambda found: stat.S_ISLNK(found.st_mode), follow=False),
    "x": _asks(lambda found: bool(found.st_mode & 0o111)),
}


def merged(path: str) -> str | None:
    """The path below a root without ``.``, ``..`` and empty names; None where it leads out of it."""
    names: list[str] = []
    for name in path.split("/"):
        if name == ".." and not names:
            return None
        if name == "..":
            names.pop()
        elif name not in ("", "."):
            names.append(name)
    return "/".join(names) + ("/" if names and path.endswith(("/", "/.", "/..")) else "")


@dataclass(frozen=True, slots=True)
class Located:
    """A path of the file system, walked: ``file`` is as much of it as exists, and the first part that doesn't.

    ``path_info`` is what follows, with its slash. ``found`` is None where nothing is. ``status`` is 403 where the walk
    ended early, and ``why`` then the line of the error log, with its code. Where it is ``lost`` a rule has taken the
    file away: what is known of it stays, but nobody can open it (RW-27).
    """

    file: str
    path_info: str = ""
    found: os.stat_result | None = None
    status: int = 0
    why: str = ""
    lost: bool = False

    @property
    def is_folder(self) -> bool:
        return self.found is not None and stat.S_ISDIR(self.found.st_mode)


def look_at(path: str) -> os.stat_result | None:
    """What is at ``path``, behind links; None where nothing is that can be seen."""
    return _stat(path)


def same_owner(link: os.stat_result, target: os.stat_result | None) -> bool:
    """Whether a link belongs to the owner of what it leads to (SymLinksIfOwnerMatch)."""
    return target is not None and target.st_uid == link.st_uid


def locate(path: str) -> Located:
    """What is at ``path``, whatever links and rights say on the way: as far as it exists (DR-5)."""
    if "\0" in path:
        return Located(path, status=404)
    place = path
    while True:
        found = _stat(place)
        if found is not None:
            known = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
            return Located(place, path[len(place) :], found if known else None, 0 if known else 403)
        if place.endswith("/") and place.strip("/"):
            place = place.rstrip("/")
            continue
        folder = place.rpartition("/")[0] or "/"
        above = _stat(folder)
        if folder == "/" or (above is not None and stat.S_ISDIR(above.st_mode)):  # the first part that isn't there
            return Located(place, path[len(place) :])
        place = folder
