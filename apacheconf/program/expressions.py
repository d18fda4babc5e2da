"""Expressions in the program: ap_expr's tree becomes the one condition type and the one value type.

What can't be evaluated yet (file and sub-request tests, some functions) is refused here, by name, so that
whoever asked can say so: a condition is never guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace

from apacheconf.modules.mod_authz_core import network
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Glob,
    InNetwork,
    Matches,
    Not,
    OneOf,
    Operator,
    Regex,
    Test,
)
from apacheconf.program.files import FILE_TESTS
from apacheconf.program.functions import FUNCTIONS
from apacheconf.program.regexes import captures
from apacheconf.program.values import Call, Capture, Joined, Literal, Value, Variable
from apacheconf.syntax import expr

_EVALUATED_TESTS = frozenset({"n", "z", "T", "F", *FILE_TESTS})
#: The module magic number of httpd 2.4.
API_VERSION = "20120211"
#: Functions that no expression knows.
_OWN = frozenset({"escape-url"})
#: The header fields behind names: who asks them makes the answer vary (EXPR-31, RW-40).
FIELDS_OF_NAMES = {
    "HTTP_USER_AGENT": "User-Agent", "HTTP_REFERER": "Referer", "HTTP_COOKIE": "Cookie",
    "HTTP_FORWARDED": "Forwarded", "HTTP_PROXY_CONNECTION": "Proxy-Connection", "HTTP_ACCEPT": "Accept",
}  # fmt: skip
#: Second names of variables.
_SAME = {"SCRIPT_FILENAME": "REQUEST_FILENAME", "DOCUMENT_URI": "REQUEST_URI"}
#: Functions that read a table of the request: they are variables with an argument.
_TABLES = {
    "req": "HTTP", "http": "HTTP", "req_novary": "HTTP", "env": "ENV", "reqenv": "ENV", "osenv": "OSENV",
    "resp": "RESP", "note": "NOTE", "hc": "HC",
}  # fmt: skip


class NotEvaluated(Exception):
    """Part of an expression has no meaning here yet; the message names it."""


#: A match of nothing: an expression sees no groups that another one has left.
_FORGET = Matches(Literal(""), Regex("()"), "expr")


def condition_of(text: str, groups_matter: bool = False) -> Condition:
    """The condition that an expression's text says. Raises NotEvaluated; the text was checked when it was read.

    Its groups are its own (EXPR-8); where they matter to what follows, too, ``groups_matter``.
    """
    found = lower(expr.parse_condition(text))
    return AllOf((_FORGET, found)) if groups_matter or _reads_groups(found) else found


def _reads_groups(node: object) -> bool:
    if isinstance(node, Capture):
        return True
    parts = node if isinstance(node, tuple) else _parts_of(node)
    return any(map(_reads_groups, parts))


def _parts_of(node: object) -> tuple[object, ...]:
    return tuple(getattr(node, each.name) for each in fields(node)) if is_dataclass(node) else ()


def lower(node: expr.Expr) -> Condition:
    """A condition of the program for a condition of ap_expr. Raises NotEvaluated."""
    match node:
        case expr.Truth(value):
            return ALWAYS if value else NEVER
        case expr.Negated(inner):
            return Not(lower(inner))
        case expr.Both(parts):
            return AllOf(tuple(map(lower, parts)))
        case expr.Either(parts):
            return AnyOf(tuple(map(lower, parts)))
        case expr.Comparison(left, operator, right):
            return Compare(_operand(left), Operator(operator), _operand(right))
        case expr.Search(value, pattern, ignore_case, negated):
            regex = Regex(pattern, ignore_case)
            found = Matches(_operand(value), regex, "expr" if captures(regex) else "")
            return Not(found) if negated else found
        case expr.Membership(value, choices, None):
            return OneOf(_operand(value), tuple(map(_operand, choices)))
        case expr.Membership():
            raise NotEvaluated("a list function")
        case expr.Unary(letter, value):
            return _unary(letter, value)
        case expr.Named(left, name, right):
            return _NAMED[name.lower()](_operand(left), right)


def value_of(word: expr.Word, grouped: bool = False) -> Value:
    """The value of a text that an expression makes; what it asks adds nothing to Vary. Raises NotEvaluated.

    It has no groups, unless those of a condition before it are meant (``grouped``).
    """
    value = _unvaried(_operand(word))
    return value if grouped else _ungrouped(value)


def _ungrouped(value: Value) -> Value:
    match value:
        case Capture():
            return Literal("")
        case Joined(parts):
            return Joined(tuple(map(_ungrouped, parts)))
        case Call(function, argument):
            return Call(function, _ungrouped(argument))
    return value


def _unvaried(value: Value) -> Value:
    match value:
        case Variable():
            return replace(value, varies="")
        case Joined(parts):
            return Joined(tuple(map(_unvaried, parts)))
        case Call(function, argument):
            return Call(function, _unvaried(argument))
    return value


def _operand(word: expr.Word) -> Value:
    """A value of the program for a word of ap_expr in a condition. Raises NotEvaluated."""
    match word:
        case expr.Text(text):
            return Literal(text)
        case expr.Name(name):
            return _named(name.upper())
        case expr.Group(number):
            return Capture("expr", number)
        case expr.Concat(parts):
            return Joined(tuple(map(_operand, parts)))
        case expr.Function(name, argument):
            return _call(name.lower(), argument)


def _named(name: str) -> Value:
    if name == "API_VERSION":
        return Literal(API_VERSION)
    if name in ("HTTP_FORWARDED", "HTTP_PROXY_CONNECTION"):
        return Variable("HTTP", FIELDS_OF_NAMES[name], varies=FIELDS_OF_NAMES[name])
    return Variable(_SAME.get(name, name), varies=FIELDS_OF_NAMES.get(name, ""))


def _call(name: str, argument: expr.Word) -> Value:
    if name in _TABLES and isinstance(argument, expr.Text):
        varies = name in ("req", "http") and argument.text.lower() != "host"  # EXPR-31
        return Variable(_TABLES[name], argument.text, varies=argument.text if varies else "")
    if name not in FUNCTIONS or name in _OWN:
        raise NotEvaluated(f"the function {name}")
    return Call(name, _operand(argument))


def _unary(letter: str, value: expr.Word) -> Condition:
    if letter == "R":
        return _in_network(Variable("REMOTE_ADDR"), value)
    letter = {"h": "L", "A": "U"}.get(letter, letter)
    if letter == "U":  # the empty text is the folder of the request
        return AnyOf((Test("z", _operand(value)), Test("U", _operand(value))))
    if letter not in _EVALUATED_TESTS:
        raise NotEvaluated(f"the test -{letter}")
    return Test(letter, _operand(value))


def _in_network(address: Value, word: expr.Word) -> Condition:
    found = network(word.text) if isinstance(word, expr.Text) else None
    if found is None:
        raise NotEvaluated("this subnet")
    return InNetwork(address, (found,))


def _glob(crosses_slash: bool, ignore_case: bool) -> Callable[[Value, expr.Word], Condition]:
    def lowered(value: Value, pattern: expr.Word) -> Condition:
        if not isinstance(pattern, expr.Text):
            raise NotEvaluated("a pattern that depends on the request")
        return Glob(value, pattern.text, crosses_slash, ignore_case)

    return lowered


_NAMED: dict[str, Callable[[Value, expr.Word], Condition]] = {
    "ipmatch": _in_network,
    "strmatch": _glob(crosses_slash=True, ignore_case=False),
    "strcmatch": _glob(crosses_slash=True, ignore_case=True),
    "fnmatch": _glob(crosses_slash=False, ignore_case=False),
}
