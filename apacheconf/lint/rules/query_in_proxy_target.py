"""A ``?`` in the target of a ProxyPass.

It is part of the path there and reaches the origin as ``%3F``; the query of the client's request is appended by
itself (PP-18).

Example:

    ProxyPass "/search" "http://10.0.0.1/find?source=web"

Write instead: a rewrite, which knows queries.

    RewriteEngine On
    RewriteRule "^/search$" "http://10.0.0.1/find?source=web" [P,QSA]
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("query-in-proxy-target", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for mapping in view.own_mappings(server):
            if "?" in mapping.url.path and "nocanon" not in mapping.entry.keywords:
                message = f"the ? of {mapping.target} reaches the origin as %3F, as a part of the path"
                help = f'write a RewriteRule with [P,QSA]: RewriteRule "^{mapping.path}$" "{mapping.target}" [P,QSA]'
                yield RULE.finding(mapping.node, message, help, word=mapping.target_word)
