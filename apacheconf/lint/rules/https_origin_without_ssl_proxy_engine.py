"""An ``https://`` origin in a host without ``SSLProxyEngine On``.

Every request for it fails with status 500 and ``AH01961: ... TLS proxy requires SSLProxyEngine On`` in the error
log. In a fragment the main file may say it, so there this is only information.

Example:

    ProxyPass "/" "https://10.0.0.1/"

Write instead:

    SSLProxyEngine On
    ProxyPass "/" "https://10.0.0.1/"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.model.types import Server

RULE = Rule("https-origin-without-ssl-proxy-engine", Level.ERROR)

_TLS = frozenset({"https", "wss", "h2"})


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        targets = [target for target in view.targets(server) if target.url.scheme in _TLS]
        if targets and not _has_engine(view, server):
            for target in targets:
                message = f"{target.url.scheme}:// needs SSLProxyEngine On, which isn't set for it"
                level = Level.INFO if view.is_fragment else None
                yield RULE.finding(target.node, message, "add SSLProxyEngine On", word=target.word, level=level)


def _has_engine(view: View, server: Server) -> bool:
    """It is on in the main server, in the host, or in any section of theirs."""
    scopes = [node for node in view.model.expanded.nodes if node.name.lower() != "virtualhost"]
    if server.node is not None:
        scopes.append(server.node)
    return any(
        node.name.lower() == "sslproxyengine" and node.args.strip().strip('"').lower() == "on"
        for scope in scopes
        for node in scope.walk()
    )
