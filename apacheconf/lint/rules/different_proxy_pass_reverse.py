"""A ProxyPassReverse that differs from the ProxyPass it belongs to.

ProxyPassReverse compares its URL with the start of the origin's redirects as plain text: another scheme, port,
host or path matches nothing (RV-3), and a slash too few or too many gives the client a wrong path (RV-9).

Example:

    ProxyPass        "/app/" "http://10.0.0.1:8080/b/"
    ProxyPassReverse "/app/" "http://10.0.0.1/b/"

Write instead: the same two arguments.

    ProxyPassReverse "/app/" "http://10.0.0.1:8080/b/"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import Mapping, WayBack
from apacheconf.lint.reverses import uncovered
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.view import View

RULE = Rule("different-proxy-pass-reverse", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for gap in uncovered(view):
        if gap.near is not None:
            yield _finding(gap.mapping, gap.near)


def _finding(mapping: Mapping, near: WayBack) -> Diagnostic:
    at = whereabouts(mapping.node, near.node)
    message = f"this matches no redirect of the ProxyPass at {at}, which maps {mapping.path} to {mapping.target}"
    if near.entry.url == mapping.target:
        message = f"this sends redirects back to {near.path}, but the ProxyPass at {at} maps {mapping.path}"
    pair = f'"{mapping.target}"' if near.entry.path is None else f'"{mapping.path}" "{mapping.target}"'
    return RULE.finding(near.node, message, f"write ProxyPassReverse {pair}", word=near.wrong_word(mapping))
