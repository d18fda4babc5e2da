"""mod_userdir in the program: ``/~user/path`` below a folder of that user, after every alias."""

from __future__ import annotations

import pwd
import re
from collections.abc import Iterator

from apacheconf.model.types import Server
from apacheconf.modules.mod_userdir import UserDirServerConf
from apacheconf.program.conditions import Matches, Regex
from apacheconf.program.files import exists
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import MapToHome, Step
from apacheconf.program.values import REQUEST_URI

_PATH = re.compile(r"/~([^/]+)(.*)", re.DOTALL)


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """One step; it passes on what is not for it."""
    conf = server.server_conf(UserDirServerConf)
    if not conf.lines.value:
        return
    folders: tuple[str, ...] = ()
    off, disabled, enabled = False, list[str](), list[str]()
    for first, *rest in conf.lines.value:
        if first.lower() == "disabled":
            off, disabled = off or not rest, [*disabled, *rest]
        elif first.lower() == "enabled":
            enabled += rest
        else:
            folders = (first, *rest)
    action = MapToHome(folders, off, tuple(disabled), tuple(enabled))
    yield linker.step(Phase.TRANSLATE, action, conf.lines.said_by, Matches(REQUEST_URI, Regex("^/~[^/]")))


def place_of(action: MapToHome, path: str) -> tuple[str, str, str]:
    """The file of a ``/~user`` path, and what URL prefix and what folder stand for each other; empty for nobody's.

    A URL to redirect to stands in place of a file.
    """
    found = _PATH.fullmatch(path)
    if found is None or found[1] in (".", ".."):
        return "", "", ""
    user, rest = found[1], found[2]
    if user in action.disabled_users or (action.disabled and user not in action.enabled_users):
        return "", "", ""
    for number, folder in enumerate(action.folders, 1):
        place = _folder(folder, user)
        if place and (number == len(action.folders) or "://" in place or exists(place)):
            return place + rest, f"/~{user}", place
    return "", "", ""


def _folder(folder: str, user: str) -> str:
    before, star, after = folder.partition("*")
    if star:  # of a URL httpd leaves out what follows the star
        return before + user + ("" if ":" in before else after)
    if folder.startswith("/"):
        return f"{folder}/{user}"
    try:
        return f"{pwd.getpwnam(user).pw_dir}/{folder}"
    except (KeyError, ValueError):
        return ""
