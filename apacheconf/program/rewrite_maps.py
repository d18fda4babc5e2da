"""RewriteMap (RW-43) and the escaping of back-references (RW-20): texts in, texts out.

Text files are read when they are first asked and again when they have changed, as httpd does.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from apacheconf.program.dbm_files import dbm_files, read_dbm
from apacheconf.program.map_programs import ask_program
from apacheconf.program.uri import escape_path
from apacheconf.program.values import Escaped

#: The kinds of maps that can be asked here.
KINDS = frozenset({"", "int", "txt", "rnd", "dbm", "prg"})


def look_up(kind: str, source: str, key: str) -> str | None:
    """The value of a key; None when the map or the file has none."""
    if kind == "int":
        return _FUNCTIONS[source](key)
    if kind == "prg":
        return ask_program(source, key)
    if kind not in ("txt", "rnd", "dbm"):
        return None
    found = table_of(source, kind == "dbm").get(key)
    return random.choice(found.split("|")) if kind == "rnd" and found else found


def lower(text: str) -> str:
    """ASCII letters in lower case; others stay, as httpd knows none."""
    return text.encode("latin-1", "replace").lower().decode("latin-1")


def upper(text: str) -> str:
    return text.encode("latin-1", "replace").upper().decode("latin-1")


def _unescape(text: str) -> str:
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


_FUNCTIONS: dict[str, Callable[[str], str]] = {
    "tolower": lower,
    "toupper": upper,
    "escape": escape_path,
    "unescape": _unescape,
}


def table_of(file: str, dbm: bool) -> dict[str, str]:
    """What stands in a file of texts, or of dbm, as it is now; nothing where it can't be read."""
    for name in dbm_files(file) if dbm else (file,):
        try:
            found = Path(name).stat()
        except OSError:
            continue
        return (_read_dbm if dbm else _read_table)(file, found.st_mtime_ns, found.st_size)
    return {}


@lru_cache(maxsize=256)
def _read_dbm(file: str, changed: int, size: int) -> dict[str, str]:
    try:
        return read_dbm(file)
    except OSError:
        return {}


@lru_cache(maxsize=256)
def _read_table(file: str, changed: int, size: int) -> dict[str, str]:
    """The first word of each line and the second; the first line with a key counts, ``#`` begins a comment."""
    table: dict[str, str] = {}
    try:
        with Path(file).open(encoding="latin-1") as lines:
            for line in lines:
                words = line.split()
                if not line.startswith("#") and len(words) > 1:
                    table.setdefault(words[0], words[1])
    except OSError:
        return {}
    return table


def escape(text: str, how: Escaped) -> str:
    """A back-reference with its characters escaped (RW-12, RW-20)."""
    return "".join(_escaped(char, how) for char in text)


def _escaped(char: str, how: Escaped) -> str:
    if char in how.spare or not _is_escaped(char, how):
        return char
    return "+" if char == " " and how.plus else f"%{ord(char):02x}"


def _is_escaped(char: str, how: Escaped) -> bool:
    if how.controls:
        return char <= " " or char == "\x7f"
    if how.only:
        return char in how.only
    return not (char == "_" or (char.isascii() and char.isalnum()))
