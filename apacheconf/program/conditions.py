"""One condition type for ap_expr, RewriteCond, SetEnvIf, section matchers and access rules.

A condition is a tree over values (``values.py``). A match that captures says under which name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from apacheconf.program.values import REQUEST_URI, Value, Variable


@dataclass(frozen=True, slots=True)
class Regex:
    """A PCRE2 pattern, searched unanchored; ``groups`` names its named groups in order of number."""

    pattern: str
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Always:
    pass


@dataclass(frozen=True, slots=True)
class Never:
    pass


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...]


class Operator(Enum):
    """Comparisons: the symbols compare text (strcmp), the words integers (EXPR-4)."""

    SAME = "=="
    DIFFERENT = "!="
    BEFORE = "<"
    BEFORE_OR_SAME = "<="
    AFTER = ">"
    AFTER_OR_SAME = ">="
    EQ = "-eq"
    NE = "-ne"
    LT = "-lt"
    LE = "-le"
    GT = "-gt"
    GE = "-ge"
    #: RewriteCond's: the shorter text is the smaller one, texts of one length compare byte by byte (RW-42).
    LENGTH_LT = "shorter or <"
    LENGTH_LE = "shorter or <="
    LENGTH_GT = "longer or >"
    LENGTH_GE = "longer or >="


@dataclass(frozen=True, slots=True)
class Compare:
    left: Value
    operator: Operator
    right: Value


@dataclass(frozen=True, slots=True)
class Matches:
    """``value`` holds a match of ``regex``; its groups are then known as captures ``captures``."""

    value: Value
    regex: Regex
    captures: str = ""


@dataclass(frozen=True, slots=True)
class Glob:
    """``value`` as a whole matches the shell pattern; ``*`` crosses slashes only if ``crosses_slash``."""

    value: Value
    pattern: str
    crosses_slash: bool = False
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """``value`` is one of the ``choices``, compared exactly."""

    value: Value
    choices: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class InNetwork:
    """The address ``value`` lies in one of the ``networks`` (``10.0.0.0/8``, always CIDR)."""

    value: Value
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """A unary test by its letter: ``n z T f d s L x F U`` (EXPR-20 to EXPR-26)."""

    letter: str
    value: Value


@dataclass(frozen=True, slots=True)
class IsSet:
    """The variable has a value, be it the empty one (``env=``, ``Require env``)."""

    variable: Variable


@dataclass(frozen=True, slots=True)
class FromHost:
    """The client has one of the names, the words of a text, or one of their domains (``Require host``).

    With ``forward`` its address is one of those that the names have (``Require forward-dns``).
    """

    names: Value
    forward: bool = False


@dataclass(frozen=True, slots=True)
class Under:
    """``value``, a path, lies under ``prefix`` at a segment boundary (LOC-1, PP-3, PP-4).

    ``/app`` holds for ``/app``, ``/app/`` and ``/app/x``, not for ``/appx``; ``/app/`` not for ``/app``. The
    value is the normalised request path, or the mapped file for Directory layers. ``as_mapping``: the prefix is that
    of a mapping, each of whose slashes matches as many as there are (PP-5).
    """

    prefix: str
    value: Value = REQUEST_URI
    as_mapping: bool = False


@dataclass(frozen=True, slots=True)
class UnderFilled:
    """The request path lies under a mapping's ``prefix`` that the request fills in (PU-11)."""

    prefix: Value


Condition = (
    Always | Never | Not | AllOf | AnyOf | Compare | Matches | Glob | OneOf | InNetwork | Test | IsSet | FromHost
    | Under | UnderFilled
)  # fmt: skip
ALWAYS = Always()
NEVER = Never()


def atoms(condition: Condition) -> Iterator[Condition]:
    """The conditions that a condition is put together from by Not, AllOf and AnyOf, from left to right."""
    match condition:
        case Not(inner):
            yield from atoms(inner)
        case AllOf(parts) | AnyOf(parts):
            for each in parts:
                yield from atoms(each)
        case _:
            yield condition


def negated(condition: Condition) -> Condition:
    """The opposite, without a double Not."""
    if isinstance(condition, Not):
        return condition.condition
    return NEVER if condition == ALWAYS else ALWAYS if condition == NEVER else Not(condition)


def both(one: Condition, other: Condition) -> Condition:
    """A conjunction, settled where one of the two is."""
    if NEVER in (one, other):
        return NEVER
    return other if one == ALWAYS else one if other == ALWAYS else AllOf((one, other))


def either(one: Condition, other: Condition) -> Condition:
    """A disjunction, settled where one of the two is, or where both are the same."""
    if ALWAYS in (one, other):
        return ALWAYS
    return other if one == NEVER else one if other in (NEVER, one) else AnyOf((one, other))


def all_of(parts: Iterable[Condition]) -> Condition:
    """A conjunction without what always holds; one part that never does settles it, and no other one is asked for."""
    return _joined(parts, AllOf, ALWAYS, NEVER)


def any_of(parts: Iterable[Condition]) -> Condition:
    """A disjunction without what never holds; one part that always does settles it, and no other one is asked for."""
    return _joined(parts, AnyOf, NEVER, ALWAYS)


def _joined(
    parts: Iterable[Condition], of: type[AllOf] | type[AnyOf], neutral: Condition, decisive: Condition
) -> Condition:
    open_ones = []
    for each in parts:
        if each == decisive:
            return decisive
        if each != neutral:
            open_ones.append(each)
    return neutral if not open_ones else open_ones[0] if len(open_ones) == 1 else of(tuple(open_ones))
