"""Range on answers of origins that ignored it (RQ-8): one range of a body that is wholly at hand.

httpd's filter acts only on a body that reached it in one piece. Several ranges at once are answered whole here,
which RFC 9110 section 14.2 always allows.
"""

from __future__ import annotations

import re

from apacheconf.runtime.answer import ReplyHead
from apacheconf.runtime.strict import Fields

_ONE_RANGE = re.compile(rb"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*")


def wanted_range(value: bytes, if_range: bytes, size: int, fields: Fields) -> range | None:
    """The bytes that the client asked for, None for all of them. ``fields`` are the answer's."""
    found = _ONE_RANGE.fullmatch(value)
    if found is None or found.groups() == (b"", b"") or not _still_the_same(if_range, fields):
        return None
    if any(name.lower() == b"content-range" for name, _ in fields):
        return None
    first, last = found.groups()
    if not first:
        return range(max(size - int(last), 0), size) if int(last) else None
    end = min(int(last) + 1, size) if last else size
    return range(int(first), end) if int(first) < end else None


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
