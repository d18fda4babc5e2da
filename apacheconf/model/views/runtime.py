"""The second half of ``httpd -S``: where the server's files are and whom it runs as (CLI-21)."""

from __future__ import annotations

import grp
import posixpath
import pwd
from collections.abc import Callable

from apacheconf.model.directories import runtime_directory
from apacheconf.model.types import Model
from apacheconf.modules.core import CoreServerConf
from apacheconf.modules.core_values import DOCUMENT_ROOT
from apacheconf.syntax.words import split

#: What Debian's httpd has compiled in, for what no directive says.
_ERROR_LOG = "logs/error_log"
_PID_FILE = "/run/apache2.pid"
_NOBODY = 4294967295

#: The mutexes that modules register; httpd prints them in the order of a hash, which begins anywhere.
_MUTEXES = (
    ("watchdog-callback", "watchdog_module"),
    ("proxy-balancer-shm", "proxy_balancer_module"),
    ("ssl-stapling-refresh", "ssl_module"),
    ("rewrite-map", "rewrite_module"),
    ("authdigest-client", "auth_digest_module"),
    ("lua-ivm-shm", "lua_module"),
    ("ssl-stapling", "ssl_module"),
    ("mpm-accept", "mpm_worker_module"),
    ("mpm-accept", "mpm_prefork_module"),
    ("ldap-cache", "ldap_module"),
    ("proxy", "proxy_module"),
    ("authn-socache", "authn_socache_module"),
    ("ssl-cache", "ssl_module"),
    ("default", ""),
    ("cache-socache", "cache_socache_module"),
)


def run_configuration(model: Model) -> str:
    """What ``httpd -t -D DUMP_RUN_CFG`` prints after the virtual hosts."""
    conf = model.main.server_conf(CoreServerConf)
    words = _last_words(model)
    user, group = words.get("user", ["#-1"])[0], words.get("group", ["#-1"])[0]
    lines = [
        f'ServerRoot: "{model.expanded.server_root}"',
        f'Main DocumentRoot: "{_path(conf.document_root.value or DOCUMENT_ROOT, model)}"',
        f'Main ErrorLog: "{_path(conf.error_log.value or _ERROR_LOG, model)}"',
        *_mutexes(model, words),
        f'PidFile: "{_path(words.get("pidfile", [_PID_FILE])[0], model)}"',
        "Define: DUMP_VHOSTS",
        "Define: DUMP_RUN_CFG",
        *(f"Define: {name}={value}" if value else f"Define: {name}" for name, value in model.expanded.defines.items()),
        f'User: name="{user}" id={_id(user, lambda name: pwd.getpwnam(name).pw_uid)}',
        f'Group: name="{group}" id={_id(group, lambda name: grp.getgrnam(name).gr_gid)}',
    ]
    return "".join(f"{line}\n" for line in lines)


def _last_words(model: Model) -> dict[str, list[str]]:
    """The words of the last of each directive that stands outside sections, by its name in lower case."""
    wanted = ("user", "group", "pidfile", "mutex")
    found = {node.name.lower(): split(node.args) for node in model.expanded.nodes if node.name.lower() in wanted}
    return {name: words for name, words in found.items() if words}


def _mutexes(model: Model, words: dict[str, list[str]]) -> list[str]:
    directory = runtime_directory(model.expanded)
    mechanism, _, path = words.get("mutex", ["default"])[0].partition(":")
    default = f'dir="{_path(path or directory, model).rstrip("/")}/" mechanism={mechanism} '
    return [
        f"Mutex {name}: {'using_defaults' if module else default}"
        for name, module in _MUTEXES
        if not module or module in model.expanded.modules
    ]


def _path(path: str, model: Model) -> str:
    return path if path.startswith(("|", "syslog")) else posixpath.join(model.expanded.server_root, path)


def _id(name: str, look_up: Callable[[str], int]) -> int:
    """A user's or group's number: ``#n`` says it itself; an unknown name has none."""
    if name.startswith("#"):
        return int(name[1:]) % (1 << 32) if name[1:].lstrip("-").isdigit() else _NOBODY
    try:
        return look_up(name)
    except KeyError:
        return _NOBODY
