"""A directive in a Limit section that holds for every method.

Limit and LimitExcept choose methods for access rules alone (STR-17): Require, Order, Allow, Deny and Satisfy. Any
other directive in them is read as if it stood outside.

Example:

    <Location "/form">
        <Limit POST>
            Header set Cache-Control "no-store"
        </Limit>
    </Location>

Write instead: a condition.

    <Location "/form">
        Header set Cache-Control "no-store" "expr=%{REQUEST_METHOD} == 'POST'"
    </Location>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.tree import Node
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("unlimited-directive", Level.WARNING)
_LIMITED = frozenset({"require", "requireall", "requireany", "requirenone", "order", "allow", "deny", "satisfy"})


def check(view: View) -> Iterator[Diagnostic]:
    for node in view.model.expanded.walk():
        if node.name.lower() in ("limit", "limitexcept"):
            for inside in node.children or ():
                if not _is_about_access(inside):
                    yield _finding(inside, node)


def _is_about_access(node: Node) -> bool:
    name = node.name.lower()
    return name in _LIMITED or name.startswith(("auth", "limit"))


def _finding(node: Node, limit: Node) -> Diagnostic:
    message = f"{node.name} holds for every method, though it stands in <{limit.name} {limit.args.strip()}>"
    return RULE.finding(node, message, "move it out of the section, or give it a condition (If, expr=, env=)")
