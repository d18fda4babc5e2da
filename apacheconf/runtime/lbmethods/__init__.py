"""Load-balancer methods under Apache's own names, one file each.

A method is a pure ``find_best(cells)``: of the usable candidates, in the order of their definition, it picks one
and updates their cells. Which candidates are usable is the balancer's business, not the method's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apacheconf.runtime.cells import Cells
from apacheconf.runtime.lbmethods import bybusyness, byrequests, bytraffic

FindBest = Callable[[Sequence[Cells]], Cells]

#: The methods that serve knows; a balancer with another one is answered in the ledger.
METHODS: dict[str, FindBest] = {
    "byrequests": byrequests.find_best,
    "bytraffic": bytraffic.find_best,
    "bybusyness": bybusyness.find_best,
}
