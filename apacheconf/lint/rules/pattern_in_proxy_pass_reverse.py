"""A ProxyPassReverse with a pattern, which it doesn't know.

There is no ProxyPassReverseMatch: the path is put into redirects as it is written, and the URL is compared as text
(RV-3, RV-4). A LocationMatch gives it its pattern for a path (RV-10).

Example:

    ProxyPassMatch   "^/app/(.*)$" "http://10.0.0.1/$1"
    ProxyPassReverse "^/app/(.*)$" "http://10.0.0.1/$1"

Write instead: the part that all have in common.

    ProxyPassReverse "/app/" "http://10.0.0.1/"
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import WayBack
from apacheconf.lint.rule import NAME, Rule
from apacheconf.lint.view import View

RULE = Rule("pattern-in-proxy-pass-reverse", Level.WARNING)
#: What a path hardly has, and patterns do; ``${NAME}`` is a variable's.
_PATTERN = re.compile(r"^\^|\$\d|\$$|\(.*\)|\\|\.[*+]")
_GROUP = re.compile(r"(\$\d).*")
#: How the paths of a pattern begin.
_BEGINNING = re.compile(r"\^?((?:[\w/~%,;:@&=-]|\\\.|\.(?![*+?{]))*)")


def check(view: View) -> Iterator[Diagnostic]:
    told: set[int] = set()
    for server in view.model.servers:
        for way in view.ways_back(server):
            if id(way.node) not in told:
                told.add(id(way.node))
                yield from _findings(way)


def _findings(way: WayBack) -> Iterator[Diagnostic]:
    path, url = way.path, way.entry.url
    lines = f'ProxyPassReverse "{_beginning(path)}" "{_GROUP.sub("", url)}"'
    section = way.section if way.entry.path is None else None
    if section is not None and section.regex:
        message = f"the section's pattern is put into redirects as it is written: {path}"
        yield RULE.finding(way.node, message, f"write {lines} outside of sections", word=NAME)
    elif section is None and _PATTERN.search(path):
        message = f"{path} is put into redirects as it is written: ProxyPassReverse takes no patterns"
        yield RULE.finding(way.node, message, f"write {lines}", word=0)
    elif found := _GROUP.search(url):
        message = f"{url} is compared as it is written, and no redirect has a {found[1]} in it"
        yield RULE.finding(way.node, message, f"write {lines}", word=0 if way.entry.path is None else 1)


def _beginning(pattern: str) -> str:
    found = _BEGINNING.match(pattern)
    begins = found[1].replace("\\.", ".") if found else ""
    return begins[: begins.rfind("/") + 1] or "/"
