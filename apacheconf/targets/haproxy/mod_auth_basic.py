"""mod_auth_basic in HAProxy: a userlist of the password files, as far as crypt(3) knows their hashes (HAP-104).

A user whose hash HAProxy can't check is left out: nobody gets in as that user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from apacheconf.program.admission import Basic
from apacheconf.source import ENCODING
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section

#: crypt(3) of glibc and libxcrypt: MD5, SHA-2, bcrypt, and the oldest of all.
_CRYPT = re.compile(r"\$(?:1|5|6|2[aby])\$[./A-Za-z0-9$=,]+|[./A-Za-z0-9]{13}")
#: Hashes that htpasswd writes and crypt(3) doesn't know.
_KINDS = (("$apr1$", "APR1-MD5"), ("{SHA}", "SHA-1"))


@dataclass
class Users:
    """The userlist ``name``; ``lacking`` says who can't get in, and why."""

    name: str
    lacking: list[str] = field(default_factory=list)


def userlist_for(low: Lowering, basic: Basic) -> Users:
    """The list of all files that are asked, the first one that knows a user first; written if it isn't there yet."""
    files = tuple(each.file for each in basic.providers if each.kind == "file")
    others = [each.name for each in basic.providers if each.kind not in ("file", "socache")]
    wish = Path(files[0]).stem if files else "nobody"
    users = Users(low.names.of(("users", files), f"users-{wish}"))
    section = Section("userlist", users.name, comment=f"of {', '.join(files)}" if files else "")
    users.lacking += [f"users of the provider {name} are not known to HAProxy" for name in others]
    known: set[str] = set()
    for file in files:
        _read(file, known, users, section)
    if ("users", files) not in low.bodies:
        low.bodies["users", files] = section
        low.userlists.append(section)
    return users


def _read(file: str, known: set[str], users: Users, section: Section) -> None:
    try:
        text = Path(file).read_text(ENCODING)
    except OSError:
        users.lacking.append(f"{file} could not be read here: write its users to the userlist {users.name}")
        return
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        password = rest.partition(":")[0]
        if not colon or not name or name.startswith("#") or name in known:
            continue
        known.add(name)
        if _CRYPT.fullmatch(password):
            section.add("user", name, "password", password)
            continue
        kind = next((words for prefix, words in _KINDS if password.startswith(prefix)), "")
        if kind:
            users.lacking.append(f"HAProxy doesn't check {kind}, so {name} can't get in: htpasswd -B hashes it anew")
        section.say(f"{name} can't get in: HAProxy doesn't check the hash")


def members_of(files: str, groups: list[str]) -> list[str] | None:
    """Who is in one of the groups that a file of AuthGroupFile names; None if it can't be read."""
    try:
        text = Path(files).read_text(ENCODING)
    except OSError:
        return None
    lines = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return list(dict.fromkeys(user for name, _, users in lines if name.strip() in groups for user in users.split()))
