"""The third part of an exchange: what fails once the request was sent, and what the client is told (RS-27, FA, BP-8).

Rule of this file: until the answer's head was sent to the client (``started``) a failure is a page; after it, a closed
connection, so that a truncated answer never looks whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from apacheconf.runtime import faults
from apacheconf.runtime.complaints import undecodable
from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.requesting import Requesting
from apacheconf.runtime.telling import tell, tell_failed_by
from apacheconf.runtime.ways import asked_otherwise

if TYPE_CHECKING:
    from apacheconf.runtime.answer import ReplyHead
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.origin import OriginConnection


class Failing(Requesting):
    """``overridden`` is an origin's error in whose place we answer ourselves; ``stay`` whether the client may go on."""

    __slots__ = ("connection", "overridden", "stay")

    connection: OriginConnection | None
    overridden: ReplyHead | None
    stay: bool

    def field(self, name: bytes) -> bytes:
        """The value of a request field."""
        raise NotImplementedError

    def override(self, reply: ReplyHead) -> None:
        """Answer in place of the origin."""
        raise NotImplementedError

    def broken(self, error: OriginBroke, before_status_line: bool = False) -> None:
        """The origin's connection failed or spoke nonsense after the request was sent (FA-6 to FA-10, RS-27)."""
        pool, connection = self.pool, self.connection
        assert pool is not None
        if error.status == 503 and not self.started and self.overridden is None:
            self.connection = None
            self._not_connected(error)  # a responder's (FC-11): httpd can't tell it from one that isn't there (FO-1)
            return
        pool.cells.busy -= 1
        self.connection = None
        silent = before_status_line and self.client.requests > 1
        tell(self, error, with_note=not silent)
        if self.overridden is not None:
            self.override(self.overridden)
            return
        if silent:
            if connection is not None and not connection.reused:
                pool.cells.fail(self.client.server.now)
            cast("Exchange", self).status = error.status  # as logs have it
            self.client.hang_up(cast("Exchange", self))  # FA-7: as if the client had reached the origin itself
            return
        self.fail(error)

    def fail_undecodable(self) -> None:
        """The body can't be decoded, which httpd finds out with a member chosen, and blames it (RB-8c, FO-1, FO-17)."""
        pool = self.waste_turn()
        if pool is None:
            self._nobody()
            return
        pool.cells.fail(self.client.server.now)
        error = OriginBroke(
            500, "a transfer coding other than chunked", said=undecodable(self.field(b"transfer-encoding"))
        )
        tell(self, error)
        self.fail(error)

    def timed_out(self, error: OriginBroke) -> None:
        """The origin was silent for too long (FA-8, FA-9, FA-11); ``error`` is what is missing of its answer."""
        if self.expects:
            self.connection, self.sent, self.expects = None, False, not self.pinged
            self._not_connected(proxy_error(503, "Timeout on 100-Continue", error.said))
            return
        service, pool = self.plan.service, self.pool
        failed = service is not None and service.fail_on_timeout and error.said == faults.LATE_BEFORE_HEAD  # FO-13
        if failed and pool is not None:
            pool.cells.fail(self.client.server.now)
        self.broken(error)
        if failed:
            tell_failed_by(self)

    def fail(self, error: OriginBroke) -> None:
        """Answer with an error page, or cut the connection if the answer has begun."""
        self.connection = None
        exchange = cast("Exchange", self)
        if asked_otherwise(exchange, error):
            return
        service, pool = self.plan.service, self.pool
        told = self.sent and not self.started  # an answer that has begun keeps the status that it began with
        if told and service is not None and pool is not None and error.status in service.fail_on_status:  # BP-8
            pool.cells.fail(self.client.server.now)
            tell_failed_by(self, error.status)
        if self.started or error.unanswered:
            self.client.hang_up(exchange)
        else:
            unmeasured = error.in_body or error.in_fields
            waits = self.expects and not self.pinged  # for a word about its body, which may come yet (RQ-20)
            self.stay = self.stay and not error.in_fields and not waits
            self.client.refuse(
                exchange, error.status, error.reason, error.note, uncached=error.in_body, measured=not unmeasured
            )
