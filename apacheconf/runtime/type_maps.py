"""Type maps of mod_negotiation: records of header lines that list the variants of a resource.

They are read as httpd reads them, faults and all: a line without a colon or a value spoils the whole map, a length
that is none or a body without its end hides its record and all that follow.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apacheconf.program.messages import Message
from apacheconf.runtime.negotiation import Candidate, candidate

#: A word of a value, which may be quoted; what it ends at follows.
_TOKEN = re.compile(r'\s*("(?:\\.|[^"\\])*"?|[^\s;,"]*)')
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*"?)|\([^)]*\)?')
_LENGTH = "content-length"
#: A record without any of these is none.
_CONTENT = frozenset({"content-type", _LENGTH, "content-language", "content-encoding"})


class Unreadable(ValueError):
    """The map has a line that is no header line; the message is for the error log."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.message = Message("error", "negotiation", text)


@dataclass
class TypeMap:
    """The variants that a map lists up to its first fault, and what is to be said of that."""

    candidates: list[Candidate] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)


def read_map(text: str, file: str) -> TypeMap:
    """The map in ``text``; ``file`` is its path, for messages. Raises Unreadable."""
    found = TypeMap()
    fields: dict[str, str] = {}
    body: str | None = None
    lines = _Lines(text)
    for line in lines:
        if not line.strip():
            _keep(fields, body, found)
            fields, body = {}, None
            continue
        name, value = _field(line, file)
        if name == "body":
            body = lines.until(value.strip())
            if body is None:
                end = f"no end tag '{value.strip()}' found in {file} for Body: content."
                found.messages.append(_fault(f"AH00685: Syntax error in type map, {end}"))
                return found
        elif name == _LENGTH and not value.strip().isdigit():
            length = f"Content-Length: '{value.strip()}' in {file} is invalid."
            found.messages.append(_fault(f"AH00684: Parse error in type map, {length}"))
            return found
        else:
            fields[name] = value
    _keep(fields, body, found)
    return found


def _fault(text: str) -> Message:
    return Message("error", "negotiation", text)


class _Lines:
    """The lines of a map without its comments; what begins with a blank goes on with the line before."""

    def __init__(self, text: str) -> None:
        self._left = text.splitlines(keepends=True)[::-1]

    def __iter__(self) -> Iterator[str]:
        while self._left:
            line = self._left.pop()
            if line.startswith("#"):
                continue
            if line.strip() and line[:5].lower() != "body:":
                line += self._continued()
            yield line

    def _continued(self) -> str:
        more = ""
        while self._left and _continues(self._left[-1]):
            line = self._left.pop()
            more += "" if line.startswith("#") else line.lstrip()
        return more

    def until(self, end: str) -> str | None:
        """What stands before the line that begins with ``end``; None without one."""
        taken: list[str] = []
        while self._left:
            line = self._left.pop()
            if line.startswith(end):
                return "".join(taken)
            taken.append(line)
        return None


def _continues(line: str) -> bool:
    return line.startswith("#") or (line[0].isspace() and bool(line.strip()))


def _field(line: str, file: str) -> tuple[str, str]:
    """Name and value, without comments in parentheses. Raises Unreadable."""
    name, colon, value = line.partition(":")
    shown = name.lower() + colon + value
    if not colon:
        raise Unreadable(f"AH00681: Syntax error in type map, no ':' in {file} for header {shown}")
    if not value.strip():
        raise Unreadable(f"AH00682: Syntax error in type map --- no header body: {file} for {shown}")
    return name.lower(), _COMMENT.sub(lambda found: found[1] or "", value.lstrip())


def _keep(fields: dict[str, str], body: str | None, found: TypeMap) -> None:
    """A record is a variant if it names a file or has a body and says something of it; nobody gets one without type."""
    name = _word(fields.get("uri", ""))
    if not (name or body is not None) or not _CONTENT & fields.keys():
        return
    described = fields.get("description", "").replace("\n", " ")
    kind = fields.get("content-type", "").strip()
    found.candidates.append(
        candidate(
            name,
            kind or ";qs=0",
            languages=_words(fields.get("content-language", "")),
            encoding=_word(fields.get("content-encoding", "")).lower(),
            size=int(fields.get(_LENGTH, "0")) if body is None else len(body),
            description=described.strip(),
            body=body,
        )
    )


def _word(value: str) -> str:
    found = _TOKEN.match(value)
    return found[1] if found else ""


def _words(value: str) -> tuple[str, ...]:
    return tuple(word for part in value.split(",") if (word := _word(part)))
