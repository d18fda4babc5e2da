"""mod_authz_groupfile: groups of users in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import file_name


@dataclass(frozen=True)
class AuthzGroupFileDirConf(Conf):
    module: ClassVar[str] = "mod_authz_groupfile"

    groups: Setting[str] = setting("")


MODULE = Module(
    "mod_authz_groupfile",
    dir_conf=AuthzGroupFileDirConf,
    fate=Fate.SERVED,
    directives=served([listed("AuthGroupFile", parse_in=file_name, per="dir", fills="groups", restricts=True)]),
)
