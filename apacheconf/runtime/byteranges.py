"""Range on a body whose size is known: which parts of it are sent (RFC 9110 section 14, as httpd limits it). Pure.

Ranges that touch or overlap are joined with the one before; too many ranges, overlaps or reversals, and what is
no range at all, are answered with the whole body, as is a set of ranges longer than that.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from apacheconf.program.handling import RangeRules

_ONE = re.compile(r"(\d*)-(\d*)\Z")


class Part(NamedTuple):
    """From byte ``first`` through ``last``."""

    first: int
    last: int

    @property
    def size(self) -> int:
        return self.last - self.first + 1


#: A part of a body: bytes of our own, or where it starts in the body and how long it is.
Segment = bytes | tuple[int, int]
#: What stands between the parts of a multipart answer: one for the whole process.
BOUNDARY = b"%016x" % random.getrandbits(64)
MULTIPART = b"multipart/byteranges; boundary=" + BOUNDARY


def placed(part: Part, size: int) -> bytes:
    """The value of Content-Range for a part of a body of ``size`` bytes."""
    return b"bytes %d-%d/%d" % (part.first, part.last, size)


def between_boundaries(parts: Sequence[Part], content_type: bytes, size: int) -> list[Segment]:
    """The body of an answer of several parts, as httpd writes it."""
    typed = b"Content-type: %b\r\n" % content_type if content_type else b""
    segments: list[Segment] = []
    for part in parts:
        segments.append(b"\r\n--%b\r\n%bContent-range: %b\r\n\r\n" % (BOUNDARY, typed, placed(part, size)))
        segments.append((part.first, part.size))
    return [*segments, b"\r\n--%b--\r\n" % BOUNDARY]


class Unsatisfiable(Exception):
    """No range lies within the body: 416."""


@dataclass
class _Joining:
    """The ranges so far, the open one last."""

    parts: list[Part]
    overlaps: int = 0
    reversals: int = 0

    def add(self, part: Part) -> None:
        if not self.parts:
            self.parts.append(part)
            return
        open_ = self.parts[-1]
        first, last, joined = open_.first, open_.last, False
        if part.first >= first and part.last <= last:
            joined = True
        if part.first < first <= part.last + 1:
            first, joined = part.first, True
            self.reversals += 1
        if part.last >= last and part.first <= last + 1:
            last, joined = part.last, True
        if joined:
            self.overlaps += 1
            self.parts[-1] = Part(first, last)
        else:
            if part.first < first:
                self.reversals += 1
            self.parts.append(part)


def parts_of(value: bytes, size: int, rules: RangeRules) -> list[Part]:
    """The parts to send, empty for the whole body. Raises Unsatisfiable."""
    if value[:6].lower() != b"bytes=" or rules.most == 0 or not size:
        return []
    joining, unsatisfiable = _Joining([]), False
    for word in value[6:].decode("latin-1").split(","):
        if not word:
            break
        part = _part(word, size)
        if part is None:
            return []
        if part.first >= size:
            unsatisfiable = True
        else:
            joining.add(Part(part.first, min(part.last, size - 1)))
    parts = joining.parts
    if not parts and unsatisfiable:
        raise Unsatisfiable
    over = (
        _over(len(parts), rules.most)
        or _over(joining.overlaps, rules.overlaps)
        or _over(joining.reversals, rules.reversals)
    )
    return [] if over or sum(part.size for part in parts) > size else parts


def _part(word: str, size: int) -> Part | None:
    """One range within no size yet; None for what is none."""
    found = _ONE.match(word)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        return Part(max(size - int(last), 0), size - 1) if int(last) else None
    if last and int(last) < int(first):
        return None
    return Part(int(first), int(last) if last else max(size - 1, int(first)))


def _over(count: int, most: int) -> bool:
    return 0 <= most < count
