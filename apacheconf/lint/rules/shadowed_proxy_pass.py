"""A ProxyPass that no request reaches, because an earlier one takes all of its URLs.

mod_proxy tries the list in the order of the file and takes the first entry that matches; length is irrelevant
(PP-1). The main server's entries come before those of a virtual host (PP-23). A ProxyPass inside a Location is
asked before the whole list (PP-8), and of several such sections the last one that matches wins (PP-9).

Example:

    ProxyPass "/"       "http://10.0.0.1/"
    ProxyPass "/static" "!"                   # never asked

Write instead: the narrow entry first.

    ProxyPass "/static" "!"
    ProxyPass "/"       "http://10.0.0.1/"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import Mapping
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.urls import covers
from apacheconf.lint.view import View

RULE = Rule("shadowed-proxy-pass", Level.WARNING)

#: Regular expressions of ProxyPassMatch that take every path.
_ALL = frozenset({"^", "^/", "/", ".*", "^.*", "^.*$", "^(.*)$", "(.*)", "^/.*", "^/.*$", "^/(.*)$", "^/(.*)", "/(.*)"})


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        listed, in_sections = view.mappings(server), view.section_mappings(server)
        for position, mapping in enumerate(listed):
            if mapping.inherited:
                continue
            winner = _first_over(mapping, listed[:position])
            if winner is not None:
                yield _shadowed_in_list(mapping, winner)
            else:
                yield from _shadowed_by_section(mapping, in_sections)
        for position, mapping in enumerate(in_sections):
            yield from _shadowed_by_later(mapping, in_sections[position + 1 :])


def _first_over(mapping: Mapping, earlier: Sequence[Mapping]) -> Mapping | None:
    return next((other for other in earlier if _takes_all(other, mapping)), None)


def _takes_all(winner: Mapping, loser: Mapping) -> bool:
    if _reading(winner) != _reading(loser):
        return False
    if winner.entry.regex:
        return winner.path in _ALL
    return winner.is_prefix and loser.is_prefix and covers(winner.path, loser.path)


def _reading(mapping: Mapping) -> object:
    """Which form of the path is compared (``mapping=``, PU-8, PU-9): two forms can't be compared with each other."""
    return dict(mapping.entry.parameters).get("mapping")


def _shadowed_in_list(mapping: Mapping, winner: Mapping) -> Diagnostic:
    whose = "the main server's entry" if winner.inherited and not mapping.inherited else "the entry"
    message = (
        f"no request reaches this mapping of {mapping.path}: "
        f"{whose} for {winner.path} at {_at(winner, mapping)} comes first"
    )
    if winner.path == mapping.path:
        help = "remove one of the two, the first one answers"
    elif winner.inherited and not mapping.inherited:
        help = "move the main server's ProxyPass into the virtual host that it is meant for (PP-23)"
    else:
        help = f"move this line before {_at(winner, mapping)}"
    return RULE.finding(mapping.node, message, help, word=mapping.path_word)


def _shadowed_by_section(mapping: Mapping, in_sections: Sequence[Mapping]) -> Iterator[Diagnostic]:
    for winner in in_sections:
        if _takes_all(winner, mapping):
            message = (
                f"no request reaches this mapping of {mapping.path}: the ProxyPass inside "
                f"<Location {winner.path}> at {_at(winner, mapping)} is asked before those outside (PP-8)"
            )
            help = f"write it as a section of its own after that one: <Location {mapping.path}>"
            yield RULE.finding(mapping.node, message, help, word=mapping.path_word)
            return


def _shadowed_by_later(mapping: Mapping, later: Sequence[Mapping]) -> Iterator[Diagnostic]:
    for winner in later:
        if _takes_all(winner, mapping):
            message = (
                f"no request reaches this ProxyPass of <Location {mapping.path}>: the later section "
                f"<Location {winner.path}> at {_at(winner, mapping)} overrides it (PP-9)"
            )
            help = f"write <Location {winner.path}> before <Location {mapping.path}>"
            yield RULE.finding(mapping.node, message, help)
            return


def _at(winner: Mapping, loser: Mapping) -> str:
    return whereabouts(winner.node, loser.node)
