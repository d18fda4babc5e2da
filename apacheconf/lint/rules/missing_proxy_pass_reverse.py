"""A ProxyPass to an HTTP origin without a ProxyPassReverse.

An origin that redirects names itself in the Location header. Without ProxyPassReverse the client is sent there
and leaves the proxy, or asks for a host that only the proxy can reach (RV-1). With ProxyPreserveHost On the
origin knows the public name, so nothing is said then if the path stays the same (RV-11).

Example:

    ProxyPass "/" "http://10.0.0.1/"

Write instead: the same pair twice.

    ProxyPass        "/" "http://10.0.0.1/"
    ProxyPassReverse "/" "http://10.0.0.1/"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import Mapping
from apacheconf.lint.reverses import uncovered
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("missing-proxy-pass-reverse", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for gap in uncovered(view):
        if gap.near is None:
            yield _finding(gap.mapping)


def _finding(mapping: Mapping) -> Diagnostic:
    message = f"redirects from {mapping.target} reach the client unchanged: there is no ProxyPassReverse for them"
    pair = f'"{mapping.target}"' if mapping.section else f'"{mapping.path}" "{mapping.target}"'
    return RULE.finding(mapping.node, message, f"add ProxyPassReverse {pair}", word=mapping.target_word)
