"""A request's environment variables: names compare without case and keep the spelling that came first."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping


class Environment(MutableMapping[str, str]):
    """As httpd's table of them (EV-7)."""

    def __init__(self) -> None:
        self._variables: dict[str, tuple[str, str]] = {}

    def __getitem__(self, name: str) -> str:
        return self._variables[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        key = name.lower()
        known = self._variables.get(key)
        self._variables[key] = name if known is None else known[0], value

    def __delitem__(self, name: str) -> None:
        del self._variables[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (spelt for spelt, _ in self._variables.values())

    def as_they_are(self) -> dict[str, str]:
        """A copy under the names as they are spelt; to make it by the names costs ten times as much."""
        return dict(self._variables.values())

    def __len__(self) -> int:
        return len(self._variables)
