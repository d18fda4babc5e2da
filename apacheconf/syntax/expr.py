"""Expressions (ap_expr): text to a small tree of their own; section 9 of config-language.md.

Which names exist, and what they mean for a request, is not known here. Offsets (``at``) count in the text that
was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from apacheconf.syntax.grammar import open_grammar

if TYPE_CHECKING:
    from lark import Token


class ExprError(Exception):
    """No expression, in httpd's words as far as its parser names the token it met (EXPR-13)."""

    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(message)


# --- words ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    """``%{NAME}``."""

    name: str
    at: int = 0


@dataclass(frozen=True, slots=True)
class Function:
    """``name(word)`` or ``%{name:text}``."""

    name: str
    argument: Word
    at: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """``$0`` to ``$9``: a group of the last match that captured (EXPR-8)."""

    number: int


@dataclass(frozen=True, slots=True)
class Concat:
    parts: tuple[Word, ...]


Word = Text | Name | Function | Group | Concat

# --- conditions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Truth:
    value: bool


@dataclass(frozen=True, slots=True)
class Negated:
    condition: Expr


@dataclass(frozen=True, slots=True)
class Both:
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Either:
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """``operator`` is normalised: ``==`` for ``=``, ``-eq`` for ``eq``."""

    left: Word
    operator: str
    right: Word


@dataclass(frozen=True, slots=True)
class Search:
    value: Word
    pattern: str
    ignore_case: bool
    negated: bool
    at: int = 0


@dataclass(frozen=True, slots=True)
class Membership:
    """``value in {a, b}``, or in the list that a function gives (EXPR-29)."""

    value: Word
    choices: tuple[Word, ...]
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Unary:
    """``-n word``: ``letter`` without the dash."""

    letter: str
    value: Word
    at: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """``word -name word``: ``name`` without the dash."""

    left: Word
    name: str
    right: Word
    at: int = 0


Expr = Truth | Negated | Both | Either | Comparison | Search | Membership | Unary | Named


def parse_condition(text: str) -> Expr:
    """An expression that is true or false, as in ``<If>``. Raises ExprError."""
    try:
        return _parse_condition(text)
    except ExprError as error:
        cut = _unclosed_regex(text, error.at)
        if cut is None:
            raise
    return parse_condition(text[:cut])


#: What may stand before the delimiter of a regex, and where one can begin.
_REGEX_START = re.compile(r"/|m[/#$%^,;:_?|\-!.'\"]")


def _unclosed_regex(text: str, at: int) -> int | None:
    """Where a regex begins that nothing closes: httpd's scanner swallows it with all that follows, in silence."""
    begin = at - 1 if text[at - 1 : at] == "m" else at
    found = _REGEX_START.match(text, begin)
    return begin if found and text[found.end() - 1] not in text[found.end() :] else None


def _parse_condition(text: str) -> Expr:
    from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

    try:
        found: Expr = _read(open_grammar("expr", lexer="contextual").parse(text))
    except UnexpectedToken as error:
        raise ExprError(_unexpected(error.token.type), error.token.start_pos or len(text)) from None
    except UnexpectedEOF:
        raise ExprError(_unexpected("$END"), len(text)) from None
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise ExprError(_stray(text, at), at) from None
    return found


def parse_string(text: str) -> Word:
    """A text with ``%{...}`` and ``$1`` in it, the whole argument being the string. Raises ExprError."""
    try:
        return _parts(text, 0)
    except ExprError as error:
        before = "" if str(error).startswith("syntax error") else "syntax error, unexpected T_ERROR: "
        raise ExprError(f"{before}{error}", error.at) from None


# --- strings -------------------------------------------------------------------------------------------------

_PART = re.compile(
    r"""\\(?P<digits>[0-9]+) | \\(?P<escaped>.) | %\{(?P<inner>(?:[^{}]|%\{[^{}]*\})*)\} | \$(?P<group>[0-9])
    | (?P<unclosed>%\{)""",
    re.DOTALL | re.VERBOSE,
)
#: Bytes of a piece of text between variables, and of a regular expression (EXPR-9).
_LONGEST = 8191
#: So deep may brackets and negations be nested; httpd's parser gives up between 5,000 and 20,000.
_DEEPEST = 200
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def _parts(text: str, at: int) -> Word:
    """The parts of a string's inner text, which starts at offset ``at`` (EXPR-9)."""
    parts: list[Word] = []
    literal, last = "", 0
    for found in _PART.finditer(text):
        literal += text[last : found.start()]
        last = found.end()
        if found["unclosed"]:
            raise ExprError("Unterminated string or variable", at + found.start())
        if found["digits"]:
            literal += _octal(found["digits"], at + found.start())
        elif found["escaped"]:
            literal += _ESCAPES.get(found["escaped"], found["escaped"])
        else:
            parts += _text(literal, at)
            literal = ""
            group = found["group"]
            parts.append(Group(int(group)) if group else _braced(found["inner"], at + found.start()))
    parts += _text(literal + text[last:], at)
    return parts[0] if len(parts) == 1 else Concat(tuple(parts)) if parts else Text("")


