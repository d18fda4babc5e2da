"""byrequests: every member gets its share of the requests, and its turns are spread evenly (LB-12 to LB-17).

Think of each member as saving up. Before every choice each candidate is paid its factor; the richest is chosen
and pays what all of them were just paid together. So the sum of all savings stays what it was (it starts at
nought), nobody can save for ever without being chosen, and nobody can be chosen twice in a row unless its
savings cover it. Over one cycle (as many requests as the factors add up to, divided by their common divisor)
a member is paid ``cycle * factor`` and pays ``turns * total``; as the savings come back to nought, its turns are
exactly ``cycle * factor / total``: its share. And because the choice always falls on the one furthest behind
its share, a heavy member's turns do not come in one lump: factors 3 and 1 give AABA, not AAAB.

On a tie the earlier member wins, which makes equal factors a strict rotation (LB-14). A member that is out does
not save while it is out (LB-17), so it comes back without a burst.
"""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.runtime.cells import Cells


def find_best(candidates: Sequence[Cells]) -> Cells:
    """The candidate whose turn it is; updates ``lbstatus`` of all. There must be at least one."""
    best = candidates[0]
    total = 0
    for cells in candidates:
        factor = cells.lbfactor
        cells.lbstatus += factor
        total += factor
        if cells.lbstatus > best.lbstatus:
            best = cells
    best.lbstatus -= total
    return best
