"""The cells of a member's state: all that changes while serving, behind one small interface.

The algorithms read and write only these attributes, so a later class can keep the same cells in memory shared
by several children without touching them.
"""

from __future__ import annotations

from apacheconf.program.workers import Member


class Cells:
    """One member's state. ``status`` holds flag letters (LB-22), ``error_time`` is in seconds of the loop's clock.

    ``lbfactor`` is in hundredths, ``transferred`` and ``read`` are bytes to and from the origin.
    """

    __slots__ = (
        "busy", "elected", "error_time", "lbfactor", "lbset", "lbstatus", "number", "read", "retries", "status",
        "transferred", "usable",
    )  # fmt: skip

    def __init__(self, number: int, member: Member) -> None:
        self.number = number
        self.lbfactor = member.loadfactor
        self.lbset = member.lbset
        self.lbstatus = 0
        self.elected = 0
        self.busy = 0
        self.transferred = 0
        self.read = 0
        self.retries = 0
        self.error_time = float("-inf")
        self.status = member.status
        self.usable = True
        self.set_flags(member.status)

    def set_flags(self, status: frozenset[str]) -> None:
        """Replace the flags; ``usable`` follows (LB-3)."""
        self.status = status
        self.usable = not status & _UNUSABLE

    def fail(self, now: float) -> None:
        """Enter the error state, unless flag I says to ignore errors (FO-1, LB-9)."""
        if "I" not in self.status:
            self.error_time = now
            self.set_flags(self.status | {"E"})

    def recover(self) -> None:
        """Leave the error state, for a try or for good."""
        self.set_flags(self.status - {"E"})


_UNUSABLE = frozenset("DSEC")
