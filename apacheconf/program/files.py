"""Tests of files: what conditions ask of the file system (EXPR-25, RW-42). Reading only, and never an error."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path


def _stat(path: str, follow: bool = True) -> os.stat_result | None:
    try:
        return Path(os.fsdecode(path.encode("latin-1"))).stat(follow_symlinks=follow)
    except (OSError, ValueError):
        return None


def _asks(test: Callable[[os.stat_result], bool], follow: bool = True) -> Callable[[str], bool]:
    def asked(path: str) -> bool:
        found = _stat(path, follow)
        return found is not None and test(found)

    return asked


exists: Callable[[str], bool] = _asks(lambda found: True)

FILE_TESTS: dict[str, Callable[[str], bool]] = {
    "f": _asks(lambda found: stat.S_ISREG(found.st_mode)),
    "s": _asks(lambda found: stat.S_ISREG(found.st_mode) and found.st_size > 0),
    "d": _asks(lambda found: stat.S_ISDIR(found.st_mode)),
    "L": _asks(lambda found: stat.S_ISLNK(found.st_mode), follow=False),
    "x": _asks(lambda found: bool(found.st_mode & 0o111)),
}
