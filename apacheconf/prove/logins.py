"""Users whom the password files of a stage know besides their own: those that Require names, and one more.

All have one password. The files themselves are not changed: what runs on a stage reads copies (DIF-3).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path

from apacheconf.engines import Sandbox
from apacheconf.ledger import Written
from apacheconf.source import ENCODING
from apacheconf.syntax.words import split

#: Whom no Require line names.
PROVER = "prover"
_PASSWORD = "pass"
#: ``openssl passwd -6 -salt abcdefgh pass``: httpd, nginx and HAProxy know it.
_HASH = "$6$abcdefgh$.Wd8gKGVv/NncIZyKrLIzwkMBRaL8yZnKz4uttpMUnlKvNdwooVmeCTgyWEOW0Smhyp/TUAtWmcz4ptHHh/u1/"
#: More users than these are not asked as.
MOST = 2


class Logins:
    """Copies of password and group files in ``box``; names that are no whole paths begin at ``root``."""

    def __init__(self, directives: Iterable[Written], box: Sandbox, root: Path) -> None:
        self._box, self._root = box, root
        written = list(directives)
        self._users = [*named(written, "user"), PROVER]
        self._groups = named(written, "group")
        self._made: dict[tuple[str, str], Path] = {}

    def users(self, name: str) -> Path:
        """A copy of the password file ``name`` in which our users come first."""
        own = [f"{user}:{_HASH}" for user in self._users]
        return self._copy("users", name, [*own, *(line for line in self._lines(name) if not self._is_ours(line))])

    def groups(self, name: str) -> Path:
        """A copy of the group file ``name``, whose groups have one member more."""
        more = [f"{group}: {PROVER}" for group in self._groups]
        return self._copy("groups", name, [*self._lines(name), *more])

    def _is_ours(self, line: str) -> bool:
        return line.partition(":")[0] in self._users

    def _lines(self, name: str) -> list[str]:
        try:
            return (self._root / name).read_text(ENCODING).splitlines()
        except OSError:
            return []

    def _copy(self, kind: str, name: str, lines: list[str]) -> Path:
        if (kind, name) not in self._made:
            text = "".join(f"{line}\n" for line in lines)
            file = self._box.write(f"{kind}/{len(self._made)}/{Path(name).name}", text)
            file.chmod(0o644)  # a front started as root has workers of another account
            self._made[kind, name] = file
        return self._made[kind, name]


def named(directives: Iterable[Written], kind: str) -> list[str]:
    """The users, or the groups, that Require lines name; texts with variables are none."""
    words = (split(each.args) for each in directives if each.name.lower() == "require")
    words = (each[1:] if each[:1] == ["not"] else each for each in words)
    found = (name for each in words if each[:1] == [kind] for name in each[1:])
    return list(dict.fromkeys(name for name in found if not set(name) & set("%{}:")))


def credentials(directives: Iterable[Written]) -> Iterator[str]:
    """Values of Authorization: of users with their password, of one with another one, and of who isn't there."""
    for user in [*named(directives, "user")[:MOST], PROVER]:
        yield _basic(user, _PASSWORD)
    yield _basic(PROVER, "wrong")
    yield _basic("stranger", _PASSWORD)


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
