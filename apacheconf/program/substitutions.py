"""Texts with ``$0`` to ``$9`` in them, as httpd's ap_pregsub fills them (AL-5, EV-1, HD-3).

A backslash takes the character after it as it is; a group that took no part in the match is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.program.values import Capture, Joined, Literal, Value

_PART = re.compile(r"\$(?P<group>[0-9])|\\(?P<escaped>.)", re.DOTALL)


def substitution(text: str, match: str) -> Value:
    """The value that ``text`` has once the match called ``match`` was made."""
    parts = tuple(_joined(_parts(text, match)))
    return parts[0] if len(parts) == 1 else Joined(parts) if parts else Literal("")


def substituted(text: str, groups: tuple[str | None, ...]) -> str:
    """``text`` filled with these groups."""

    def fill(found: re.Match[str]) -> str:
        if found["group"] is None:
            return found["escaped"]
        number = int(found["group"])
        return (groups[number] or "") if number < len(groups) else ""

    return _PART.sub(fill, text)


def _parts(text: str, match: str) -> Iterator[Value]:
    at = 0
    for found in _PART.finditer(text):
        yield Literal(text[at : found.start()])
        yield Literal(found["escaped"]) if found["group"] is None else Capture(match, int(found["group"]))
        at = found.end()
    yield Literal(text[at:])


def _joined(parts: Iterator[Value]) -> Iterator[Value]:
    """Neighbouring literals as one, empty ones left out."""
    literal = ""
    for part in parts:
        if isinstance(part, Literal):
            literal += part.text
            continue
        if literal:
            yield Literal(literal)
        literal = ""
        yield part
    if literal:
        yield Literal(literal)
