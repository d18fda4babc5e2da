"""A head that isn't all here yet: is it still allowed to come, or is it refused (or complete) already?

httpd reads line by line, so a bare LF, an overlong line or an HTTP/0.9 request is answered without waiting for a
blank line that may never come (RB-10, RB-13).
"""

from __future__ import annotations

import re

from apacheconf.program.hosts import Limits
from apacheconf.runtime.errors import ClientBroke
from apacheconf.runtime.strict import check_count, check_field, check_line

#: httpd 2.4.71 skips so many blank lines before a request, and refuses more.
MAX_BLANK_LINES = 10
_VERSION = re.compile(rb" HTTP/[0-9]\.[0-9]\r?$")


def blank_lines(data: bytes) -> int:
    """Bytes of blank lines before a request. Raises ClientBroke(400) when there are too many."""
    if data[:1] != b"\r":
        return 0
    count = 0
    while data[2 * count : 2 * count + 2] == b"\r\n":
        count += 1
    if count > MAX_BLANK_LINES:
        raise ClientBroke(400, "too many blank lines before the request")
    return 2 * count


def check_unfinished(data: bytes, limits: Limits) -> int:
    """Where the head ends although it has no blank line (HTTP/0.9), 0 when more must come. Raises ClientBroke."""
    end = data.find(b"\n")
    check_line(len(data.removesuffix(b"\r")) if end < 0 else end - 1, limits)
    if end < 0:
        return 0
    if not _VERSION.search(data[:end]):
        return end + 1
    if data.count(b"\n") != data.count(b"\r\n"):
        raise ClientBroke(400, "a line ends without a carriage return")
    lines = data.removesuffix(b"\r").split(b"\r\n")
    check_field(max(lines[1:], key=len), limits)
    check_count(len(lines) - 2, limits)
    return 0
