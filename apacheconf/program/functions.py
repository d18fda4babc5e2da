"""The functions of ap_expr on texts (EXPR-27, EXPR-30), and our own. Texts are latin-1, as bytes came."""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import md5, sha1

from apacheconf.program.rewrite_maps import lower, upper
from apacheconf.program.uri import escape_path, escape_url

_ESCAPE = re.compile(r"%(?!2[fF])([0-9A-Fa-f]{2})")
_NOT_IN_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def unescape(text: str) -> str:
    """The text with its ``%xx`` decoded but for slashes, to the first NUL; empty where one is none."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", text):
        return ""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).partition("\0")[0]


def unbase64(text: str) -> str:
    """What the text encodes, as far as it is base64."""
    letters = _NOT_IN_BASE64.split(_bytes(text), maxsplit=1)[0]
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return b64decode(whole + b"=" * (-len(whole) % 4)).decode("latin-1").partition("\0")[0]


def text_of_file(name: str) -> str:
    """The text of a file, empty where it can't be read."""
    try:
        with open(_bytes(name), "rb") as file:  # noqa: PTH123  # its name is bytes
            return file.read().decode("latin-1")
    except (OSError, ValueError):
        return ""


def size_of_file(name: str) -> str:
    """The size of a file in bytes; ``0`` for what is none."""
    try:
        found = os.stat(_bytes(name))  # noqa: PTH116  # its name is bytes
    except (OSError, ValueError):
        return "0"
    return str(found.st_size) if os.path.isfile(_bytes(name)) else "0"  # noqa: PTH113


def escape_for_ldap(text: str) -> str:
    """The text as it may stand in an LDAP filter."""
    return re.sub(r"[*()\\\0]", lambda found: f"\\{ord(found[0]):02x}", text)


FUNCTIONS: dict[str, Callable[[str], str]] = {
    "tolower": lower,
    "toupper": upper,
    "escape": escape_path,
    "unescape": unescape,
    "base64": lambda text: b64encode(_bytes(text)).decode(),
    "unbase64": unbase64,
    "md5": lambda text: md5(_bytes(text), usedforsecurity=False).hexdigest(),
    "sha1": lambda text: sha1(_bytes(text), usedforsecurity=False).hexdigest(),
    "file": text_of_file,
    "filesize": size_of_file,
    "ldap": escape_for_ldap,
    "escape-url": escape_url,
}
#: Those that look at the file system.
OF_FILES = frozenset({"file", "filesize"})
