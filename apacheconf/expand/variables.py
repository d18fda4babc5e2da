"""``${name}``: what Define says, else the environment (section 2 of the spec)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping

from apacheconf.source import ENCODING

_REFERENCE = re.compile(r"\$\{([^}]*)\}")


class Variables:
    """The defined names and their values, as reading goes on.

    Names are compared exactly by ``<IfDefine>`` and without case by ``${}`` (VAR-6), so they are kept twice.
    """

    def __init__(self, defines: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self.names: dict[str, None] = dict.fromkeys(defines)
        self._values: dict[str, str] = {}
        self._environ = environ

    def define(self, name: str, value: str | None) -> None:
        """``Define``; without a value an earlier one stays (VAR-10)."""
        self.names[name] = None
        if value:
            self._values[name.lower()] = value

    def undefine(self, name: str) -> None:
        self.names.pop(name, None)
        self._values.pop(name.lower(), None)

    def value(self, name: str) -> str | None:
        """Define'd, else from the environment (VAR-5); None if neither has it."""
        value = self._values.get(name.lower())
        if value is None and (found := self._environ.get(name)) is not None:
            return os.fsencode(found).decode(ENCODING)
        return value

    def expand(self, text: str, undefined: Callable[[str], None]) -> str:
        """``text`` with its references replaced, once (VAR-8); ``undefined`` is told of those left as they are."""

        def replace(match: re.Match[str]) -> str:
            value = self.value(match[1])
            if value is None:
                if ":" not in match[1]:  # the form of a rewrite map (VAR-7)
                    undefined(match[1])
                return match[0]
            return value

        return _REFERENCE.sub(replace, text)

    def table(self) -> dict[str, str]:
        """Every defined name with its value, "" without one (an empty value can't be set, VAR-11)."""
        return {name: self._values.get(name.lower(), "") for name in self.names}
