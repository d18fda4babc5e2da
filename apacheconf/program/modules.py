"""Which Apache modules make steps of a section's settings, in the order in which httpd runs them in a phase."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apacheconf.modules.core import CoreDirConf
from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_actions import ActionsDirConf
from apacheconf.modules.mod_alias import AliasDirConf
from apacheconf.modules.mod_autoindex import AutoindexDirConf
from apacheconf.modules.mod_deflate import DeflateDirConf
from apacheconf.modules.mod_dir import DirDirConf
from apacheconf.modules.mod_env import EnvDirConf
from apacheconf.modules.mod_expires import ExpiresDirConf
from apacheconf.modules.mod_filter import FilterDirConf
from apacheconf.modules.mod_headers import HeadersDirConf
from apacheconf.modules.mod_mime import MimeDirConf
from apacheconf.modules.mod_negotiation import NegotiationDirConf
from apacheconf.modules.mod_proxy import ProxyDirConf
from apacheconf.modules.mod_proxy_fcgi import FcgiDirConf
from apacheconf.modules.mod_rewrite import RewriteDirConf
from apacheconf.modules.mod_setenvif import SetEnvIfDirConf
from apacheconf.modules.mod_ssl import SslDirConf
from apacheconf.modules.mod_substitute import SubstituteDirConf
from apacheconf.program import (
    access,
    core,
    mod_actions,
    mod_alias,
    mod_autoindex,
    mod_deflate,
    mod_dir,
    mod_env,
    mod_expires,
    mod_filter,
    mod_headers,
    mod_mime,
    mod_negotiation,
    mod_proxy,
    mod_proxy_fcgi,
    mod_rewrite,
    mod_setenvif,
    mod_ssl,
    mod_substitute,
)
from apacheconf.program.steps import Step


@dataclass(frozen=True, slots=True)
class DirSteps:
    """``conf`` is the module's per-directory conf, ``steps`` says what its effective settings make a request meet."""

    conf: type[Conf]
    steps: Callable[[Conf], Iterable[Step]]


DIR_STEPS: dict[str, DirSteps] = {
    "access": DirSteps(access.AccessLayer, access.steps),
    "core": DirSteps(CoreDirConf, core.steps),
    "mod_rewrite": DirSteps(RewriteDirConf, mod_rewrite.steps),
    "mod_alias": DirSteps(AliasDirConf, mod_alias.steps),
    "mod_env": DirSteps(EnvDirConf, mod_env.steps),
    "mod_ssl": DirSteps(SslDirConf, mod_ssl.steps),
    "mod_headers": DirSteps(HeadersDirConf, mod_headers.steps),
    "mod_setenvif": DirSteps(SetEnvIfDirConf, mod_setenvif.steps),
    "mod_proxy": DirSteps(ProxyDirConf, mod_proxy.steps),
    "mod_autoindex": DirSteps(AutoindexDirConf, mod_autoindex.steps),
    "mod_dir": DirSteps(DirDirConf, mod_dir.steps),
    "mod_expires": DirSteps(ExpiresDirConf, mod_expires.steps),
    "mod_filter": DirSteps(FilterDirConf, mod_filter.steps),
    "mod_actions": DirSteps(ActionsDirConf, mod_actions.steps),
    "mod_mime": DirSteps(MimeDirConf, mod_mime.steps),
    "mod_negotiation": DirSteps(NegotiationDirConf, mod_negotiation.steps),
    "mod_deflate": DirSteps(DeflateDirConf, mod_deflate.steps),
    "mod_substitute": DirSteps(SubstituteDirConf, mod_substitute.steps),
    "mod_proxy_fcgi": DirSteps(FcgiDirConf, mod_proxy_fcgi.steps),
}
#: Modules whose settings make steps, by themselves or together with others (``access``).
MAKE_STEPS = frozenset(DIR_STEPS) | frozenset(access.PARTS)
