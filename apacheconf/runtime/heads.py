"""Message heads as the rest of the runtime sees them, and the two ways to read a request's.

httptools is the fast way. It refuses some heads that httpd accepts (an extension method, raw bytes above 0x7f
in the target, obs-fold, Content-Length with Transfer-Encoding) and those, and only those, are read again by
``strict``. Both give one type, and neither says where a message ends: the head ends at its blank line, and
``framing`` alone derives the rest from the fields. So no two readers can disagree about it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httptools

from apacheconf.program.hosts import Limits
from apacheconf.runtime.strict import Fields, read_fields, read_request_line


@dataclass(slots=True)
class RequestHead:
    """A request's head. ``version`` is (0, 9), (1, 0), (1, 1) or above, which is named and counts as 1.1 (RB-13)."""

    method: bytes
    target: bytes
    version: tuple[int, int]
    fields: Fields


class _Collector:
    """What httptools calls back."""

    def __init__(self) -> None:
        self.fields: Fields = []

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name, value))


_PLAIN_LINE = re.compile(rb"([A-Z]+) ([!-~]+) HTTP/1\.1")


class FastReader:
    """One long-lived httptools parser that is fed the whole heads of all connections, one after the other.

    It answers None where ``strict`` must decide. Fed only heads, it is at the start of a message again after each,
    unless the head announces a body or the end of the connection: then a new parser takes its place.
    """

    def __init__(self) -> None:
        self._renew()

    def _renew(self) -> None:
        self._seen = _Collector()
        self._parser = httptools.HttpRequestParser(self._seen)

    def read(self, head: bytes) -> RequestHead | None:
        """The head (through its blank line), or None when httptools refuses it or has no opinion to trust."""
        line = _PLAIN_LINE.match(head)
        if line is None or head.count(b"\n") != head.count(b"\r\n"):
            return None
        fields: Fields = []
        self._seen.fields = fields
        try:
            self._parser.feed_data(head)
            if not self._parser.should_keep_alive():
                self._renew()
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._renew()
            return None
        for name, value in fields:
            if name in _ENDS_FEEDING or name.lower() in _ENDS_FEEDING:
                self._renew()
            if value[-1:] in (b" ", b"\t"):
                return None
        return RequestHead(line[1], line[2], (1, 1), fields)


_ENDS_FEEDING = frozenset({b"content-length", b"Content-Length", b"transfer-encoding", b"connection", b"upgrade"})


def read_request_head(head: bytes, limits: Limits, fast: FastReader) -> RequestHead:
    """Read a request's head, from its request line through its blank line. Raises ClientBroke."""
    small = len(head) <= limits.request_field_size and len(head) <= limits.request_line
    if small and head.count(b"\n") <= limits.request_fields:
        found = fast.read(head)
        if found is not None:
            return found
    line, _, rest = head.partition(b"\r\n")
    method, target, version = read_request_line(line, limits)
    return RequestHead(method, target, version, [] if version == (0, 9) else read_fields(rest, limits))
