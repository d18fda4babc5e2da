"""The request's header table and what becomes of it on the way to an origin (section 3.1).

As in httpd the table keeps order and spelling, and repeated lines are joined when the request is read (RQ-4).
"""

from __future__ import annotations

from apacheconf.program.request import Headers

#: Never sent on (RQ-5); framing headers are made anew by whoever sends the request.
HOP_BY_HOP = frozenset(
    {"connection", "proxy-connection", "keep-alive", "te", "trailer", "upgrade", "transfer-encoding",
     "content-length", "expect"}
)  # fmt: skip


class HeaderTable:
    """Header lines in order; names compare without case and keep the spelling they came with."""

    def __init__(self, headers: Headers = ()) -> None:
        self._lines: list[tuple[str, str]] = []
        for name, value in headers:
            self.merge(name, value.strip(" \t"))

    def get(self, name: str) -> str | None:
        at = self._find(name)
        return None if at is None else self._lines[at][1]

    def set(self, name: str, value: str) -> None:
        """Replace the value, or add a line."""
        self.unset(name)
        self._lines.append((name, value))

    def replace(self, name: str, value: str) -> None:
        """Set the value where the line stands, or add a line."""
        at = self._find(name)
        if at is None:
            self._lines.append((name, value))
        else:
            self._lines[at] = (self._lines[at][0], value)

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

    def edit(self, operation: str, name: str, value: str | None, replacement: str | None = None) -> None:
        """One RequestHeader operation (HD-3, HD-4); ``edit`` belongs to the issue that fills it."""
        old = self.get(name)
        if operation == "unset":
            self.unset(name)
        elif operation in ("append", "merge") and old is not None:
            if operation == "append" or value not in [token.strip() for token in old.split(",")]:
                self.merge(name, value or "")
        elif operation == "add":
            self._lines.append((name, value or ""))
        elif operation != "setifempty" or not old:
            self.set(name, value or "")

    def drop_hop_by_hop(self) -> None:
        """Remove what concerns one connection only, and what Connection names (RQ-5, RQ-7)."""
        named = {token.strip().lower() for token in (self.get("Connection") or "").split(",")}
        gone = HOP_BY_HOP | named
        self._lines = [line for line in self._lines if line[0].lower() not in gone]

    def lines(self) -> Headers:
        return tuple(self._lines)

    def _find(self, name: str) -> int | None:
        name = name.lower()
        return next((i for i, (key, _) in enumerate(self._lines) if key.lower() == name), None)
