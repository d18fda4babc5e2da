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
_ENDS_LINE = re.compile(r"[\0\r\n]")


class HeaderTable:
    """Header lines in order; names compare without case and keep the spelling they came with."""

    def __init__(self, headers: Headers = ()) -> None:
        self._lines: list[tuple[str, str]] = []
        #: The lower-case names of the lines, so that one is found without a loop: that is asked 15 times a request.
        self._names: list[str] = []
        for name, value in headers:
            self.merge(name, value.strip(" \t"))

    @classmethod
    def of(cls, lines: Headers) -> HeaderTable:
        """A table of exactly these lines, none of them joined."""
        table = cls()
        table._set(list(lines))
        return table

    def get(self, name: str) -> str | None:
        at = self._find(name)
        return None if at is None else self._lines[at][1]

    def add(self, name: str, value: str) -> None:
        """One line more, whatever is there."""
        self._lines.append((name, value))
        self._names.append(name.lower())

    def replace(self, name: str, value: str) -> None:
        """Set the value where the first line stands and drop the others, or add a line (apr_table_setn)."""
        at = self._find(name)
        if at is None:
            self.add(name, value)
            return
        self._lines[at] = (self._lines[at][0], value)
        if name.lower() in self._names[at + 1 :]:
            after = [line for line in self._lines[at + 1 :] if line[0].lower() != name.lower()]
            self._set([*self._lines[: at + 1], *after])

    def unset(self, name: str) -> None:
        if name.lower() in self._names:
            self._set([line for line in self._lines if line[0].lower() != name.lower()])

    def merge(self, name: str, value: str) -> None:
        """Extend the first line of this name by ``, value``, or add one (apr_table_mergen)."""
        at = self._find(name)
        if at is None:
            self.add(name, value)
        else:
            key, old = self._lines[at]
            self._lines[at] = (key, f"{old}, {value}")

    def drop_hop_by_hop(self) -> None:
        """Remove what concerns one connection only, and what Connection names (RQ-5, RQ-7)."""
        named = {token.strip().lower() for token in (self.get("Connection") or "").split(",")}
        gone = HOP_BY_HOP | named
        if not gone.isdisjoint(self._names):
            self._set([line for line in self._lines if line[0].lower() not in gone])

    def breaks(self) -> bool:
        """Whether a value would be more than one line (HD-12). Other control characters are sent as they are."""
        return any(_ENDS_LINE.search(value) for _, value in self._lines)

    def lines(self) -> Headers:
        return tuple(self._lines)

    def _set(self, lines: list[tuple[str, str]]) -> None:
        self._lines, self._names = lines, [name.lower() for name, _ in lines]

    def _find(self, name: str) -> int | None:
        name = name.lower()
        return self._names.index(name) if name in self._names else None
