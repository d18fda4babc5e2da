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
    """A line for the log folders that aren't here, the certificates, the user and the group.

    It names the first of its kind with its place, a second one too, and counts more.
    """
    found: dict[str, dict[str, Written]] = {}
    for directive in directives:
        name = directive.name.lower()
        words = split(directive.args) if name in LOGS or name in ACCOUNTS or name in CERTIFICATES else []
        missing = _missing(name, words[0]) if words else None
        if missing:
            what, instead = missing
            found.setdefault(instead, {}).setdefault(what, directive)
    for instead, lacks in found.items():
        (what, directive), *others = lacks.items()
        second = f" and no {others[0][0]}" if len(others) == 1 else ""
        counted = f" (and {len(others)} more such)" if len(others) > 1 else ""
        yield f"{near(directive.place)}: there is no {what}{second} here{counted}: {instead}"


def _missing(name: str, word: str) -> tuple[str, str] | None:
    """What isn't here, and what is done instead."""
    if name in CERTIFICATES:
        here = not Path(word).is_absolute() or Path(word).exists()
        return None if here else (word, "a certificate made for the occasion is shown")
    if name in LOGS:
        folder = Path(word).parent
        here = word.startswith(("|", "syslog")) or not folder.is_absolute() or folder.is_dir()
        return None if here else (str(folder), "logs go to stderr")
    kind, known = ACCOUNTS[name]
    return None if known(word) else (f"{kind} {word}", "running as who started it")


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
