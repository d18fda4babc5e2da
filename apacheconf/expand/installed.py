"""Where the httpd of this machine keeps its configuration: what its binary says, and the well-known places."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

_WELL_KNOWN = (
    ("/etc/apache2", "apache2.conf"),
    ("/etc/httpd", "conf/httpd.conf"),
    ("/etc/apache2", "httpd.conf"),
    ("/usr/local/apache2", "conf/httpd.conf"),
    ("/usr/local/etc/apache24", "httpd.conf"),
    ("/opt/homebrew/etc/httpd", "httpd.conf"),
)
_BINARIES = ("apache2", "httpd", "/usr/sbin/apache2", "/usr/sbin/httpd", "/usr/local/apache2/bin/httpd")
_COMPILED = re.compile(r'-D (HTTPD_ROOT|SERVER_CONFIG_FILE)="([^"]*)"')


def installed() -> list[tuple[str, str]]:
    """ServerRoot and main file of every httpd that may be here, the likeliest first; they need not exist."""
    found = [compiled for binary in _BINARIES if (path := shutil.which(binary)) and (compiled := _ask(path))]
    found += [(root, os.path.join(root, file)) for root, file in _WELL_KNOWN]
    return list(dict.fromkeys(found))


def _ask(binary: str) -> tuple[str, str] | None:
    """What ``-V`` says; it prints its facts even when it can't read its configuration (CLI-5)."""
    try:
        said = subprocess.run([binary, "-V"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    facts = dict(_COMPILED.findall(said))
    if "HTTPD_ROOT" not in facts or "SERVER_CONFIG_FILE" not in facts:
        return None
    return facts["HTTPD_ROOT"], os.path.join(facts["HTTPD_ROOT"], facts["SERVER_CONFIG_FILE"])
