"""The origin's answer as the client gets it (RS-1 to RS-13, RV-1 to RV-14). Pure.

A head is read strictly, its hop-by-hop fields are taken out, what the mapping wrote into it is mapped back,
and its framing is decided once, here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from http import HTTPStatus

from apacheconf.runtime.errors import OriginBroke, proxy_error
from apacheconf.runtime.framing import listed, response_length
from apacheconf.runtime.strict import Fields, ends_in_chunks, is_fit, read_reply_fields, read_status_line

#: RS-2; Content-Length is written anew from what it was found to say.
NOT_RETURNED = frozenset(
    {
        b"connection", b"keep-alive", b"proxy-authenticate", b"te", b"trailer", b"upgrade", b"proxy-connection",
        b"transfer-encoding", b"content-length",
    }
)  # fmt: skip
#: The fields that ProxyPassReverse looks at (RV-1).
REVERSED = frozenset({b"location", b"content-location", b"uri", b"destination"})
_DATES = frozenset({b"date", b"expires", b"last-modified"})
#: Fields of which httpd keeps one line.
_SINGLE = frozenset({b"content-type", b"server", b"date"})


def standard_reason(status: int) -> bytes:
    """The reason phrase of a status, in httpd's words; that of 500 for one that it doesn't know."""
    words = _REASONS.get(status)
    return (HTTPStatus(spoken(status)).phrase if words is None else words).encode()


def spoken(status: int) -> int:
    """The status as httpd says it of its own accord: 500 for a code that it doesn't know (ED-3)."""
    return status if status in _KNOWN else 500


#: Where httpd's words are older than those of RFC 9110, or of the library.
_REASONS = {302: "Found", 413: "Request Entity Too Large", 414: "Request-URI Too Long",
            416: "Requested Range Not Satisfiable", 422: "Unprocessable Entity"}  # fmt: skip
_KNOWN = frozenset(HTTPStatus) - {418, 425}


@dataclass(slots=True)
class ReplyHead:
    """An origin's head, read. ``length`` is in bytes, or CHUNKED or UNTIL_CLOSE of ``framing``.

    ``fields`` are end to end only and in the client's order (RS-5). ``reusable`` is False when the origin's
    connection ends with this answer. ``late`` are the lower-case names of fields that were added here, and come last.
    ``unfit``: no client may be sent all of the fields (RS-18), and something may yet take them away. ``shown`` is what
    the first line says in place of a status that is none, else 0. ``unread``: the status is our own, because a script's
    head can't be read. ``edited_as`` is the status that Header goes by where it isn't the one that is sent: httpd cuts
    the parts of a 206 out afterwards.
    """

    status: int
    reason: bytes
    fields: Fields
    length: int
    reusable: bool
    version: tuple[int, int] = (1, 1)
    content_length: bytes | None = None
    upgrade: bytes = b""
    names: frozenset[bytes] = field(default_factory=frozenset)
    late: frozenset[bytes] | None = None
    unfit: bool = False
    shown: int = 0
    unread: bool = False
    edited_as: int = 0

    def copy(self) -> ReplyHead:
        """Another one that may be changed."""
        fields, version, length = list(self.fields), self.version, self.content_length
        told = (self.status, self.reason, fields, self.length, self.reusable, version, length)
        return ReplyHead(*told, self.upgrade, self.names, unfit=self.unfit)


def read_reply_head(head: bytes, head_request: bool, field_size: int, lenient: bool = False) -> ReplyHead | None:
    """Read a head through its blank line; None for HTTP/0.9; ``lenient`` as in ``read_reply_fields``.

    Raises OriginBroke.
    """
    if len(head) > _MEMO:
        return _read(head, head_request, field_size, lenient)
    known = _known(head, head_request, field_size, lenient)
    return None if known is None else known.copy()


def _read(head: bytes, head_request: bool, field_size: int, lenient: bool) -> ReplyHead | None:
    lines = head.replace(b"\r\n", b"\n").split(b"\n")
    if not lines[0]:  # one leading blank line is tolerated (RS-13)
        del lines[0]
    found = read_status_line(lines[0], field_size)
    if found is None:
        return None
    version, status, reason = found
    if any((byte < 0x20 and byte != 9) or byte == 0x7F for byte in reason):
        reason = standard_reason(status)
    fields = read_reply_fields([*filter(None, lines[1:])], field_size, lenient)
    return _assemble(status, reason, version, fields, head_request)


