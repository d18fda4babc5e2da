"""Access logs on a stage: their formats lack what no two runs share, and their lines are read when it is over."""

from __future__ import annotations

import re
from pathlib import Path

from apacheconf.prove.observe import Tokens

#: Each log, by what it is called here, with its lines.
Lines = dict[str, tuple[str, ...]]
_ITEM = re.compile(r"%[<>!\d,]*(\{[^}]*\})?[<>]*(%|\^t[io]|[a-zA-Z])")
#: Items that are times, numbers of processes and connections, and bytes: heads (LOG-6) and stock pages differ.
_UNSTEADY = frozenset("DTtPLIOSkXbB")


def steadied(text: str) -> str:
    """The arguments of LogFormat or CustomLog with a plain sign in the place of each item that no two runs share."""
    return _ITEM.sub(_steadied, text)


def _steadied(found: re.Match[str]) -> str:
    return "~" if found[2] in _UNSTEADY or (found[1] or "").upper() == "{UNIQUE_ID}" else found[0]


def read(folder: Path, tokens: Tokens) -> Lines:
    """The logs of a stage that have any line, in an order that doesn't go by the time."""
    found = ((file.stem, file.read_text("latin-1").splitlines()) for file in sorted(folder.glob("access*.log")))
    return {name: tuple(sorted(_plain(line, tokens) for line in lines)) for name, lines in found if lines}


def _plain(line: str, tokens: Tokens) -> str:
    """A line in which a port is the one that the configuration names, whichever was listened at; and the client has no
    name, which %h says once somebody has asked for it."""
    line = re.sub(r"\[\d\d/\w{3}/\d{4}:[^]]*\]", "~", line)  # of the format that nobody has to write
    line = re.sub(r'(" [45]\d\d) \d+$', r"\1 ~", line)  # and the bytes of a stock page in it
    return re.sub(r"\blocalhost\b", "127.0.0.1", re.sub(r"\(port (\d+)\)", r"\1", tokens.hide(line)))
