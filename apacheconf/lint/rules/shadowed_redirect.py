"""A Redirect or an Alias that no request reaches, because a ProxyPass takes all of its URLs.

Outside sections mod_proxy is asked before mod_alias, whatever the order in the file (PP-20). A Redirect inside a
Location is asked later, and wins.

Example:

    Redirect  "/blog" "https://blog.example.com/"    # never asked
    ProxyPass "/"     "http://10.0.0.1/"

Write instead: take its path out of the mapping first.

    ProxyPass "/blog" "!"
    Redirect  "/blog" "https://blog.example.com/"
    ProxyPass "/"     "http://10.0.0.1/"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.view import View
from apacheconf.program.dead import shadowing
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Action, MapToFile, Redirect, Respond, Step
from apacheconf.syntax.words import split

RULE = Rule("shadowed-redirect", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    hosts = () if view.program is None else view.program.hosts
    dead = {id(each): (each, host, step) for host in hosts for step in _dead(host) for each in host.said_by(step)}
    if dead:
        alive = {id(each) for host in hosts for step in _live(host) for each in host.said_by(step)}
        for number, found in dead.items():
            if number not in alive:
                yield _finding(*found)


def _dead(host: Host) -> Iterator[Step]:
    return (step for step, _ in host.shape.dead if _is_of_alias(step.action))


def _is_of_alias(action: Action) -> bool:
    """DocumentRoot is none: it takes what is left, and nobody minds where that is nothing."""
    if isinstance(action, MapToFile):
        return bool(action.prefix) or action.value is not None
    return isinstance(action, Redirect | Respond)


def _live(host: Host) -> Iterator[Step]:
    return (step for cell in host.shape.cells for step in cell.steps)


def _finding(at: Written, host: Host, step: Step) -> Diagnostic:
    winner = shadowing(step, host.shape.server, host.shape.cells)
    by = host.said_by(winner)[:1] if winner is not None else ()
    taker = f"the {by[0].name} at {whereabouts(by[0], at)} takes" if by else "mappings take"
    message = f"no request reaches this {at.name}: {taker} all of its requests, mod_proxy is asked before mod_alias"
    return RULE.finding(at, message, _way_out(at, by))


def _way_out(at: Written, by: tuple[Written, ...]) -> str:
    path = next((word for word in split(at.args) if word.startswith("/")), "")
    if path and by and not at.name.lower().endswith("match"):
        return f'write ProxyPass "{path}" "!" before {whereabouts(by[0], at)}'
    return "take its paths out with a ProxyPassMatch ... ! before the mapping, or write it inside a <Location>"
