"""A rule in a Limit section that other methods get around.

``<Limit GET POST>`` is about these methods alone (HEAD goes with GET): a request by PUT, DELETE or a method that
somebody made up meets no rule and is let in (STR-17, AZ-8). Nothing else is limited by it: other directives in the
section hold for every method.

Example:

    <Location "/admin">
        <Limit GET POST>
            Require ip 10.0.0.0/8
        </Limit>
    </Location>

Write instead: the rule without Limit.

    <Location "/admin">
        Require ip 10.0.0.0/8
    </Location>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.tree import Node
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("unprotected-methods", Level.WARNING)
_RULES = frozenset({"require", "requireall", "requireany", "requirenone", "order", "deny"})


def check(view: View) -> Iterator[Diagnostic]:
    for node in view.model.expanded.walk():
        inside = node.children or ()
        limits = [each for each in inside if each.name.lower() == "limit" and _takes_away(each)]
        if limits and not any(_holds_for_others(each) for each in inside):
            for limit in limits:
                if "GET" in limit.args.split():
                    yield _finding(limit)


def _takes_away(limit: Node) -> bool:
    return any(_is_rule(each) for each in limit.children or ())


def _is_rule(node: Node) -> bool:
    name, words = node.name.lower(), node.args.lower().split()
    return name in _RULES and words not in (["all", "granted"], ["deny,allow"])


def _holds_for_others(node: Node) -> bool:
    return node.name.lower() == "limitexcept" or _is_rule(node)


def _finding(limit: Node) -> Diagnostic:
    message = f"only {limit.args.strip()} need to keep this rule: a request by any other method is let in"
    return RULE.finding(limit, message, "write the rule without <Limit>, so that it holds for every method")
