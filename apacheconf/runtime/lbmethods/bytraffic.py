"""bytraffic: every member gets its share of the bytes, not of the requests (LB-19).

A request for a page and a request for a film are one request each, so where answers differ much in size turns
are a poor measure of work. Here the measure is what went over the wire: bytes sent to the member (heads and
bodies of requests) and bytes of answers' bodies that came back. Dividing both by the member's factor makes them
comparable: a member of factor 2 is level with one of factor 1 when it has carried twice as much. The one that
is furthest behind is asked next.

Nothing is ever forgotten: the counters only grow, so a member that was out for an hour is far behind and gets
everything until it has caught up. That is httpd's rule and its known weakness. The division is of integers,
each direction by itself, which decides ties; on a tie the earlier member wins.
"""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.runtime.cells import Cells


def find_best(candidates: Sequence[Cells]) -> Cells:
    """The candidate with the least traffic for its factor. There must be at least one."""
    return min(candidates, key=_traffic)


def _traffic(cells: Cells) -> int:
    return cells.transferred // cells.lbfactor + cells.read // cells.lbfactor
