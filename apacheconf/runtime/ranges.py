"""Range on answers that come without it: of origins that ignored it, and of files behind filters (RQ-8).

httpd's filter acts only on a body that reached it in one piece.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from apacheconf.program.handling import RangeRules
from apacheconf.runtime.answer import ReplyHead, with_charset
from apacheconf.runtime.byteranges import MULTIPART, Part, Segment, between_boundaries, parts_of, placed
from apacheconf.runtime.conditional import date_of, range_still_holds
from apacheconf.runtime.strict import Fields, with_field

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


def apply_range(exchange: Exchange, reply: ReplyHead, body: bytes) -> list[bytes]:
    """The parts of a whole 200 that the client wants; ``reply`` becomes their 206. Raises Unsatisfiable."""
    filtering = exchange.plan.forwarding.filtering
    rules = filtering.rules(RangeRules) if filtering is not None else RangeRules()
    parts = _wanted(exchange.field(b"range"), exchange.field(b"if-range"), len(body), reply.fields, rules)
    if not parts:
        return [body]
    reply.status, reply.reason, reply.edited_as = 206, b"Partial Content", reply.status
    segments: list[Segment] = [(parts[0].first, parts[0].size)]
    if len(parts) > 1:
        kind = next((value for name, value in reply.fields if name.lower() == b"content-type"), b"")
        kind = with_charset(kind, exchange.plan.forwarding.charset)
        segments = between_boundaries(parts, kind, len(body))
        reply.fields = with_field(reply.fields, b"Content-Type", MULTIPART)
    pieces = [each if isinstance(each, bytes) else body[each[0] : each[0] + each[1]] for each in segments]
    reply.length = sum(map(len, pieces))
    kept = [pair for pair in reply.fields if pair[0].lower() != b"content-length"]
    reply.fields = [*kept, (b"Content-Length", b"%d" % reply.length)]
    if len(parts) == 1:
        reply.fields.append((b"Content-Range", placed(parts[0], len(body))))
    return pieces


def _wanted(value: bytes, if_range: bytes, size: int, fields: Fields, rules: RangeRules) -> list[Part]:
    """The parts that the client asked for, none for all of it. ``fields`` are the answer's. Raises Unsatisfiable."""
    if not _still_the_same(if_range, fields) or any(name.lower() == b"content-range" for name, _ in fields):
        return []
    return parts_of(value, size, rules)


def _still_the_same(if_range: bytes, fields: Fields) -> bool:
    """Whether If-Range names this very representation (RFC 9110, section 13.1.5); a date counts from Date on."""
    told = {name.lower(): value for name, value in fields}
    modified, dated = (date_of(told.get(name, b"")) for name in (b"last-modified", b"date"))
    now = time.time() if dated is None else dated
    return range_still_holds(if_range, told.get(b"etag", b""), -1 if modified is None else modified, now)
