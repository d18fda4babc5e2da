"""A walk up to a question, and which sections are known to hold on it (``growing`` goes on from there)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.program.conditions import Condition
from apacheconf.program.hosts import LayerKind
from apacheconf.program.steps import MapToFile, MapToOrigin
from apacheconf.program.values import Literal, Variable
from apacheconf.targets.captures import replaced
from apacheconf.targets.walking import Walk

Mapped = MapToOrigin | MapToFile | None
OF_REQUESTS = frozenset({LayerKind.SERVER, LayerKind.LOCATION, LayerKind.IF})
_OF_URLS = frozenset({LayerKind.PROXY, LayerKind.IF})
_OF_FILES = frozenset({LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES, LayerKind.IF})


@dataclass(frozen=True)
class Paused:
    """A ``way`` up to a question, with what goes on from there where it is answered; or a whole one.

    ``go_on`` is None where it begins anew. ``held`` are the sections of a whole way, None where it was led to another
    path on which it is asked what that is mapped to.
    """

    question: Condition | None
    way: Walk
    go_on: Callable[[Walk], Paused] | None = None
    held: Held | None = None


@dataclass
class Held:
    """The sections that hold, each of those for which its own lines ask with what they ask; None where none do.

    ``asked`` says up to which one that is known: whose turn it is, and where it stands among those of its cell.
    """

    layers: set[int]
    guards: dict[int, Condition] | None = None
    asked: tuple[int, int] = (0, 0)

    def copy(self) -> Held:
        """The same, which goes on by itself where more answers were given."""
        return Held(set(self.layers), None if self.guards is None else dict(self.guards), self.asked)


Then = Callable[[Paused], Paused]


def before_types(matcher: Condition) -> Condition:
    """What a section asks of the type of the answer: there is none yet."""
    return replaced(matcher, lambda value: Literal("") if value == Variable("CONTENT_TYPE") else None)


def asking_of(mapped: Mapped) -> frozenset[LayerKind]:
    """The kinds of sections that ask something of what a request is mapped to, of the request itself for None."""
    if mapped is None:
        return OF_REQUESTS
    return _OF_URLS if isinstance(mapped, MapToOrigin) else _OF_FILES
