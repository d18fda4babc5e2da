"""RewriteMap (RW-43) and the escaping of back-references (RW-20): texts in, texts out.

Text files are read when they are first asked and again when they have changed, as httpd does.
"""

from __future__ import annotations

import os
import random
import re
import stat
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from apacheconf.program.dbm_files import complaint, dbm_file, read_dbm
from apacheconf.program.map_programs import ask_program
from apacheconf.program.messages import Message
from apacheconf.program.uri import escape_path
from apacheconf.program.values import Escaped, Lookup

#: The kinds of maps that can be asked here.
KINDS = frozenset({"", "int", "txt", "rnd", "dbm", "prg"})


def look_up(map: Lookup, key: str, messages: list[Message]) -> str | None:
    """The value of a key; None when the map or the file has none. What is amiss with a file becomes a message."""
    if map.kind == "int":
        return _FUNCTIONS[map.source](key)
    if map.kind == "prg":
        return ask_program(map.source, key)
    if map.kind not in ("txt", "rnd", "dbm"):
        return None
    try:
        found = _table(map.source, map.dbm).get(key)
    except OSError as fault:
        messages.append(_unread(map, fault))
        return None
    return random.choice(found.split("|")) if map.kind == "rnd" and found else found


def _unread(map: Lookup, fault: OSError) -> Message:
    """What httpd says of a file that isn't there or can't be read, or of a dbm that is none."""
    file, system = dbm_file(map.source, map.dbm), f"({fault.errno}){os.strerror(fault.errno or 0)}"
    kind, there = ("DBM" if map.dbm else "text"), Path(file).exists()
    if there and map.dbm:
        said, system = f"AH00656: mod_rewrite: can't open DBM RewriteMap {map.source}", complaint(map.dbm, fault)
    elif there:
        said = f"AH00655: mod_rewrite: can't open text RewriteMap file {file}"
    else:
        said = f"AH0066{3 if map.dbm else 1}: mod_rewrite: can't access {kind} RewriteMap file {file}"
    return Message("error", "rewrite", said, system)


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


def table_of(file: str, dbm: str) -> dict[str, str]:
    """What stands in a file of texts, or of a dbm of this kind, as it is now; nothing where it can't be read."""
    try:
        return _table(file, dbm)
    except OSError:
        return {}


def _table(file: str, dbm: str) -> dict[str, str]:
    found = Path(dbm_file(file, dbm)).stat()
    if dbm:
        return _read_dbm(file, dbm, found.st_mtime_ns, found.st_size)
    return _read_table(file, found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else {}


@lru_cache(maxsize=256)
def _read_dbm(file: str, kind: str, changed: int, size: int) -> dict[str, str]:
    return read_dbm(file, kind)


@lru_cache(maxsize=256)
def _read_table(file: str, changed: int, size: int) -> dict[str, str]:
    """The first word of each line and the second; the first line with a key counts, ``#`` begins a comment."""
    table: dict[str, str] = {}
    with Path(file).open(encoding="latin-1") as lines:
        for line in lines:
            words = line.split()
            if not line.startswith("#") and len(words) > 1:
                table.setdefault(words[0], words[1])
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
