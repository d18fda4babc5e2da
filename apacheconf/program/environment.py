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
        spelt = self._variables.get(name.lower(), (name, ""))[0]
        self._variables[name.lower()] = spelt, value

    def __delitem__(self, name: str) -> None:
        del self._variables[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (spelt for spelt, _ in self._variables.values())

    def __len__(self) -> int:
        return len(self._variables)