def _text(literal: str, at: int) -> list[Word]:
    """A piece of text, up to a NUL as everywhere in httpd; none for an empty one. Raises ExprError."""
    if len(literal) > _LONGEST:
        raise ExprError("String too long", at)
    kept = literal.partition("\0")[0]
    return [Text(kept)] if kept else []


def _octal(digits: str, at: int) -> str:
    """One to three octal digits up to 377, and no digit behind them (EXPR-9)."""
    if len(digits) > 3 or not set(digits) <= set("01234567"):
        raise ExprError("Bad escape sequence", at)
    if int(digits, 8) > 0xFF:
        raise ExprError("Escape sequence out of bound", at)
    return chr(int(digits, 8))


def _braced(inner: str, at: int) -> Word:
    """What stands in ``%{...}``: a name, or a function and its text."""
    name, colon, argument = inner.partition(":")
    rest = re.sub(r"^[A-Za-z0-9_]+", "", name) if name else "}"
    if rest:
        raise ExprError(_stray_in_name(rest), at)
    return Function(name, _parts(argument, at + 3 + len(name)), at) if colon else Name(name, at)


# --- from Lark's tree to ours --------------------------------------------------------------------------------

#: Our terminals in the names of httpd's parser (EXPR-13).
_TOKENS = {
    "$END": "$end", "STRING": "T_STR_BEGIN", "VAR": "T_VAR_BEGIN", "ID": "T_ID", "INT": "T_DIGIT", "GROUP": "T_BACKREF",
    "REGEX": "T_REGEX", "TRUE": "T_TRUE", "FALSE": "T_FALSE", "_AND": "T_OP_AND", "_OR": "T_OP_OR",
    "_NOT": "T_OP_NOT", "_IN": "T_OP_IN", "UNARY": "T_OP_UNARY", "BINARY": "T_OP_BINARY",
    "LPAR": "'('", "RPAR": "')'", "LBRACE": "'{'", "RBRACE": "'}'", "COMMA": "','", "DOT": "T_OP_CONCAT",
    "TEXT_OP": "T_OP_STR_EQ", "INT_OP": "T_OP_EQ", "REGEX_OP": "T_OP_REG",
}  # fmt: skip


def _unexpected(kind: str) -> str:
    return f"syntax error, unexpected {_TOKENS.get(kind, kind)}"


def _stray(text: str, at: int) -> str:
    if text[at] in "\"'":
        return "Unterminated string or variable"
    if text.startswith("%{", at):
        return _stray_in_name(re.sub(r"^\w+", "", text[at + 2 :]))
    if text[at] == ":":
        return "syntax error, unexpected ':'"
    near = f"Parse error near '{text[at]}'"
    return f"syntax error, unexpected T_ERROR: {near}" if text[:at].strip() else near


def _stray_in_name(rest: str) -> str:
    if not rest:
        return "Unterminated string or variable"
    return f"syntax error, unexpected T_ERROR: Invalid character in variable name '{rest[0]}'"


def _read(node: Any, depth: int = 0) -> Any:
    """Our node for Lark's: a token as it is, a tree by the name of its rule. Raises ExprError."""
    if not hasattr(node, "data"):
        return node
    if depth > _DEEPEST:
        raise ExprError("memory exhausted", 0)
    return _RULES[node.data](*[_read(each, depth + 1) for each in node.children])


def _search(value: Word, operator: Token, regex: Token) -> Expr:
    ignore_case = regex.endswith("i")
    body = regex[:-1] if ignore_case else regex
    pattern = body[1:-1] if body.startswith("/") else body[2:-1]
    if len(pattern) > _LONGEST:
        raise ExprError("syntax error, unexpected T_ERROR: Regexp too long", _at(regex))
    return Search(value, str(pattern), ignore_case, operator == "!~", _at(regex))


def _membership(value: Word, listed: tuple[Word, ...] | Function) -> Expr:
    return Membership(value, (), listed) if isinstance(listed, Function) else Membership(value, listed)


def _at(token: Token) -> int:
    return token.start_pos or 0


_RULES: dict[str, Callable[..., Any]] = {
    "either": lambda *parts: Either(parts),
    "both": lambda *parts: Both(parts),
    "negated": Negated,
    "truth": lambda _: Truth(True),
    "falsehood": lambda _: Truth(False),
    "unary": lambda letter, value: Unary(str(letter[1:]), value, _at(letter)),
    "comparison": lambda left, operator, right: Comparison(left, _operator(operator), right),
    "search": _search,
    "membership": _membership,
    "named": lambda left, name, right: Named(left, str(name[1:]), right, _at(name)),
    "choices": lambda *words: words,
    "call": lambda name, argument: Function(str(name), argument, _at(name)),
    "joined": lambda *parts: Concat(parts),
    "integer": lambda digits: Text(str(digits)),
    "string": lambda quoted: _parts(str(quoted[1:-1]), _at(quoted) + 1),
    "variable": lambda braced: _braced(str(braced[2:-1]), _at(braced)),
    "group": lambda number: Group(int(number[1:])),
}


def _operator(token: str) -> str:
    if token == "=":
        return "=="
    return f"-{token}" if token.isalpha() else str(token)
