"""What ``serve --stub-origins`` leaves out because this machine hasn't got it: one line each.

With stand-ins anyone can try a production configuration on a laptop. Only what protects nobody gets one; a
missing password or map file still fails closed.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from apacheconf.cli.draw import near
from apacheconf.ledger import Written
from apacheconf.syntax.words import split

CERTIFICATES = frozenset({"sslcertificatefile", "sslcertificatekeyfile"})
LOGS = frozenset({"errorlog", "customlog", "transferlog", "globallog"})


def stand_ins(directives: Iterable[Written]) -> Iterator[str]:
    """A line for each log folder, certificate, user and group that isn't here, with its place."""
    said: set[str] = set()
    for directive in directives:
        name = directive.name.lower()
        words = split(directive.args) if name in LOGS or name in ACCOUNTS or name in CERTIFICATES else []
        missing = _missing(name, words[0]) if words else None
        if missing and missing not in said:
            said.add(missing)
            yield f"{near(directive.place)}: {missing}"


def _missing(name: str, word: str) -> str | None:
    if name in CERTIFICATES:
        here = not Path(word).is_absolute() or Path(word).exists()
        return None if here else f"there is no {word} here: a certificate made for the occasion is shown"
    if name in LOGS:
        folder = Path(word).parent
        here = word.startswith(("|", "syslog")) or not folder.is_absolute() or folder.is_dir()
        return None if here else f"there is no {folder} here: logs go to stderr"
    kind, known = ACCOUNTS[name]
    return None if known(word) else f"there is no {kind} {word} here: running as who started it"


def _is_known(find: Callable[[str], object]) -> Callable[[str], bool]:
    def known(word: str) -> bool:
        if word.startswith("#"):
            return True
        try:
            find(word)
        except KeyError:
            return False
        return True

    return known


#: Directive -> what it names, and whether this machine knows that.
ACCOUNTS = {"user": ("user", _is_known(pwd.getpwnam)), "group": ("group", _is_known(grp.getgrnam))}
