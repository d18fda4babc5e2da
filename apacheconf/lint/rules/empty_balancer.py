"""A ProxyPass to a balancer that has no members.

httpd starts without a word, and answers every request for it with 503 (BP-15). Usually the name is misspelt, or
the BalancerMember lines stand in another virtual host.

Example:

    ProxyPass "/" "balancer://mycluster/"     # nobody defines mycluster

Write instead: the members.

    <Proxy "balancer://mycluster">
        BalancerMember "http://10.0.0.1:8080"
    </Proxy>
    ProxyPass "/" "balancer://mycluster/"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import BalancerView, Mapping, balancer_name
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("empty-balancer", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        balancers = view.balancers(server)
        for mapping in view.own_mappings(server):
            name = balancer_name(mapping.target)
            if name and "$" not in name and _is_empty(balancers.get(name)):
                yield _finding(view, mapping, name, balancers)


def _is_empty(balancer: BalancerView | None) -> bool:
    return balancer is None or not (balancer.members or "growth" in balancer.parameters)


def _finding(view: View, mapping: Mapping, name: str, balancers: dict[str, BalancerView]) -> Diagnostic:
    where = " in the files that were read" if view.is_fragment else ""
    message = f"{name} has no members{where}: every request for {mapping.path} would be answered with 503"
    return RULE.finding(mapping.node, message, _advice(view, name, balancers), word=mapping.target_word)


def _advice(view: View, name: str, balancers: dict[str, BalancerView]) -> str:
    if any(not _is_empty(view.balancers(host).get(name)) for host in view.model.hosts):
        return "its members stand in another virtual host: move the <Proxy> section outside all virtual hosts"
    known = balancers.get(name)
    if known is None or not known.defined_by:
        from difflib import get_close_matches

        filled = [other for other, balancer in balancers.items() if balancer.members]
        for near in get_close_matches(name, filled, 1, cutoff=0.8):
            return f"did you mean {near}?"
    return f'add <Proxy "{name}"> with a BalancerMember line for each member'
