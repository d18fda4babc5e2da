"""httpd in a sandbox: which modules it has, the lines that make a configuration runnable there, and its start."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apacheconf.engines.installed import Engine
from apacheconf.engines.process import Address, Server
from apacheconf.engines.sandbox import Sandbox, is_root

#: Where module files lie, after HTTPD_ROOT/modules.
MODULE_DIRS = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2",
               "/usr/local/apache2/modules")  # fmt: skip
#: Files of the server's core whose modules are not named after them.
STATIC_NAMES = {"http_core": "http"}
#: Modules that no configuration names but httpd needs to run at all.
ALWAYS_NEEDED = ("mpm_event_module", "authz_core_module", "unixd_module")
#: Event MPM with one child: members are chosen in one sequence, and starting costs little.
ONE_CHILD = """\
StartServers 1
ServerLimit 1
ThreadLimit 25
ThreadsPerChild 25
MaxRequestWorkers 25
MinSpareThreads 1
MaxSpareThreads 25
MaxConnectionsPerChild 0
"""
#: Directives of a configuration that would contradict the sandbox; its own lines take their place.
REPLACED = frozenset(
    {
        *("serverroot", "pidfile", "mutex", "scoreboardfile", "defaultruntimedir", "coredumpdirectory", "typesconfig"),
        *("user", "group", "chrootdir", "loadmodule", "loadfile", "startservers", "serverlimit", "threadlimit"),
        *("threadsperchild", "maxrequestworkers", "maxclients", "minsparethreads", "maxsparethreads"),
        *("minspareservers", "maxspareservers", "maxconnectionsperchild", "maxrequestsperchild"),
        "asyncrequestworkerfactor",
    }
)


@dataclass(frozen=True, slots=True)
class Build:
    """What an installed httpd brings: ``static`` are identifiers of modules that are compiled in."""

    module_dir: Path | None
    static: frozenset[str]

    def file_of(self, identifier: str) -> Path | None:
        """The file of module ``identifier`` (``proxy_module``); None if it isn't installed or is compiled in."""
        if self.module_dir is None:
            return None
        file = self.module_dir / f"mod_{identifier.removesuffix('_module')}.so"
        return file if file.exists() else None


@cache
def build_of(engine: Engine) -> Build:
    """Ask the binary itself (``-l`` and ``-V``)."""
    listed = _ask(engine, "-l")
    names = re.findall(r"^\s+(\w+)\.c$", listed, re.MULTILINE)
    static = frozenset(f"{STATIC_NAMES.get(name, name.removeprefix('mod_'))}_module" for name in names)
    root = re.search(r'HTTPD_ROOT="([^"]*)"', _ask(engine, "-V"))
    folders = [Path(root.group(1)) / "modules"] if root else []
    folders += [Path(folder) for folder in MODULE_DIRS]
    return Build(next((f for f in folders if any(f.glob("mod_*.so"))), None), static)


def _ask(engine: Engine, flag: str) -> str:
    asked = subprocess.run([engine.path, flag], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    return asked.stdout


def missing_modules(engine: Engine, modules: Iterable[str]) -> tuple[str, ...]:
    """Those of ``modules`` (identifiers) that this httpd can't load."""
    build = build_of(engine)
    return tuple(m for m in modules if m not in build.static and build.file_of(m) is None)


def preamble(engine: Engine | None, box: Sandbox, modules: Iterable[str], root: Path | None = None) -> str:
    """The lines that stand before a configuration so that it runs in ``box`` with these ``modules``.

    Modules that aren't installed are left out; ask ``missing_modules`` first. Without an engine the lines are
    for a reader that opens no module file. A configuration's own MPM is replaced by event, whose one child gives
    one sequence of members. ``root`` is the ServerRoot, the sandbox if not given.
    """
    wanted = dict.fromkeys([*ALWAYS_NEEDED, *(m for m in modules if not m.startswith("mpm_"))])
    lines = [
        f'ServerRoot "{root or box.path}"',
        *_loads(engine, wanted),
        f'DefaultRuntimeDir "{box.path}/run"',
        f'PidFile "{box.path}/run/httpd.pid"',
        f'ErrorLog "{box.path}/logs/error.log"',
    ]
    if "mime_module" in wanted:
        lines.append(f'TypesConfig "{box.path}/mime.types"')
    return "\n".join([*lines, *_account(), ONE_CHILD])


def _loads(engine: Engine | None, modules: Iterable[str]) -> list[str]:
    if engine is None:
        return [f"LoadModule {m} modules/mod_{m.removesuffix('_module')}.so" for m in modules]
    build = build_of(engine)
    return [f"LoadModule {m} {file}" for m in modules if m not in build.static and (file := build.file_of(m))]


def _account() -> list[str]:
    """User and Group lines, which only root needs: the least account that exists."""
    if not is_root():
        return []
    for name in ("nobody", "www-data", "apache", "daemon"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return [f"User #{account.pw_uid}", f"Group #{account.pw_gid}"]
    return []


def start(engine: Engine, box: Sandbox, text: str, answers_at: Sequence[Address]) -> Server:
    """Run ``text``, which begins with ``preamble``. Raises EngineFailed with what httpd said."""
    file = box.write("httpd.conf", text)
    command: list[str | Path] = [engine.path, "-d", box.path, "-f", file, "-DFOREGROUND"]
    return Server(engine.title, command, answers_at, box.path / "logs" / "httpd.out", _environ(box))


def _environ(box: Sandbox) -> dict[str, str]:
    """Only what Debian's own wrapper would set, pointing into the sandbox."""
    keep = {"LANG": "C", "PATH": os.environ.get("PATH", "")}
    return {**keep, "APACHE_RUN_DIR": f"{box.path}/run", "APACHE_LOG_DIR": f"{box.path}/logs"}
