"""mod_authn_file: users and passwords in a file. httpd doesn't look for it before it needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.values import file_name


@dataclass(frozen=True)
class AuthnFileDirConf(Conf):
    module: ClassVar[str] = "mod_authn_file"

    users: Setting[str] = setting("")


MODULE = Module(
    "mod_authn_file",
    dir_conf=AuthnFileDirConf,
    fate=Fate.SERVED,
    directives=served([listed("AuthUserFile", parse_in=file_name, per="dir", fills="users", restricts=True)]),
)
