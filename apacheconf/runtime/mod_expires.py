"""mod_expires at work: Expires and max-age of an answer by its type (EX-1, EX-2)."""

from __future__ import annotations

import os
import time
from email.utils import formatdate

from apacheconf.program.handling import Expiry, ExpiryRules
from apacheconf.runtime.strict import Fields, merge_into_first


def expire(fields: Fields, rules: ExpiryRules, found: os.stat_result | None) -> Fields:
    """The fields with Expires and Cache-Control, unless there is an Expires; ``found`` is the file's, if any."""
    names = {name.lower(): value for name, value in reversed(fields)}
    if b"expires" in names:
        return fields
    expiry = _expiry_of(names.get(b"content-type", b"").decode("latin-1"), rules)
    if expiry is None or (expiry.since_modification and found is None):
        return fields
    now = int(time.time())
    base = int(found.st_mtime) if expiry.since_modification and found is not None else now
    until = max(base + expiry.seconds, now)
    cached = merge_into_first(fields, b"Cache-Control", b"max-age=%d" % (until - now))
    return [*cached, (b"Expires", formatdate(until, usegmt=True).encode())]


def _expiry_of(content_type: str, rules: ExpiryRules) -> Expiry | None:
    kind = content_type.partition(";")[0].strip().lower()
    table = dict(rules.by_type)
    return table.get(kind) or table.get(kind.partition("/")[0] + "/*") or rules.default
