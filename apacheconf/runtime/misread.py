"""What logs say of a request that can't be read: its line as far as httpd takes it in, and the fields before the fault.

Pure: the bytes that had come when it was refused, and what is told of them (LG-4).
"""

from __future__ import annotations

import re

from apacheconf.program.hosts import Limits
from apacheconf.runtime.errors import ClientBroke
from apacheconf.runtime.strict import Fields, read_fields, read_request_line

_BLANKS = re.compile(rb"[\t\v\f\r ]+")


def is_begun(data: bytes) -> bool:
    """Whether a request line has come whole: only then does a client hear that it was too slow (RB-11)."""
    return b"\n" in data.lstrip(b"\r\n")


def line_of(data: bytes, limits: Limits) -> bytes:
    """The request line as logs show it, empty where none came whole.

    One that is too long is cut, one without its carriage return keeps its end, one with a NUL ends before it. Any
    other is method, target and protocol with single blanks between, and what follows is lost.
    """
    line, ended, _ = data.lstrip(b"\r\n").partition(b"\n")
    if len(line) > limits.request_line + 2:
        return line[: limits.request_line + 1]
    if not ended:
        return b""
    if line[-1:] != b"\r":
        return line + b"\n"
    if b"\0" in line:
        return line.partition(b"\0")[0]
    return b" ".join(_BLANKS.split(line.strip(b"\t\v\f\r "))[:3])


def fields_of(data: bytes, limits: Limits) -> Fields:
    """The fields before the first one that can't be read, or that hasn't come whole; the first of each name."""
    line, _, block = data.lstrip(b"\r\n").partition(b"\r\n")
    head, ended, _ = block.partition(b"\r\n\r\n")
    try:
        read_request_line(line, limits)
        fields = read_fields(head if ended else block.rpartition(b"\r\n")[0], limits)
    except ClientBroke as broke:
        fields = broke.read
    else:
        if ended:
            return fields
        del fields[-1:]  # the next line might have continued it
    return list({pair[0].lower(): pair for pair in reversed(fields)}.values())
