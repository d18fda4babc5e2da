"""Which files an Include means: wildcards in every component, directories, byte order (section 3.1 of the spec).

Only names are dealt with here; a path is absolute. Opening and reading is ``reading``'s.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from functools import cache

from apacheconf.diagnostics import UsageError
from apacheconf.expand.refused import Refused

#: httpd's limits for nested files and nested directories (INC-12).
DEEPEST = 128


def matches(path: str, optional: bool) -> Iterator[str]:
    """The files that ``path`` means, in httpd's order. Raises Refused as soon as httpd would.

    A name without wildcard is given as it is, whether it exists or not.
    """
    if not has_wildcard(path):
        yield from _file_or_directory(path)
        return
    root, _, rest = path.partition("/")
    yield from _components(root, rest, optional)


def conf_files(folder: str) -> list[str]:
    """What ``IncludeOptional FOLDER/*.conf`` means, whatever characters the folder's name has. Raises UsageError."""
    try:
        found = _entries_matching(folder, "*.conf", True)
        return [file for entry in found for file in _file_or_directory(f"{folder}/{entry}")]
    except Refused as refused:
        raise UsageError(refused.message.removeprefix("Include/IncludeOptional: ")) from None


def _components(folder: str, rest: str, optional: bool) -> Iterator[str]:
    """Walk the components of ``rest`` below ``folder``, the plain ones at once."""
    name, slash, rest = rest.partition("/")
    while slash and not has_wildcard(name):
        folder = f"{folder}/{name}"
        name, slash, rest = rest.partition("/")
    if not has_wildcard(name):
        yield from _file_or_directory(f"{folder}/{name}")
        return
    found = _entries_matching(folder or "/", name, optional)
    if slash:
        for entry in found:
            if os.path.isdir(f"{folder}/{entry}"):
                yield from _components(f"{folder}/{entry}", rest, optional)
        return
    for entry in found:
        yield from _file_or_directory(f"{folder}/{entry}")


def _entries_matching(folder: str, pattern: str, optional: bool) -> list[str]:
    try:
        entries = os.listdir(folder)
    except OSError as error:
        if optional and error.errno == errno.ENOENT:
            return []
        raise _unreadable(folder, error) from error
    found = sorted(filter(wildcard(pattern).fullmatch, entries), key=os.fsencode)
    if not found and not optional:
        raise Refused(
            f"Include/IncludeOptional: No matches for the wildcard '{pattern}' in '{folder}', failing",
            "include-not-found",
            "use IncludeOptional if there may be none",
        )
    return found


def _unreadable(folder: str, error: OSError) -> Refused:
    message = f"Include/IncludeOptional: Could not open directory {folder}: {error.strerror}"
    help = "use IncludeOptional if it may be missing" if error.errno == errno.ENOENT else None
    return Refused(message, "include-not-found", help)


def _file_or_directory(path: str, depth: int = 0) -> Iterator[str]:
    """``path`` itself, or all that is in it, hidden files and backups too (INC-4)."""
    if not os.path.isdir(path):
        yield path
        return
    if depth >= DEEPEST:
        raise Refused(
            f"Directory {path} exceeds the maximum include directory nesting level of {DEEPEST}. "
            "You have probably a recursion somewhere.",
            "include-recursion",
        )
    try:
        entries = sorted(os.listdir(path), key=os.fsencode)
    except OSError as error:
        raise _unreadable(path, error) from error
    for entry in entries:
        yield from _file_or_directory(f"{path.rstrip('/')}/{entry}", depth + 1)


def refuse_unreadable(path: str) -> str | None:
    """Why httpd would not read ``path``, or None: only files and /dev/null are read (INC-14).

    It opens a FIFO too, to find out; we only look, so that nothing ever waits.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return f"Could not open configuration file {path}: {error.strerror}"
    if stat.S_ISREG(mode) or os.path.realpath(path) == os.devnull:
        return None
    return f"Could not open configuration file {path}: {os.strerror(errno.EBADF)}"


def has_wildcard(name: str) -> bool:
    """APR's test: ``*``, ``?`` or a ``[`` with a later ``]``."""
    return "*" in name or "?" in name or ("[" in name and "]" in name[name.index("[") :])


@cache
def wildcard(pattern: str) -> re.Pattern[str]:
    """APR's fnmatch with FNM_PERIOD as a regular expression for one component (INC-5)."""
    out = "" if pattern.startswith(".") else r"(?!\.)"
    at = 0
    while at < len(pattern):
        char, at = pattern[at], at + 1
        end = pattern.find("]", at + 1 + pattern.startswith(("!", "^"), at)) if char == "[" else -1
        if end > 0:
            body, at = pattern[at:end], end + 1
            negated = body[0] in "!^"
            out += _class(body, negated)
        elif char == "\\" and at < len(pattern):
            out, at = out + re.escape(pattern[at]), at + 1
        else:
            out += {"*": ".*", "?": "."}.get(char) or re.escape(char)
    return re.compile(out, re.DOTALL)


def _class(body: str, negated: bool) -> str:
    inner = re.sub(r"([\[\]^&~|])", r"\\\1", body[negated:])
    return f"[{'^' * negated}{inner}]"
