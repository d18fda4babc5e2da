"""Where the server's files lie at run time."""

from __future__ import annotations

import posixpath

from apacheconf.expand.tree import Absence, Expanded
from apacheconf.syntax.words import split

#: What Debian's httpd has compiled in.
_RUNTIME_DIR = "/var/run/apache2"


def runtime_directory(expanded: Expanded) -> str:
    """Where relative names of sockets and locks lie: DefaultRuntimeDir, or the folder that httpd was built with."""
    written = _RUNTIME_DIR
    for absent in expanded.absent:
        if absent.name.lower() == "defaultruntimedir" and absent.why is Absence.EXECUTED:
            written = next(iter(split(absent.args)), _RUNTIME_DIR)
    return posixpath.join(expanded.server_root, written)
