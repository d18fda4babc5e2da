"""mod_authz_dbm: groups of users in a DBM file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import file_name


@dataclass(frozen=True)
class AuthzDbmDirConf(Conf):
    """``type`` as written: ``default``, ``SDBM``, ``GDBM``, ``DB``."""

    module: ClassVar[str] = "mod_authz_dbm"

    groups: Setting[str] = setting("")
    type: Setting[str] = setting("default")

    def merge(self, child: Self) -> Self:
        """httpd merges nothing: what an inner section says replaces all of it."""
        return child


MODULE = Module(
    "mod_authz_dbm",
    dir_conf=AuthzDbmDirConf,
    fate=Fate.SERVED,
    directives=served(
        [
            listed("AuthDBMGroupFile", parse_in=file_name, per="dir", fills="groups", restricts=True),
            listed("AuthzDBMType", lambda words: words[0], per="dir", fills="type", restricts=True),
        ]
    ),
)
