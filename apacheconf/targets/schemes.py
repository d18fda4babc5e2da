"""What the address says at which a request came in: whether TLS is spoken there, so that nobody needs to ask."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.conditions import ALWAYS, NEVER, Matches, Not
from apacheconf.program.values import REQUEST_URI, Literal, Value, Variable
from apacheconf.targets.answers import residual
from apacheconf.targets.captures import parts_in, replaced
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.known import worked_out
from apacheconf.targets.questions import matches_all_paths, pcre


def _is_of_all(asked: Matches) -> bool:
    """Whether every path matches: all begin with a slash."""
    return asked.value == REQUEST_URI and matches_all_paths(pcre(asked.regex))


def at_address(found: Iterable[Place], secure: bool, captures: bool = True) -> list[Place]:
    """The places as they are where ``secure`` connections come in, or plain ones: without questions about that.

    Without ``captures`` of its questions a target asks none that every path answers alike.
    """

    def said(value: Value) -> Value | None:
        match value:
            case Variable("HTTPS"):
                return Literal("on" if secure else "off")
            case Variable("REQUEST_SCHEME"):
                return Literal("https" if secure else "http")
            case _:
                return None

    def settled(tree: Tree) -> Tree:
        if not isinstance(tree, Ask):
            return tree
        condition = worked_out(replaced(tree.condition, said))
        of_all = () if captures else filter(_is_of_all, parts_in(condition, Matches))
        condition = residual(condition, dict.fromkeys(of_all, True))
        if condition in (ALWAYS, NEVER):
            return settled(tree.yes if condition == ALWAYS else tree.no)
        yes, no = settled(tree.yes), settled(tree.no)
        return Ask(condition.condition, no, yes) if isinstance(condition, Not) else Ask(condition, yes, no)

    return [Place(each.cell, settled(each.tree)) for each in found]
