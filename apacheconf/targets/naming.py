"""Names in the output: readable, unique, the same on every run (DES-12, HAP-4)."""

from __future__ import annotations

import re

_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def slug(text: str) -> str:
    """``text`` in the letters that every target takes in a name: ``balancer://my cluster`` -> ``my-cluster``."""
    return _ODD.sub("-", text.partition("://")[2] or text).strip("-.") or "unnamed"


class Names:
    """Gives each thing its name once; a second thing of the same name gets a number. nginx tells no case apart."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        #: The last number that something was given that wished for a name, for no name is ever free again.
        self._last: dict[str, int] = {}
        self._given: dict[object, str] = {}

    def has(self, name: str) -> bool:
        """Whether something has this name."""
        return name.lower() in self._taken

    def of(self, key: object, wish: str) -> str:
        """The name of ``key``: ``wish`` made speakable, or ``wish-2`` if that is another's."""
        given = self._given.get(key)
        if given is None:
            wish = slug(wish)
            number = self._last.get(wish, 0) + 1
            given = wish if number == 1 else f"{wish}-{number}"
            while given.lower() in self._taken:
                number += 1
                given = f"{wish}-{number}"
            self._last[wish] = number
            self._taken.add(given.lower())
            self._given[key] = given
        return given
