"""mod_auth_basic: Basic authentication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Scope, Setting, setting
from apacheconf.modules.facts import listed, served
from apacheconf.modules.mod_authn_core import providers
from apacheconf.modules.values import choice, text


@dataclass(frozen=True)
class AuthBasicDirConf(Conf):
    """``fake`` is user and password of the header that httpd makes up for origins, two texts with variables; none is
    Off."""

    module: ClassVar[str] = "mod_auth_basic"

    providers: Setting[tuple[str, ...]] = setting(("file",))
    authoritative: Setting[bool] = setting(True)
    fake: Setting[tuple[str, ...]] = setting(())
    digest: Setting[str] = setting("Off")


_user = text("Could not parse fake username expression '%s': ")


def _fake(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    if words[0].lower() == "off":
        return ()
    _user(words, scope)
    if len(words) == 1:
        return words[0], "password"
    text(f"Could not parse fake password expression associated to user '{words[0]}': ", 1)(words, scope)
    return words[0], words[1]


MODULE = Module(
    "mod_auth_basic",
    dir_conf=AuthBasicDirConf,
    fate=Fate.SERVED,
    directives=served([
        listed("AuthBasicProvider", parse_in=providers(), per="dir", fills="providers", extends=True, restricts=True),
        listed("AuthBasicAuthoritative", per="dir", fills="authoritative", restricts=True),
        listed("AuthBasicFake", parse_in=_fake, per="dir", fills="fake", restricts=True),
        listed(
            "AuthBasicUseDigestAlgorithm",
            choice("Invalid algorithm in AuthBasicUseDigestAlgorithm: %s", "MD5", "Off"),
            per="dir", fills="digest", restricts=True,
        ),
    ]),
)  # fmt: skip
