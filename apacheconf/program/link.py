"""Link steps to their host: directives, origins and texts become numbers into the host's tables.

As a linker does with relocations: the steps of hosts that do the same are then equal and are kept once, while
each host keeps its own small tables.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting
from apacheconf.program.conditions import ALWAYS, Condition
from apacheconf.program.phases import Phase
from apacheconf.program.steps import NEXT, Action, Flow, Step

#: Hears of a directive that the program does not hold, and why.
LeaveOut = Callable[[Written, str], None]
C = TypeVar("C", bound=Conf)
T = TypeVar("T")


_NAMES: dict[type, tuple[str, ...]] = {}


def _names(of: type[Conf]) -> tuple[str, ...]:
    """The names of a conf's settings."""
    found = _NAMES.get(of)
    if found is None:
        found = _NAMES[of] = tuple(each.name for each in dataclasses.fields(of))
    return found


class Linker:
    """Collects the tables of one host; asking for a number twice gives the same one."""

    def __init__(self) -> None:
        self._directives: dict[int, int] = {}
        self._written: list[Written] = []
        self._origins: dict[int, int] = {}
        self._texts: dict[str, int] = {}

    def copy(self, count: int) -> Linker:
        """Another one with the first ``count`` directives, and all origins and texts."""
        made = Linker()
        made._written, made._origins, made._texts = self._written[:count], {**self._origins}, {**self._texts}
        made._directives = {id(each): number for number, each in enumerate(made._written)}
        return made

    def directive(self, directive: Written) -> int:
        number = self._directives.setdefault(id(directive), len(self._written))
        if number == len(self._written):
            self._written.append(directive)
        return number

    @property
    def count(self) -> int:
        """How many directives have a number."""
        return len(self._written)

    def forget_after(self, count: int) -> None:
        """Forget all but the first ``count`` directives."""
        del self._written[count:]
        self._directives = {id(each): number for number, each in enumerate(self._written)}

    def said_by(self, directives: Iterable[Written]) -> tuple[int, ...]:
        return tuple(self.directive(each) for each in directives)

    def numbers(self, directives: Iterable[Written]) -> tuple[Any, ...]:
        """``said_by`` for a Setting of a layer, where numbers stand in place of directives."""
        return self.said_by(directives)

    def origin(self, number: int) -> int:
        """The host's number for origin ``number`` of the program."""
        return self._origins.setdefault(number, len(self._origins))

    def text(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))

    def step(
        self,
        phase: Phase,
        action: Action,
        said_by: Iterable[Written] = (),
        when: Condition = ALWAYS,
        then: Flow = NEXT,
        otherwise: Flow = NEXT,
    ) -> Step:
        """A step whose directives are numbered."""
        return Step(phase, action, self.said_by(said_by), when, then, otherwise)

    def conf(self, conf: C) -> C:
        """The same settings with numbers in place of directives."""
        linked: dict[str, Any] = {}
        for name in _names(type(conf)):
            value: Setting[object] = getattr(conf, name)
            if value.said_by:
                linked[name] = Setting(value.value, self.numbers(value.said_by))
        return dataclasses.replace(conf, **linked) if linked else conf

    @property
    def directives(self) -> tuple[Written, ...]:
        return tuple(self._written)

    @property
    def origins(self) -> tuple[int, ...]:
        return tuple(self._origins)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(self._texts)


class Interner:
    """Keeps one object of each equal set, so that hosts of one shape share it."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, object] = {}

    def keep(self, value: T) -> T:
        """The first value equal to this one. Values that can't be hashed are kept as they are."""
        try:
            return self._kept.setdefault(value, value)  # type: ignore[return-value]
        except TypeError:
            return value
