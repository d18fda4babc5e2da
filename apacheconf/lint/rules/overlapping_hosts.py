"""A name that an earlier virtual host of the same address has already.

httpd says nothing; the first virtual host that matches answers, be it by an exact name or by a wildcard (VH-17,
VH-31). The later one never answers for that name.

Example:

    <VirtualHost *:80>
        ServerName  a.example.com
        ServerAlias *.example.com
    </VirtualHost>
    <VirtualHost *:80>
        ServerName shop.example.com           # *.example.com is asked first
    </VirtualHost>

Write instead: each name once, and virtual hosts with wildcards last.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.view import View, names_said
from apacheconf.model.types import Address, Server

RULE = Rule("overlapping-hosts", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for address, hosts in view.address_sets.items():
        yield from _check_set(address, hosts)


def _check_set(address: Address, hosts: list[Server]) -> Iterator[Diagnostic]:
    exact: dict[str, Written] = {}
    wild: list[tuple[str, Written]] = []
    for host in hosts:
        names = list(names_said(host))
        for name, node, word in names:
            winner = exact.get(name) or next((other for pattern, other in wild if fnmatchcase(name, pattern)), None)
            if winner is not None:
                yield _finding(address, name, node, word, winner)
        for name, node, _ in names:
            if "*" in name or "?" in name:
                wild.append((name, node))
            else:
                exact.setdefault(name, node)


def _finding(address: Address, name: str, node: Written, word: int, winner: Written) -> Diagnostic:
    at = whereabouts(winner, node)
    message = f"{name} never reaches this virtual host: the one with {winner.name} at {at} answers for it on {address}"
    help = f"remove the name here or at {at}"
    if "*" in winner.args or "?" in winner.args:
        help = f"put this virtual host before the one at {at}, whose name is a pattern"
    return RULE.finding(node, message, help, word=word)
