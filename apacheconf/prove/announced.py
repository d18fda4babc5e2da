"""Which differences a translation has announced: its caveats by key, and the probes that each one speaks about.

A difference is announced when the translation's report holds a caveat whose probes here include it. A key that
stands in no report excuses nothing, and a caveat without a line here excuses nothing either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from apacheconf.ledger import Outcome
from apacheconf.targets.translation import Translation

#: Caveat key -> patterns of probe names (fnmatch; ``[`` is written ``[[]``).
PROBES: Mapping[str, tuple[str, ...]] = {
    "absolute-form": ("host: absolute form against Host", "host: absolute form with a port"),
    "broken-answers": (
        "origin: closes without an answer", "origin: breaks off*", "origin: raw: *", "origin: answers before the body",
        "origin: header of 9000 bytes", "last: space before the colon from the origin", "last: the requests after it",
    ),
    "connect": ("method: CONNECT*",),
    "connection-named-headers": ("header: Connection lists*", "header: TE", "origin: hop-by-hop headers"),
    "expect-continue": ("body: Expect*", "down: Expect"),
    "framing": ("body: length and chunked", "body: Transfer-Encoding*", "body: chunked in HTTP/1.0",
                "body: Content-Length *", "last: Transfer-Encoding gzip, chunked"),
    "header-count": ("header: 110 headers",),
    "interim-answers": ("origin: 103 first",),
    "long-headers": ("header: 9000 bytes", "header: 7000 bytes", "header: 99 headers", "header: 110 headers"),
    "long-lines": ("path: 9000 characters",),
    "max-forwards": ("header: Max-Forwards *", "method: * with Max-Forwards 0"),
    "message-syntax": ("header: obsolete folding", "header: control character", "header: line without a colon",
                       "version: line feeds only", "version: 2.0 in the line", "version: 0.9", "version: 1.2",
                       "body: chunk size too big", "host: twice the same"),
    "method-letters": ("method: get",),
    "null-byte": ("path: /%00",),
    "options-star": ("method: OPTIONS [*]",),
    "path-spelling": ("path: /x[?]", "path: /\"[[]]*"),
    "ranges": ("header: Range",),
    "raw-bytes": ("path: *\\xe9",),
    "repeated-headers": ("header: repeated", "header: Cookie twice", "header: X-Forwarded-For twice"),
    "trace": ("method: TRACE*",),
    "websocket": ("header: Upgrade",),
}  # fmt: skip


def keys_of(translation: Translation) -> tuple[str, ...]:
    """The keys of every caveat in the report that admits a difference."""
    keys = [each.key for each in translation.differences]
    admitting = (Outcome.EQUIVALENT, Outcome.APPROXIMATED, Outcome.UNSUPPORTED)
    keys += [answer.key for row in translation.rows for answer in row.answers if answer.outcome in admitting]
    return tuple(dict.fromkeys(key for key in keys if key))


def announcement_for(probe: str, keys: Iterable[str]) -> str | None:
    """The first of ``keys`` that speaks about ``probe``, None if no caveat does."""
    return next((key for key in keys if any(fnmatchcase(probe, pattern) for pattern in PROBES.get(key, ()))), None)
