"""What targets share of asking questions: regexes as httpd compiles them, globs, and what can't be asked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.program.conditions import Compare, Condition, Glob, Matches, OneOf, Operator, Regex, Under
from apacheconf.program.globs import glob_regex
from apacheconf.program.regexes import search
from apacheconf.program.values import Call, Literal, Value, Variable
from apacheconf.targets.groups import by_number, refers_back
from apacheconf.targets.patterns import escape, prefix_regex

#: Variables whose values are addresses, which can be compared with each other.
ADDRESSES = frozenset({"REMOTE_ADDR", "SERVER_ADDR"})
_DOLLAR = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|(\$)", re.DOTALL)


class CannotAsk(Exception):
    """The target has no words for a condition or a value; the message names it."""


def pcre(regex: Regex) -> str:
    """The pattern with httpd's own flags in it: a dot takes line ends too, a ``$`` matches at the very end only.

    Its groups have numbers alone: in nginx the name of a group is a variable of the whole request, ``args`` too.
    """
    pattern = _DOLLAR.sub(lambda found: r"\z" if found[1] else found[0], by_number(regex))
    return f"(?s){pattern}" if re.search(r"(?<!\\)\.", pattern) else pattern


def as_group(pattern: str) -> str:
    """What ``pcre`` has written as a group of its own, before the others. Raises CannotAsk."""
    if refers_back(pattern):
        raise CannotAsk("a match as a whole whose pattern has a back reference")
    return f"({pattern})"


#: Patterns as ``pcre`` writes them that match whatever is tried, a line end too.
_ALL = re.compile(r"\^?|\(\?s\)\^?(?:\.\*|\(\.\*\))(?:\\z)?")


def matches_all(pattern: str) -> bool:
    """Whether the pattern matches whatever it is tried on."""
    return _ALL.fullmatch(pattern) is not None


#: What any path matches: it begins with a slash.
_ALL_PATHS = re.compile(r"\^/\??|\(\?s\)\^/\??(?:\.\*|\(\.\*\))(?:\\z)?")


def matches_all_paths(pattern: str) -> bool:
    """Whether the pattern matches every path."""
    return matches_all(pattern) or _ALL_PATHS.fullmatch(pattern) is not None


def matches_empty(pattern: str) -> bool:
    """Whether the pattern matches an empty text."""
    return search(Regex(pattern), "") is not None


def whole(text: str) -> str:
    """A pattern that matches this text only."""
    return rf"^{escape(text)}\z"


def as_match(condition: Condition) -> tuple[Value, str, bool] | None:
    """A condition on one value as the value, a pattern and whether letters match in either case; None if it is none."""
    match condition:
        case Matches(value, regex):
            return value, pcre(regex), regex.ignore_case
        case Under(prefix, value):
            return value, pcre(Regex(prefix_regex(prefix))), False
        case Glob(value, pattern, crosses, ignore_case):
            return value, rf"(?s)^{glob_regex(pattern, crosses)}\z", ignore_case
        case Compare(Call("tolower", value), Operator.SAME, Literal(text)) if text == text.lower():
            return value, whole(text), True
        case Compare(value, Operator.SAME, Literal(text)) | Compare(Literal(text), Operator.SAME, value):
            return value, whole(text), False
        case OneOf(value, choices) if all(isinstance(each, Literal) for each in choices):
            return value, rf"^(?:{'|'.join(escape(text) for text in _texts(choices))})\z", False
        case _:
            return None


def by_length(operator: Operator, text: str) -> str | None:
    """A pattern for texts that are longer than ``text``, or as long and behind it (RW-42); None for other operators."""
    ways = {Operator.LENGTH_GT: (True, False), Operator.LENGTH_GE: (True, True),
            Operator.LENGTH_LT: (False, False), Operator.LENGTH_LE: (False, True)}  # fmt: skip
    if operator not in ways or not text.isascii():
        return None
    after, same = ways[operator]
    found = [rf".{{{len(text) + 1},}}"] if after else [rf".{{0,{len(text) - 1}}}"] if text else []
    for at, sign in enumerate(text):
        range_ = rf"\x{ord(sign) + 1:02x}-\xff" if after else rf"\x00-\x{ord(sign) - 1:02x}"
        found.append(f"{escape(text[:at])}[{range_}].{{{len(text) - at - 1}}}")
    found += [escape(text)] if same else []
    return rf"(?s)^(?:{'|'.join(found)})\z" if found else r"(?!)"


def _texts(choices: tuple[Value, ...]) -> Iterator[str]:
    return (each.text for each in choices if isinstance(each, Literal))


def variable_title(variable: Variable) -> str:
    """How httpd writes the variable."""
    return f"%{{{variable.name}{':' + variable.argument if variable.argument else ''}}}"
