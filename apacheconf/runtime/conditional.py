"""Conditional requests on answers made here and by scripts (RFC 9110, section 13, with httpd's order and exceptions).

A validator that is less than a minute old may change within the second that it names, so httpd takes it for weak:
together with Range it then matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

from apacheconf.runtime.strict import Fields

#: The value of a request field, empty if absent.
Field = Callable[[bytes], bytes]
_TAG = re.compile(rb'\s*(W/)?"([^"]*)"\s*(?:,|$)')
#: Seconds for which a date is a weak validator.
_WEAK = 60


_CONDITIONS = frozenset({b"if-match", b"if-none-match", b"if-modified-since", b"if-unmodified-since"})


def is_asked(fields: Fields) -> bool:
    """Whether a request has any condition: most have none."""
    return any(name.lower() in _CONDITIONS for name, _ in fields)


@lru_cache(maxsize=4096)
def http_date(seconds: int) -> bytes:
    """A time as HTTP writes it; the dates of files are written again and again."""
    return formatdate(seconds, usegmt=True).encode()


def verdict(field: Field, method: bytes, etag: bytes, modified: int, now: float) -> int:
    """200, 304 or 412. ``modified`` is Last-Modified and ``now`` the time of the request, in seconds since 1970."""
    read = method in (b"GET", b"HEAD")
    if_match = field(b"if-match")
    if if_match and if_match.strip() != b"*" and not (etag and has_strong(if_match, etag)):
        return 412
    unchanged: bool | None = None
    since = date_of(field(b"if-unmodified-since"))
    if since is not None:
        if modified > since and not (field(b"range") and now < modified + _WEAK):
            return 412
        unchanged = False
    if_none_match = field(b"if-none-match")
    if if_none_match:
        matches = _matches_none(if_none_match, etag, read and not field(b"range"))
        if matches and not read:
            return 412
        unchanged = matches
    since = date_of(field(b"if-modified-since"))
    if since is not None and unchanged is not False:
        weak = now < modified + _WEAK and bool(field(b"range"))
        unchanged = modified <= since <= now and not weak and read
    elif since is None and unchanged is None:
        unchanged = False
    return 304 if unchanged else 200


def verdict_of_fields(field: Field, method: bytes, fields: Fields, now: float) -> int:
    """The same by the validators of an answer that a script has made; without Last-Modified it has changed just now."""
    told = {name.lower(): value for name, value in fields}
    modified = date_of(told.get(b"last-modified", b""))
    at = int(now) if modified is None else min(modified, int(now))
    return verdict(field, method, told.get(b"etag", b""), at, now)


def range_still_holds(if_range: bytes, etag: bytes, modified: int, now: float) -> bool:
    """Whether Range counts under this If-Range (empty: yes)."""
    if not if_range:
        return True
    if if_range.startswith(b'"'):
        return if_range == etag
    date = date_of(if_range)
    return date == modified and now >= modified + _WEAK


def has_strong(listed: bytes, etag: bytes) -> bool:
    """Whether a list of tags names ``etag``, both strong."""
    return not etag.startswith(b"W/") and any(
        not weak and tag == etag.strip(b'"') for weak, tag in _TAG.findall(listed)
    )


def has_weak(listed: bytes, etag: bytes) -> bool:
    """Whether a list names ``etag``, weak or strong."""
    bare = etag.removeprefix(b"W/").strip(b'"')
    return any(tag == bare for _, tag in _TAG.findall(listed))


def _matches_none(listed: bytes, etag: bytes, weakly: bool) -> bool:
    if listed.strip() == b"*":
        return True
    return bool(etag) and (has_strong(listed, etag) or (weakly and has_weak(listed, etag)))


#: The forms of RFC 9110, section 5.6.7, as httpd reads them: the day's name is anything, and so is what follows.
_FORMS = tuple(
    re.compile(rf" *[^ ]* {form}".encode())
    for form in (
        r"(?P<day>\d\d?) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}) (?P<time>\d\d:\d\d:\d\d) ",
        r"(?P<day>\d\d)-(?P<month>[A-Z][a-z]{2})-(?P<year>\d\d) (?P<time>\d\d:\d\d:\d\d) ",
        r"(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d) (?P<time>\d\d:\d\d:\d\d) (?P<year>\d{4})",
    )
)
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")


def date_of(value: bytes) -> int | None:
    """Seconds since 1970; None for what is no date of HTTP, and for that beginning, which is none to httpd."""
    found = next((match for form in _FORMS if (match := form.match(value))), None)
    if found is None or found["month"] not in _MONTHS:
        return None
    year = int(found["year"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    hours, minutes, seconds = map(int, found["time"].split(b":"))
    try:
        day = datetime(year, _MONTHS.index(found["month"]) + 1, int(found["day"]), hours, minutes, tzinfo=UTC)
    except ValueError:
        return None
    return int(day.timestamp()) + seconds or None if seconds < 62 else None
