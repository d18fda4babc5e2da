"""Which Apache modules make steps of a section's settings, in the order in which httpd runs them in a phase."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apacheconf.modules.core import CoreDirConf
from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_alias import AliasDirConf
from apacheconf.modules.mod_authz_core import AuthzDirConf
from apacheconf.modules.mod_env import EnvDirConf
from apacheconf.modules.mod_headers import HeadersDirConf
from apacheconf.modules.mod_proxy import ProxyDirConf
from apacheconf.modules.mod_rewrite import RewriteDirConf
from apacheconf.modules.mod_setenvif import SetEnvIfDirConf
from apacheconf.modules.mod_ssl import SslDirConf
from apacheconf.program import (
    core,
    mod_alias,
    mod_authz_core,
    mod_env,
    mod_headers,
    mod_proxy,
    mod_rewrite,
    mod_setenvif,
    mod_ssl,
)
from apacheconf.program.steps import Step


@dataclass(frozen=True, slots=True)
class DirSteps:
    """``conf`` is the module's per-directory conf, ``steps`` says what its effective settings make a request meet."""

    conf: type[Conf]
    steps: Callable[[Conf], Iterable[Step]]


DIR_STEPS: dict[str, DirSteps] = {
    "mod_authz_core": DirSteps(AuthzDirConf, mod_authz_core.steps),
    "core": DirSteps(CoreDirConf, core.steps),
    "mod_rewrite": DirSteps(RewriteDirConf, mod_rewrite.steps),
    "mod_alias": DirSteps(AliasDirConf, mod_alias.steps),
    "mod_env": DirSteps(EnvDirConf, mod_env.steps),
    "mod_headers": DirSteps(HeadersDirConf, mod_headers.steps),
    "mod_setenvif": DirSteps(SetEnvIfDirConf, mod_setenvif.steps),
    "mod_proxy": DirSteps(ProxyDirConf, mod_proxy.steps),
    "mod_ssl": DirSteps(SslDirConf, mod_ssl.steps),
}
