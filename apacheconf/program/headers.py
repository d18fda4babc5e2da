"""The request's header table and what becomes of it on the way to an origin (section 3.1).

As in httpd the table keeps order and spelling, and repeated lines are joined when the request is read (RQ-4).
"""

from __future__ import annotations

import re

from apacheconf.program.request import Headers

#: Never sent on (RQ-5); framing headers are made anew by whoever sends the request.
HOP_BY_HOP = frozenset(
    {"connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "transfer-encoding",
     "content-length", "expect"}
)  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class HeaderTable:
    """Header lines in order; names compare without case and keep the spelling they came with."""

    def __init__(self, headers: Headers = ()) -> None:
        self._lines: list[tuple[str, str]] = []
        places: dict[str, int] = {}
        for name, value in headers:
            at, stripped = places.setdefault(name.lower(), len(self._lines)), value.strip(" \t")
            if at == len(self._lines):
                self._lines.append((name, stripped))
            else:
                first, old = self._lines[at]
                self._lines[at] = (first, f"{old}, {stripped}")

    @classmethod
    def of(cls, lines: Headers) -> HeaderTable:
        """A table of exactly these lines, none of them joined."""
        table = cls()
        table._lines = list(lines)
        return table

    def get(self, name: str) -> str | None:
        at = self._find(name)
        return None if at is None else self._lines[at][1]

    def add(self, name: str, value: str) -> None:
        """One line more, whatever is there."""
        self._lines.append((name, value))

    def replace(self, name: str, value: str) -> None:
        """Set the value where the first line stands and drop the others, or add a line (apr_table_setn)."""
        at = self._find(name)
        if at is None:
            self._lines.append((name, value))
            return
        after = [line for line in self._lines[at + 1 :] if line[0].lower() != name.lower()]
        self._lines[at:] = [(self._lines[at][0], value), *after]

    def unset(self, name: str) -> None:
        self._lines = [line for line in self._lines if line[0].lower() != name.lower()]

    def merge(self, name: str, value: str) -> None:
        """Extend the first line of this name by ``, value``, or add one (apr_table_mergen)."""
        at = self._find(name)
        if at is None:
            self._lines.append((name, value))
        else:
            key, old = self._lines[at]
            self._lines[at] = (key, f"{old}, {value}")

    def drop_hop_by_hop(self) -> None:
        """Remove what concerns one connection only, and what Connection names (RQ-5, RQ-7)."""
        named = {token.strip().lower() for token in (self.get("Connection") or "").split(",")}
        gone = HOP_BY_HOP | named
        self._lines = [line for line in self._lines if line[0].lower() not in gone]

    def breaks(self) -> bool:
        """Whether a value holds a control character, with which it would be more than one line (HD-12)."""
        return any(_CONTROL.search(value) for _, value in self._lines)

    def lines(self) -> Headers:
        return tuple(self._lines)

    def _find(self, name: str) -> int | None:
        name = name.lower()
        for at, (key, _) in enumerate(self._lines):  # half of what a generator costs, and asked 15 times a request
            if key.lower() == name:
                return at
        return None
