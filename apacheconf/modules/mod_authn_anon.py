"""mod_authn_anon: users who may come with any password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, parent_then_child, setting
from apacheconf.modules.facts import flags, listed


@dataclass(frozen=True)
class AuthnAnonDirConf(Conf):
    """``*`` among the users is anybody."""

    module: ClassVar[str] = "mod_authn_anon"

    users: Setting[tuple[str, ...]] = setting((), parent_then_child)


MODULE = Module(
    "mod_authn_anon",
    dir_conf=AuthnAnonDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("Anonymous", tuple, per="dir", fills="users", extends=True),
        *flags("Anonymous_LogEmail Anonymous_MustGiveEmail Anonymous_NoUserID Anonymous_VerifyEmail"),
    ],
)
