"""A ProxyPass whose path no request can match.

Outside a section the path of a plain ProxyPass is compared literally, so one that doesn't begin with a slash never
matches; a regular expression needs ProxyPassMatch or ``ProxyPass ~`` (LOC-15). Inside a LocationMatch a plain
ProxyPass compares the text of the expression itself, unless it holds ``*``, ``?`` or ``[`` (PP-16).

Example:

    ProxyPass "^/app" "http://10.0.0.1/"
    <LocationMatch "^/shop">
        ProxyPass "http://10.0.0.1/"
    </LocationMatch>

Write instead:

    ProxyPassMatch "^/app" "http://10.0.0.1/"
    <LocationMatch "^/shop">
        ProxyPassMatch "http://10.0.0.1/"
    </LocationMatch>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("unmatchable-proxy-pass", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for mapping in view.mappings(server):
            if mapping.is_prefix and mapping.path and not mapping.path.startswith("/"):
                message = f"no request matches {mapping.path}: a plain path begins with a slash"
                is_regex = set(mapping.path) & set("^$()[]*+\\|")
                help = f'write ProxyPassMatch "{mapping.path}"' if is_regex else f'write "/{mapping.path}"'
                yield RULE.finding(mapping.node, message, help, word=mapping.path_word)
        for mapping in view.section_mappings(server):
            section = mapping.section
            if section and section.regex and not mapping.entry.regex and not set(section.pattern) & set("*?["):
                message = f"no request matches: a plain ProxyPass compares the text {section.pattern} itself"
                yield RULE.finding(mapping.node, message, f'write ProxyPassMatch "{mapping.target}"')