#: Heads that are read once, of at most so many bytes: within a second an origin sends the same ones again.
_MEMO = 2048
_known = lru_cache(maxsize=256)(_read)


def _assemble(status: int, reason: bytes, version: tuple[int, int], fields: Fields, head_request: bool) -> ReplyHead:
    length = response_length(fields, status, head_request)
    tokens = listed(value for name, value in fields if name.lower() == b"connection")
    both = {b"transfer-encoding", b"content-length"} <= {name.lower() for name, _ in fields}
    kept: Fields = []
    cookies: Fields = []
    single: set[bytes] = set()
    out = ReplyHead(status, reason, kept, length, version >= (1, 1) and b"close" not in tokens and not both, version)
    for name, value in fields:
        key = name.lower()
        if key == b"content-length" and not both and out.content_length is None:
            out.content_length = value = b"%d" % length if length > 0 else value  # ``005`` is 5
            if status not in (204, 304) and not (head_request and not value.strip(b"0")):
                kept.append((name, value))
        elif key == b"upgrade":
            out.upgrade = value
        elif key == b"transfer-encoding" and head_request and status not in (204, 304):
            kept.append((name, value))  # nothing is framed anew (RS-12)
        elif key in NOT_RETURNED or key in tokens or (key in single and key in _SINGLE and not _repeats(key, status)):
            continue
        else:
            (cookies if key == b"set-cookie" else kept).append((name, modern_date(value) if key in _DATES else value))
        single.add(key)
    if b"warning" in single:
        kept[:] = without_stale_warnings(kept)
    kept += cookies
    out.unfit = not all(is_fit(name, value) for name, value in kept) or not ends_in_chunks(kept)
    out.names = frozenset(single)
    return out


def _repeats(name: bytes, status: int) -> bool:
    """Of an answer without a body httpd doesn't look at the type, and leaves all of them (RS-34)."""
    return name == b"content-type" and status in (204, 304)


def modern_date(value: bytes) -> bytes:
    """A date in RFC 850 or asctime form rewritten (RS-3); what can't be parsed stays."""
    if value[3:5] == b", " or not value[:3].isalpha():
        return value
    text = value.decode("latin-1")
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return value
    return format_datetime(found.replace(tzinfo=None)).replace("-0000", "GMT").encode()


#: A warning wherever it stands in a value, and the date that it may have.
_WARNING = re.compile(rb'[0-9]{3}[ \t]+[^ \t]+[ \t]+"[^"]*"(?:[ \t]+"([^"]+)")?')


def without_stale_warnings(fields: Fields) -> Fields:
    """The fields with each warning on a line at their end, but for those of another time than Date's (RS-22)."""
    dated = _moment(next((value for name, value in fields if name.lower() == b"date"), b""))
    others = [pair for pair in fields if pair[0].lower() != b"warning"]
    found = [(name, one) for name, value in fields if name.lower() == b"warning" for one in _WARNING.finditer(value)]
    return [*others, *((name, one[0]) for name, one in found if _moment(one[1] or b"") in (None, dated))]


def _moment(date: bytes) -> datetime | None:
    """The time that a date says, None where it is no date."""
    try:
        return parsedate_to_datetime(modern_date(date).decode("latin-1")).replace(tzinfo=None)
    except (ValueError, TypeError):
        return None


def interim(head: ReplyHead, count: int) -> bytes:
    """A 1xx answer as it is relayed (RS-19)."""
    return b"HTTP/1.1 %d %b\r\n%b\r\n" % (head.status, head.reason, header_block(head.fields))


def switching(head: ReplyHead) -> bytes:
    """A 101 as the client gets it (WS-5)."""
    tail = b"Connection: Upgrade\r\nUpgrade: %b\r\n" % head.upgrade
    return b"HTTP/1.1 101 %b\r\n%b%b\r\n" % (head.reason, header_block(head.fields), tail)


