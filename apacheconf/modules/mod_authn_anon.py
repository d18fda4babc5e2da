"""mod_authn_anon: users who may come with any password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from apacheconf.modules.declare import Conf, Fate, Module, Setting, setting
from apacheconf.modules.facts import listed, served


@dataclass(frozen=True)
class AuthnAnonDirConf(Conf):
    """``*`` among the users is anybody."""

    module: ClassVar[str] = "mod_authn_anon"

    users: Setting[tuple[str, ...]] = setting(())
    no_name: Setting[bool] = setting(False)
    needs_password: Setting[bool] = setting(True)
    verifies: Setting[bool] = setting(False)
    logs_password: Setting[bool] = setting(True)

    def merge(self, child: Self) -> Self:
        """httpd merges nothing: what an inner section says replaces all of it."""
        return child


MODULE = Module(
    "mod_authn_anon",
    dir_conf=AuthnAnonDirConf,
    fate=Fate.SERVED,
    directives=served(
        [
            listed("Anonymous", tuple, per="dir", fills="users", extends=True),
            listed("Anonymous_NoUserID", per="dir", fills="no_name"),
            listed("Anonymous_MustGiveEmail", per="dir", fills="needs_password"),
            listed("Anonymous_VerifyEmail", per="dir", fills="verifies"),
            listed("Anonymous_LogEmail", per="dir", fills="logs_password"),
        ]
    ),
)
