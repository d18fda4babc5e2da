"""LimitRequestBody: how much of a body is read for an answer made here (RB-9). Requests of origins don't ask it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.program.handling import UploadRules
from apacheconf.runtime import complaints
from apacheconf.runtime.errors import ClientBroke

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.requesting import Requesting


def check_announced(exchange: Exchange) -> None:
    """A body whose length says that it is too long isn't read at all. Raises ClientBroke(413)."""
    limit = _limit(exchange)
    if 0 < limit < exchange.body_length:
        raise _too_long(f"AH01588: Requested content-length of {exchange.body_length}", limit)


def check_read(exchange: Requesting, size: int) -> None:
    """Count ``size`` bytes more of a body that is read and dropped. Raises ClientBroke(413)."""
    exchange.body_size += size
    limit = _limit(exchange)
    if 0 < limit < exchange.body_size and not exchange.started:
        raise _too_long(f"AH01591: Read content length of {exchange.body_size}", limit)


def _limit(exchange: Requesting) -> int:
    decision = exchange.plan.decision
    proxied = decision is not None and decision.state is not None and decision.state.mapped != ""
    return 0 if decision is None or proxied else decision.rules(UploadRules).limit


def _too_long(what: str, limit: int) -> ClientBroke:
    return ClientBroke(
        413,
        "the body is too long",
        measured=False,
        said=complaints.body_too_long(what, limit),
    )
