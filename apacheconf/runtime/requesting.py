"""The second part of an exchange: the client's body on its way to the member that was chosen (RB-1 to RB-5, RQ-20).

Bytes that come before there is a connection wait here: few of them, or all in a spool where the origin must be told a
length first. The client isn't read meanwhile.
"""

from __future__ import annotations

from apacheconf.runtime.asking import PREFETCH
from apacheconf.runtime.choosing import Choosing
from apacheconf.runtime.inflating import Inflater, inflated
from apacheconf.runtime.spool import Spool
from apacheconf.runtime.switches import wants_length
from apacheconf.runtime.uploads import check_read


class Requesting(Choosing):
    """``pieces`` wait for a connection; ``body_size`` counts what has come of ``body_length`` bytes.

    It ``expects`` while the origin hasn't said yet whether it wants the body, which ``pinged`` says we have asked by
    ourselves; ``sent`` once the head went to it. ``reads_body`` when it is answered here, after its body.
    """

    __slots__ = (
        "body_done",
        "body_length",
        "body_size",
        "expects",
        "first_status",
        "inflater",
        "pieces",
        "pinged",
        "reads_body",
        "sent",
        "spool",
        "started",
    )

    body_done: bool
    body_length: int
    body_size: int
    expects: bool
    first_status: int
    inflater: Inflater | None
    pieces: list[bytes]
    pinged: bool
    reads_body: bool
    sent: bool
    spool: Spool | None
    started: bool

    def _relay_body(self, pieces: list[bytes], done: bool) -> None:
        """Send a part of the body on the connection that is there."""
        raise NotImplementedError

    def body(self, pieces: list[bytes], done: bool) -> None:
        """A part of the client's body; ``done`` with the last one. Starts the request when enough is here (RB-1).

        Raises ClientBroke(413) where it is answered here and too long.
        """
        dropped = self.first_status and self.body_done
        if dropped or self.plan.service is None:  # it is answered here: nobody wants the body any more
            check_read(self, sum(map(len, pieces)))
            return
        if self.plan.forwarding.inflates:
            pieces = inflated(self, pieces, done)
        self.body_size += sum(map(len, pieces))
        self.body_done = done
        if self.sent and not self.expects:
            self._relay_body(pieces, done)
            return
        self.pieces += pieces
        if self.body_size > PREFETCH and wants_length(self):
            self._put_aside(done)
        elif self.pool is None and (done or self.body_size > PREFETCH):
            self.client.hold_body(done)
            self.start()
        elif self.body_size > PREFETCH:
            self.client.hold_body(done)

    def _put_aside(self, done: bool) -> None:
        """Read the whole body before anybody is asked (RB-3)."""
        self.spool = self.spool or Spool()
        self.spool.add(self.pieces)
        self.pieces = []
        if done and self.pool is None:
            self.start()

    def start_expecting(self) -> None:
        """Ask the origin at once: it is the origin that says whether the body is wanted (RQ-20).

        What has come of the body was read before, which may have asked it already.
        """
        enough = self.body_done or (self.body_size > PREFETCH and not wants_length(self))
        if not self.body_length or not enough:
            self.client.hold_body(False)
            self.start()

    def _may_send_body(self) -> None:
        """The origin wants the body, or has answered without saying (RQ-24)."""
        if self.expects:
            self.expects = False
            pieces, self.pieces = self.pieces, []
            if pieces or self.body_done:
                self._relay_body(pieces, self.body_done)
            self.client.release_body()
