"""Several virtual hosts on one address, and nothing says which one answers for unknown names.

httpd gives every request whose Host matches no virtual host of the address to the first one (VH-32). If that is
decided by the order of lines, or worse of file names, strangers see a site that was not meant for them, and a new
file ``aaa.conf`` changes who it is.

Example:

    <VirtualHost *:80>
        ServerName a.example.com       # also answers for every other name
    </VirtualHost>
    <VirtualHost *:80>
        ServerName b.example.com
    </VirtualHost>

Write instead: a first virtual host that is the default on purpose, with ``ServerName default`` or none at all,
or a file named ``000-default.conf`` or ``default.conf``.

    <VirtualHost *:80>
        ServerName default
        <Location "/">
            Require all denied
        </Location>
    </VirtualHost>
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View, names_of, server_name
from apacheconf.model.types import Address, Server

RULE = Rule("implicit-default-host", Level.WARNING)

_SAYS_DEFAULT = re.compile(r"(^|[^a-z])(default|catch-?all|fallback|_)([^a-z]|$)|localhost|\.(invalid|localdomain)$")
_SAYS_DEFAULT_FILE = re.compile(r"^0+[-_.]|default|catch-?all|fallback|^_")


def check(view: View) -> Iterator[Diagnostic]:
    for address, hosts in view.address_sets.items():
        names = {server_name(host)[0] for host in hosts}
        if len(names) > 1 and not _is_explicit(hosts[0]):
            yield _finding(address, hosts)


def _is_explicit(host: Server) -> bool:
    name, _ = server_name(host)
    if not name or _SAYS_DEFAULT.search(name) or "*" in names_of(host):
        return True
    if host.node is None:
        return True
    file = PurePath(host.node.place.span.file.name).name
    return bool(_SAYS_DEFAULT_FILE.search(file)) or "_default_" in host.node.args.lower()


def _finding(address: Address, hosts: list[Server]) -> Diagnostic:
    first = hosts[0]
    name, said_by = server_name(first)
    node = said_by or first.node
    assert node is not None
    files = {host.node.place.span.file.name for host in hosts if host.node}
    by = "because its file is read first" if len(files) > 1 else "because it stands first"
    message = f"{name} also answers for every unknown name on {address}, {by}"
    help = "put a virtual host before it that is the default on purpose, with ServerName default"
    # Within one file the order is there to be seen; between files it is the alphabet's.
    level = Level.WARNING if len(files) > 1 else Level.INFO
    return RULE.finding(node, message, help, word=0 if said_by else -1, level=level)
