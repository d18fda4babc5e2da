"""mod_authn_dbm: users and passwords in a DBM file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import file_name


@dataclass(frozen=True)
class AuthnDbmDirConf(Conf):
    """``type`` as written: ``default``, ``SDBM``, ``GDBM``, ``DB``."""

    module: ClassVar[str] = "mod_authn_dbm"

    users: Setting[str] = setting("")
    type: Setting[str] = setting("default")

    def merge(self, child: Self) -> Self:
        """httpd merges nothing: what an inner section says replaces all of it."""
        return child


MODULE = Module(
    "mod_authn_dbm",
    dir_conf=AuthnDbmDirConf,
    fate=Fate.SERVED,
    directives=served(
        [
            listed("AuthDBMUserFile", parse_in=file_name, per="dir", fills="users", restricts=True),
            listed("AuthDBMType", lambda words: words[0], per="dir", fills="type", restricts=True),
        ]
    ),
)
