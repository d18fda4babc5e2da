"""What the address says at which a request came in: whether TLS is spoken there, so that nobody needs to ask."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.conditions import ALWAYS, NEVER, Not
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.answers import residual
from apacheconf.targets.captures import replaced
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.known import worked_out


def at_address(found: Iterable[Place], secure: bool) -> list[Place]:
    """The places as they are where ``secure`` connections come in, or plain ones: without questions about that."""

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
        condition = residual(worked_out(replaced(tree.condition, said)), {})
        if condition in (ALWAYS, NEVER):
            return settled(tree.yes if condition == ALWAYS else tree.no)
        yes, no = settled(tree.yes), settled(tree.no)
        return Ask(condition.condition, no, yes) if isinstance(condition, Not) else Ask(condition, yes, no)

    return [Place(each.cell, settled(each.tree)) for each in found]
