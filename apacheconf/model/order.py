"""The order in which httpd would meet what is wrong: its first error is the one it prints (MOD-4)."""

from __future__ import annotations

from heapq import merge

from apacheconf.diagnostics import Diagnostic
from apacheconf.expand.tree import Expanded

#: How messages of the walk begin; all others are said after it.
_IN_THE_WALK = ("AH00526", "AH00112", "AH00543", "AH00544", "AH00548")


def in_walk_order(expanded: Expanded, *found: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Several lists of diagnostics, each in the order of the walk, as one."""
    filled = [each for each in found if each]
    if len(filled) < 2:
        return filled[0] if filled else ()
    position = {id(node.place): number for number, node in enumerate(expanded.walk())}

    def met(each: Diagnostic) -> int:
        if each.name == "one-mpm":
            return -1
        after_the_walk = each.httpd is not None and not each.httpd.startswith(_IN_THE_WALK)
        return len(position) if after_the_walk else position.get(id(each.place), len(position))

    return tuple(merge(*filled, key=met))
