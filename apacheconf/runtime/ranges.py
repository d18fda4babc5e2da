"""Range on answers of origins that ignored it (RQ-8): a range of a body that is wholly at hand.

httpd's filter acts only on a body that reached it in one piece. Several ranges that can't be joined are answered
whole here, which RFC 9110 section 14.2 always allows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.program.handling import FileRules
from apacheconf.runtime.answer import ReplyHead
from apacheconf.runtime.byteranges import parts_of
from apacheconf.runtime.strict import Fields

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


def apply_range(exchange: Exchange, reply: ReplyHead, body: bytes) -> list[bytes]:
    """The part of a whole 200 that the client wants; ``reply`` becomes its 206. Raises Unsatisfiable."""
    decision = exchange.plan.decision
    rules = decision.rules(FileRules) if decision is not None else FileRules()
    part = wanted_range(exchange.field(b"range"), exchange.field(b"if-range"), len(body), reply.fields, rules)
    if part is None:
        return [body]
    make_partial(reply, part, len(body))
    return [body[part.start : part.stop]]


def wanted_range(value: bytes, if_range: bytes, size: int, fields: Fields, rules: FileRules) -> range | None:
    """The bytes that the client asked for in one piece, None for all of them. ``fields`` are the answer's.

    Raises Unsatisfiable.
    """
    if not _still_the_same(if_range, fields) or any(name.lower() == b"content-range" for name, _ in fields):
        return None
    parts = parts_of(value, size, rules)
    return range(parts[0].first, parts[0].last + 1) if len(parts) == 1 else None


def _still_the_same(if_range: bytes, fields: Fields) -> bool:
    """Whether If-Range names this very representation (RFC 9110 section 13.1.5)."""
    if not if_range:
        return True
    validator = b"etag" if if_range[:1] in (b'"', b"W") else b"last-modified"
    return any(name.lower() == validator and value == if_range for name, value in fields)


def make_partial(reply: ReplyHead, part: range, size: int) -> None:
    """Turn a 200 with a body of ``size`` bytes into the 206 of its ``part``."""
    reply.status, reply.reason, reply.length = 206, b"Partial Content", len(part)
    kept = [pair for pair in reply.fields if pair[0].lower() != b"content-length"]
    placed = (b"Content-Range", b"bytes %d-%d/%d" % (part.start, part.stop - 1, size))
    reply.fields = [*kept, (b"Content-Length", b"%d" % len(part)), placed]
