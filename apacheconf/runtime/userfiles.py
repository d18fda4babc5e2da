"""Files of users and of groups, as AuthUserFile and AuthGroupFile name them (AB-3).

httpd reads them for each request. Here a file is looked at for each request, and read again when it has changed.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from apacheconf.program.authority import words_of

T = TypeVar("T")

#: A file that was written less than so many seconds ago may change again without its time telling.
SETTLED = 0.05


_UNSETTLED = (0, 0, 0)
#: What tells that a file is another one, or has been written.
Stamp = tuple[int, int, int]


class NoFile(OSError):
    """A folder, a FIFO or a device where a file is read; httpd takes /dev/null alone."""


def stamp_of(found: os.stat_result) -> Stamp:
    return found.st_mtime_ns, found.st_size, found.st_ino


class Kept(Generic[T]):
    """What files were found to say, by their path; ``load`` reads one. ``seen`` hears of each file.

    ``found_at`` is the file that a path stands for.
    """

    def __init__(
        self, load: Callable[[str], T], seen: dict[str, Stamp], found_at: Callable[[str], str] = lambda at: at
    ) -> None:
        self._load, self._seen, self._found_at = load, seen, found_at
        self._known: dict[str, tuple[Stamp, T]] = {}

    def read(self, path: str) -> T:
        """What the file says. Raises OSError."""
        file = self._found_at(path)
        try:
            found = Path(file).stat()
        except OSError:
            return self._load(path)  # it says what is amiss
        stamp = self._seen[file] = stamp_of(found)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        made = self._load(path)
        if time.time() - found.st_mtime > SETTLED:
            self._known[path] = stamp, made
        else:
            self._seen[file] = _UNSETTLED
        return made


def of_lines(parse: Callable[[Iterator[str]], T]) -> Callable[[str], T]:
    """Reads a text file, of whose lines ``parse`` makes what it says."""

    def load(path: str) -> T:
        if not stat.S_ISREG(Path(path).stat().st_mode) and path != os.devnull:
            raise NoFile(errno.EBADF, os.strerror(errno.EBADF))
        with Path(path).open(encoding="latin-1", newline="\n") as file:
            return parse(_lines(file))

    return load


def _lines(file: Iterator[str]) -> Iterator[str]:
    """The lines as httpd reads them: joined after a backslash, trimmed, without comments."""
    before = ""
    for line in file:
        line = line.removesuffix("\n").removesuffix("\r")
        if line.endswith("\\"):
            before += line[:-1]
            continue
        whole = (before + line).strip(" \t\v\f\r")
        before = ""
        if whole and not whole.startswith("#"):
            yield whole


def users_of(lines: Iterator[str]) -> dict[str, str]:
    """Each user's hash; the first line of a user counts."""
    found: dict[str, str] = {}
    for line in lines:
        user, _, rest = line.partition(":")
        found.setdefault(user, rest.partition(":")[0])
    return found


def digests_of(lines: Iterator[str]) -> dict[tuple[str, str], str]:
    """Each user's hash in each realm."""
    found: dict[tuple[str, str], str] = {}
    for line in lines:
        user, _, rest = line.partition(":")
        realm, _, hashed = rest.partition(":")
        found.setdefault((user, realm), hashed.partition(":")[0])
    return found


def groups_of(lines: Iterator[str]) -> dict[str, frozenset[str]]:
    """Each user's groups, in lower case: httpd compares their names so."""
    found: dict[str, set[str]] = {}
    for line in lines:
        name, _, members = line.partition(":")
        group = "".join(name.split()).lower()
        for user in words_of(members):
            found.setdefault(user, set()).add(group)
    return {user: frozenset(groups) for user, groups in found.items()}
