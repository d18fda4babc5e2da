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
    "trace": ("method: TRACE*",),
    "options-star": ("method: OPTIONS [*]",),
    "connect": ("method: CONNECT*",),
    "null-byte": ("path: /%00",),
    "method-letters": ("method: get",),
    "connection-named-headers": ("header: Connection lists*", "header: TE"),
    "broken-answers": (
        "origin: closes without an answer", "origin: breaks off*", "origin: raw: *", "origin: answers before the body",
        "origin: header of 9000 bytes", "last: space before the colon from the origin",
    ),
    "framing": ("body: length and chunked", "last: Transfer-Encoding gzip, chunked", "body: Transfer-Encoding*"),
    "path-spelling": ("path: /x[?]", "path: /\"[[]]*"),
    "expect-continue": ("body: Expect*", "down: Expect"),
    "repeated-headers": ("header: repeated", "header: Cookie twice", "header: X-Forwarded-For twice"),
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
