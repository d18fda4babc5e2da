"""A virtual host without a ServerName.

It has the main server's name, so no request asks for it by a name of its own: if it isn't the first of its
address, nothing but its aliases can reach it (VH-16, VH-31). A first one is only the default, which may be meant;
then nothing is said.

Example:

    <VirtualHost *:80>
        ServerName a.example.com
    </VirtualHost>
    <VirtualHost *:80>
        ProxyPass "/" "http://10.0.0.1/"      # never answers
    </VirtualHost>

Write instead:

    <VirtualHost *:80>
        ServerName b.example.com
        ProxyPass "/" "http://10.0.0.1/"
    </VirtualHost>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View, own_core, server_name
from apacheconf.model.types import Server

RULE = Rule("missing-server-name", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for host in view.model.hosts:
        if host.node is None or server_name(host)[0]:
            continue
        aliases = own_core(host).server_aliases
        if aliases.value:
            message = "a virtual host with ServerAlias but without ServerName: its own name is the main server's"
            help = "write its principal name as ServerName, the other ones as ServerAlias"
            yield RULE.finding(aliases.said_by[0], message, help, level=Level.INFO)
        elif not _is_first_somewhere(view, host):
            message = "no request reaches this virtual host: it has no ServerName and isn't the first of its address"
            yield RULE.finding(host.node, message, "add ServerName with the name that clients ask for", word=0)


def _is_first_somewhere(view: View, host: Server) -> bool:
    return any(view.address_sets[address][0] is host for address in host.addresses)
