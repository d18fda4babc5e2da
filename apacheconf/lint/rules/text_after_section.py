"""Text after the ``>`` that ends a section's first line.

httpd ignores it without a word, be it a comment or a directive (LEX-51).

Example:

    <VirtualHost *:80> ServerName a.example.com

Write instead: each on its own line.

    <VirtualHost *:80>
        ServerName a.example.com
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.rule import Rule, logical_line
from apacheconf.lint.view import View
from apacheconf.source import Span

RULE = Rule("text-after-section", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for node in view.model.expanded.walk():
        if not node.is_section:
            continue
        whole = node.place.span
        line = logical_line(whole.text)
        end = line.rfind(">") + 1
        rest = line[end:].strip()
        if end and rest:
            start = whole.start + line.index(rest, end)
            is_comment = rest.startswith("#")
            message = "httpd ignores what stands after the section's >" + (", also a comment" if is_comment else "")
            help = f"write {'the comment' if is_comment else rest} on a line of its own"
            level = Level.INFO if is_comment else None
            yield RULE.finding_in(node, Span(whole.file, start, start + len(rest)), message, help, level=level)
