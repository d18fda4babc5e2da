"""bybusyness: the member with the fewest requests in flight is asked (LB-20).

Turns and bytes look back; this method looks at now. A member that is slow, for whatever reason, keeps its
requests longer, so more of them are in flight and it gets fewer new ones: slowness is answered without being
measured. It needs no knowledge about sizes or factors, and it is the only method here that notices a member
which hangs without failing.

When members are equally busy (an idle server: all at nought) the number alone would always name the first one.
So savings are kept exactly as in byrequests, and the richest of the least busy wins: an idle server has the same
sequence as byrequests, factors included. Everyone who competes is paid, also those who were too busy to win;
the winner pays for all.
"""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.runtime.cells import Cells


def find_best(candidates: Sequence[Cells]) -> Cells:
    """The least busy candidate; updates ``lbstatus`` of all. There must be at least one."""
    for cells in candidates:
        cells.lbstatus += cells.lbfactor
    best = min(candidates, key=lambda cells: (cells.busy, -cells.lbstatus))
    best.lbstatus -= sum(cells.lbfactor for cells in candidates)
    return best