def unexpected_upgrade(got: bytes, wanted: bytes) -> OriginBroke:
    """A tunnel that nobody asked for, or to something else (WS-2, RS-20)."""
    named = [text.decode("latin-1") or "n/a" for text in (got, wanted)]
    return proxy_error(502, f"Unexpected Upgrade: {named[0]} (expecting {named[1]})")


def header_block(fields: Fields) -> bytes:
    """The lines of ``fields``."""
    return b"".join([b"%b: %b\r\n" % pair for pair in fields])


#: Maps a header value back, or returns None when it isn't one of the mapping's.
MapValue = Callable[[bytes], bytes | None]


def map_back(fields: Fields, mapper: MapValue) -> Fields:
    """ProxyPassReverse on the fields it looks at (RV-1)."""
    out: Fields = []
    for name, value in fields:
        mapped = mapper(value) if name.lower() in REVERSED else None
        out.append((name, value if mapped is None else mapped))
    return out


@dataclass(frozen=True, slots=True)
class Reverse:
    """One ProxyPassReverse entry, ready: the URLs that count as it (a balancer's members, RV-8) and its path.

    ``one_slash``: the path is the rest's own slash (RV-8).
    """

    urls: tuple[bytes, ...]
    path: bytes
    one_slash: bool = False


def reverse_mapper(entries: tuple[Reverse, ...], self_url: bytes) -> MapValue:
    """The mapper for one request; ``self_url`` is ``scheme://host[:port]`` as the client named it (RV-4)."""

    def mapper(value: bytes) -> bytes | None:
        for entry in entries:
            for url in entry.urls:
                rest = _after(value, url)
                if rest is not None:
                    return _joined(entry, rest, self_url)
        return None

    return mapper


def _after(value: bytes, url: bytes) -> bytes | None:
    """What follows ``url`` in ``value``, None when it isn't its prefix (RV-3, RV-6)."""
    if url.startswith(b"/"):
        _, scheme, tail = value.partition(b"://")
        path = tail[tail.find(b"/") :] if scheme and b"/" in tail else (b"" if scheme else value)
        return path[len(url) :] if path[: len(url)].lower() == url.lower() else None
    return value[len(url) :] if value[: len(url)].lower() == url.lower() else None


def _joined(entry: Reverse, rest: bytes, self_url: bytes) -> bytes:
    path = b"" if entry.one_slash and rest.startswith(b"/") else entry.path
    return path + rest if b"://" in path else self_url + path + rest


@dataclass(frozen=True, slots=True)
class CookieReverse:
    """ProxyPassReverseCookiePath or -Domain, ready."""

    attribute: bytes
    internal: bytes
    public: bytes


def map_cookies(fields: Fields, entries: tuple[CookieReverse, ...]) -> Fields:
    """RV-12 to RV-14 on every Set-Cookie."""
    return [(n, _map_cookie(v, entries)) if n.lower() == b"set-cookie" else (n, v) for n, v in fields]


def add_charset(fields: Fields, charset: bytes) -> Fields:
    """Text without a charset gets the server's (AddDefaultCharset)."""
    return [
        (name, with_charset(value, charset) if name.lower() == b"content-type" else value) for name, value in fields
    ]


def with_charset(kind: bytes, charset: bytes) -> bytes:
    """A media type with this charset, if it is one of text without; as it is where the charset is empty."""
    return b"%b; charset=%b" % (kind, charset) if charset and _lacks_charset(kind) else kind


def _lacks_charset(value: bytes) -> bool:
    kind, _, parameters = value.lower().partition(b";")
    return kind.strip() in (b"text/plain", b"text/html") and b"charset=" not in parameters


def _map_cookie(cookie: bytes, entries: tuple[CookieReverse, ...]) -> bytes:
    first, *attributes = cookie.split(b";")
    return b";".join([first, *(_map_attribute(attribute, entries) for attribute in attributes)])


def _map_attribute(text: bytes, entries: tuple[CookieReverse, ...]) -> bytes:
    name, sign, value = text.partition(b"=")
    key = name.strip().lower()
    for entry in entries:
        if not sign or key != entry.attribute:
            continue
        fold = bytes.lower if key == b"domain" else bytes
        if fold(value).startswith(fold(entry.internal)):
            return name + sign + entry.public
    return text
