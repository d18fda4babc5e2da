"""One value type for ap_expr strings, RewriteRule substitutions, Header values, LogFormat and interpolation.

A value is data: literal text, a variable of the request, a capture of a named match, a function call, a
rewrite map lookup, or several of them joined. ``decide`` evaluates it, the runtime compiles it, targets
lower it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
from weakref import WeakValueDictionary

from apacheconf.program.phases import Phase

if TYPE_CHECKING:
    from apacheconf.program.conditions import Condition, Regex


@dataclass(frozen=True, slots=True)
class Literal:
    text: str


@dataclass(frozen=True, slots=True)
class OwnText:
    """A text of the host's own: ``number`` is into ``Host.texts``, so that hosts of one shape share their steps."""

    number: int


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable by its canonical upper-case name; ``argument`` for the families (``HTTP:Accept``, ``ENV:x``).

    ``missing`` is what an unset one becomes: empty in expressions, ``(null)`` in Header (SEM-20), ``-`` in logs.
    ``varies`` is the header field by which an answer varies once a condition has asked this (EXPR-31).
    """

    name: str
    argument: str = ""
    missing: str = ""
    varies: str = ""

    @property
    def known_from(self) -> Phase:
        """The first phase in which it has its value; before that it is unset."""
        return KNOWN_FROM.get(self.name, Phase.POST_READ)


@dataclass(frozen=True, slots=True)
class Capture:
    """Group ``group`` of the match called ``match``: captures belong to the match that made them (RW-4).

    ``rule`` is RewriteRule's or a mapping's own pattern (``$1``), ``cond`` the last matched RewriteCond's
    (``%1``), ``expr`` the last regex of an expression (EXPR-8), ``section`` a LocationMatch's.
    """

    match: str
    group: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a value: one of ap_expr (EXPR-27) such as ``tolower``, or our own ``escape-url`` (AL-5)."""

    function: str
    argument: Value


@dataclass(frozen=True, slots=True)
class Escaped:
    """``value`` with its characters written as ``%xx``, as the B flags of a rule ask (RW-20).

    Letters, digits and ``_`` stay, or all that is not in ``only`` if that is given; ``spare`` stays in any case.
    ``plus`` writes a space as ``+``; ``controls`` escapes controls and spaces alone.
    """

    value: Value
    only: str = ""
    spare: str = ""
    plus: bool = True
    controls: bool = False


@dataclass(frozen=True, slots=True)
class Lookup:
    """``${map:key|default}`` (RW-43): ``kind`` and ``source`` are those of the RewriteMap, empty for an unknown one.

    ``dbm`` is ``db``, ``sdbm`` or ``gdbm`` where it is such a file.
    """

    map: str
    key: Value
    default: Value
    kind: str = ""
    source: str = ""
    dbm: str = ""


@dataclass(frozen=True, slots=True)
class LookAhead:
    """What ``value`` would be in a sub-request for the URL so far, or for the file (``%{LA-U:...}``, RW-40)."""

    value: Value
    as_file: bool = False


@dataclass(frozen=True, slots=True)
class Joined:
    parts: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """Group ``group`` of the match of ``regex`` in ``value``, empty where there is none.

    Targets put it in the place of a Capture, which doesn't say itself where it comes from.
    """

    value: Value
    regex: Regex
    group: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """``yes`` where ``condition`` holds, else ``no``: what targets make of a variable that several lines may set."""

    condition: Condition
    yes: Value
    no: Value


class Made:
    """What rules behind each other have made so far: ``value``, compared by itself and not by its parts.

    The next rule mentions it several times, and the one after that does so again: as a tree of its parts it would be
    twice as large with each of them. ``of`` gives the same one for the same value.
    """

    __slots__ = ("__weakref__", "value")
    _known: ClassVar[WeakValueDictionary[Chosen, Made]] = WeakValueDictionary()

    def __init__(self, value: Chosen) -> None:
        self.value = value

    @classmethod
    def of(cls, value: Chosen) -> Made:
        """The one that stands for this value."""
        found = cls._known.get(value)
        if found is None:
            found = cls._known[value] = cls(value)
        return found


Value = Literal | OwnText | Variable | Capture | Call | Escaped | Lookup | LookAhead | Joined | Matched | Chosen | Made

#: The normalised path of the request, which most matchers are about.
REQUEST_URI = Variable("REQUEST_URI")

#: What a server's next RewriteRule looks at: the path until a rule substitutes something else, a URL even (RW-5).
REWRITTEN = Variable("REWRITTEN")

#: The same for a section's rule: what its folder leaves of the file so far, with PATH_INFO (RW-2).
REWRITTEN_HERE = Variable("REWRITTEN_HERE")

#: The file that a request is mapped to as it stands, without PATH_INFO.
FILE_AS_MAPPED = Variable("FILE_AS_MAPPED")

#: Variables that are not known from the start. The others are, and family variables are looked up when asked.
KNOWN_FROM = {
    "REQUEST_FILENAME": Phase.MAP_TO_STORAGE,
    "REQUEST_BASENAME": Phase.MAP_TO_STORAGE,
    "MAPPED_URL": Phase.MAP_TO_STORAGE,
    "SCRIPT_FILENAME": Phase.MAP_TO_STORAGE,
    "SCRIPT_USER": Phase.MAP_TO_STORAGE,
    "SCRIPT_GROUP": Phase.MAP_TO_STORAGE,
    "PATH_INFO": Phase.MAP_TO_STORAGE,
    "REMOTE_USER": Phase.AUTHN,
    "AUTH_TYPE": Phase.AUTHN,
    "CONTENT_TYPE": Phase.TYPE,
    "HANDLER": Phase.HEADER_PARSER,
    "RESP": Phase.FILTERS,
    "BALANCER_NAME": Phase.HANDLER,
    "BALANCER_WORKER_NAME": Phase.HANDLER,
    "BALANCER_WORKER_ROUTE": Phase.HANDLER,
    "BALANCER_ROUTE_CHANGED": Phase.HANDLER,
    "BYTES_SENT": Phase.LOG,
    "DURATION": Phase.LOG,
}
