"""Captures that say themselves where they come from, and what texts they can hold.

``Matched`` takes the place of a Capture as soon as several matches matter. ``as_captures`` goes the other way, for
targets whose own replacements know the groups of one regex.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from operator import is_
from types import NoneType
from typing import TypeVar, cast

from apacheconf.program.conditions import Regex
from apacheconf.program.phases import Phase
from apacheconf.program.regexes import search
from apacheconf.program.rewrite_maps import lower, upper
from apacheconf.program.steps import Move
from apacheconf.program.uri import escape_path, escape_url
from apacheconf.program.values import REQUEST_URI, Call, Capture, Joined, Literal, Matched, Value, Variable

T = TypeVar("T")
_SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|[\s\S]", re.DOTALL)
#: What a group that holds nothing but letters, digits, ``-`` and ``_`` may be made of.
_PLAIN = re.compile(r"(?:\\[dw]|[\w-]|\[(?:\\[dw-]|[\w-])+\]|[*+?|]|\{\d*,?\d*\}|\(\?:|\(|\))*", re.ASCII)
#: Values of these variables hold no sign that has a meaning in a URL: httpd has checked them.
TAME = frozenset({"HTTP_HOST", "SERVER_NAME", "SERVER_PORT", "REQUEST_SCHEME", "REMOTE_ADDR", "SERVER_ADDR", "HTTPS"})
_BY_LETTER = {"tolower": lower, "toupper": upper}


def parts_of(value: Value | None) -> tuple[Value, ...]:
    """The parts that a value is joined of."""
    return value.parts if isinstance(value, Joined) else () if value is None else (value,)


def joined(parts: Iterator[Value] | tuple[Value, ...]) -> Value:
    """The parts as one value: neighbouring texts become one, empty ones go."""
    found: list[Value] = []
    for part in (inner for each in parts for inner in parts_of(each)):
        if isinstance(part, Literal) and found and isinstance(found[-1], Literal):
            found[-1] = Literal(found[-1].text + part.text)
        elif part != Literal(""):
            found.append(part)
    return found[0] if len(found) == 1 else Joined(tuple(found)) if found else Literal("")


def simple(value: Value) -> Value:
    """The value with what is certain already worked out."""
    match value:
        case Joined(parts):
            made = joined(tuple(map(simple, parts)))
            return value if isinstance(made, Joined) and made.parts == parts else made
        case Matched(Literal(text), regex, group):
            groups = search(regex, text) or ()
            return Literal((groups[group] or "") if group < len(groups) else "")
        case Matched(Joined(parts), Regex(pattern), 1) if _cuts(pattern, parts):
            first, *rest = parts
            assert isinstance(first, Literal)
            return joined((Literal(first.text[len(_cut(pattern) or "") :]), *rest))
        case Call(function, Literal(text)) if function in _BY_LETTER:
            return Literal(_BY_LETTER[function](text))
        case _:
            return value


def _cut(pattern: str) -> str | None:
    """The text that ``^text(.*)$`` leaves out; None of other patterns."""
    found = re.fullmatch(r"\^((?:[\w/~%!@&=:;,<> -]|\\[^\w\s])*)\(\.\*\)\$?", pattern, re.ASCII)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def _cuts(pattern: str, parts: tuple[Value, ...]) -> bool:
    text = _cut(pattern)
    return text is not None and isinstance(parts[0], Literal) and parts[0].text.startswith(text)


def cut_of(regex: Regex) -> str | None:
    """The text with which all that a pattern ``^text(.*)$`` matches begins, and no more; None of other patterns."""
    return None if regex.ignore_case else _cut(regex.pattern)


def cuts(regex: Regex, value: Value) -> bool:
    """Whether a pattern ``^text(.*)$`` matches all values that begin as this one does."""
    return not regex.ignore_case and _cuts(regex.pattern, parts_of(value) or (Literal(""),))


#: All that follows the slash of a path, whether that slash is asked for or not.
_BEHIND_SLASH = frozenset({"^/(.*)", "^/(.*)$", "^/?(.*)", "^/?(.*)$"})


def with_whole_path(value: Value) -> Value:
    """The value with the path as it came where it ends with a slash and all that follows the path's own."""
    *others, last = parts_of(value) or (value,)
    if not isinstance(last, Matched) or last.value != REQUEST_URI or last.group != 1:
        return value
    if last.regex.pattern in ("^(.*)", "^(.*)$"):
        return joined((*others, REQUEST_URI))
    before = others[-1] if others else None
    if last.regex.pattern not in _BEHIND_SLASH or not isinstance(before, Literal) or not before.text.endswith("/"):
        return value
    return joined((*others[:-1], Literal(before.text[:-1]), REQUEST_URI))


def _names(node: object) -> tuple[str, ...] | None:
    """The names of a dataclass's fields, None of anything else: far quicker to ask for than ``fields``."""
    return getattr(node, "__match_args__", None)


#: What most of a step is made of, in which no part of it lies.
_LEAVES = frozenset({str, int, bool, NoneType, Phase, Move})


def parts_in(node: object, of: type[T]) -> Iterator[T]:
    """Every value of a kind inside a value, a condition, an action or a step, from left to right."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, of):
            yield each
        inner = each if isinstance(each, (tuple, list)) else [getattr(each, name) for name in _names(each) or ()]
        waiting.extend([part for part in inner[::-1] if type(part) not in _LEAVES])


def replaced(node: T, change: Callable[[Value], Value | None]) -> T:
    """A value, a condition or an action with each value inside replaced for which ``change`` gives another one."""
    if isinstance(node, tuple):
        parts = tuple([replaced(each, change) for each in node])
        return node if all(map(is_, parts, node)) else cast("T", parts)
    names = _names(node)
    if names is None:
        return node
    found = change(cast("Value", node))
    if found is not None:
        return cast("T", found)
    old = [getattr(node, name) for name in names]
    new = [replaced(each, change) for each in old]
    return node if all(map(is_, new, old)) else type(node)(*new)


def as_captures(value: Value) -> tuple[Value, Regex | None]:
    """The value with captures of one regex over the path, where it comes to that, and the regex; else as it is."""
    found = [each for each in parts_of(value) if isinstance(each, Matched)]
    regexes = {each.regex for each in found if each.value == REQUEST_URI}
    if len(regexes) != 1 or any(each.value != REQUEST_URI for each in found):
        return value, None
    parts = (Capture("rule", each.group) if isinstance(each, Matched) else each for each in parts_of(value))
    return joined(tuple(parts)), regexes.pop()


#: A first group that ends where a slash follows: it is empty, or begins with the slash of the path.
_UP_TO_SLASH = re.compile(r"\^\(\.\*\)\??/.*")


def is_path(value: Value, regex: Regex | None = None) -> bool:
    """Whether a value begins with the path, or with its beginning in a group; ``regex`` is that of Captures."""
    first, second = (*parts_of(value), None, None)[:2]
    if first == REQUEST_URI:
        return True
    if isinstance(first, Capture) and first.group == 1 and regex is not None:
        first = Matched(REQUEST_URI, regex, 1)
    match first, second:
        case Matched(inner, Regex(pattern), 1), Literal(text) if inner == REQUEST_URI:
            return text.startswith("/") and _UP_TO_SLASH.fullmatch(pattern) is not None
        case _:
            return False


#: A first group that begins with the slash of the path; its other part can't match that slash again.
_WITH_SLASH = re.compile(
    r"/(?P<text>[^()|?*+]*)|(?P<any>\.)[+*](?P<tail>\\\..*)?|(?P<others>\[\^[^\]/\\]*\])[+*]", re.DOTALL
)


def behind_slash(value: Value) -> Value | None:
    """What follows the slash that a part of the path begins with; None where it may begin otherwise."""
    if not isinstance(value, Matched) or value.value != REQUEST_URI or value.group != 1:
        return None
    pattern = value.regex.pattern
    group = group_of(pattern, 1)
    start = f"^({group})" if pattern.startswith("^") else f"({group})"
    found = _WITH_SLASH.fullmatch(group) if group is not None and pattern.startswith(start) else None
    flat = re.sub(r"\(\?:[^()]*\)", "", found["tail"] or "") if found else ""
    if found is None or "|" in pattern[len(start) :] or re.search(r"\((?!\?:)|\|", flat):
        return None
    one = found["any"] or found["others"]
    rest = f"{one}*{found['tail'] or ''}" if one else found["text"]
    return Matched(REQUEST_URI, replace(value.regex, pattern=f"^/({rest}){pattern[len(start) :]}"), 1)


def is_tame(value: Value) -> bool:
    """Whether the value can hold nothing but letters, digits and ``-._:``, whatever a client sends."""
    match value:
        case Literal(text):
            return re.fullmatch(r"[\w.:-]*", text, re.ASCII) is not None
        case Variable(name):
            return name in TAME
        case Matched(inner, regex, group):
            return is_tame(inner) or is_plain_group(regex, group)
        case Joined(parts):
            return all(map(is_tame, parts))
        case _:
            return False


def is_plain_group(regex: Regex, group: int) -> bool:
    """Whether a group can hold only letters, digits, ``-`` and ``_``."""
    text = group_of(regex.pattern, group) if group else None
    return text is not None and _PLAIN.fullmatch(text) is not None


#: A group of nothing but signs that are not among some.
_OTHERS = re.compile(r"\[\^((?:\\.|[^\]\\])*)\][+*]", re.DOTALL)


def leaves_out(value: Value, sign: str) -> bool:
    """Whether what a group has matched can't hold a sign, as its pattern says."""
    if not isinstance(value, Matched) or not value.group:
        return False
    found = _OTHERS.fullmatch(group_of(value.regex.pattern, value.group) or "")
    return found is not None and sign in found[1]


def group_of(pattern: str, group: int) -> str | None:
    """The text between the parentheses of a capturing group; None where there is none."""
    open_ones: list[tuple[int, int]] = []
    count, at = 0, 0
    while at < len(pattern):
        sign = _SIGN.match(pattern, at)
        assert sign is not None
        if sign[0] == "(":
            captures = pattern[at + 1 : at + 2] not in ("?", "*") or re.match(r"\(\?(?:P?<[A-Za-z_]|')", pattern[at:])
            count += bool(captures)
            open_ones.append((count if captures else 0, at + 1))
        elif sign[0] == ")" and open_ones:
            number, start = open_ones.pop()
            if number == group:
                return pattern[start:at]
        at = sign.end()
    return None


def gives_back(value: Value, regex: Regex) -> bool:
    """Whether a value made of captures of a regex is for certain the whole text that the regex was tried on."""
    pattern = regex.pattern
    anchored = re.fullmatch(r"\^(?P<inner>.*?)(?P<end>(?<!\\)\$)?", pattern, re.DOTALL)
    if anchored is None or regex.ignore_case:
        return False
    left, last = anchored["inner"], ""
    for part in parts_of(value):
        if isinstance(part, Capture):
            last = f"({group_of(pattern, part.group)})"
            if not left.startswith(last):
                return False
            left = left[len(last) :]
            continue
        for sign in part.text if isinstance(part, Literal) else "\0":
            spelt = sign if left[:1] == sign and sign not in ".*+?[](){}|^$\\" else f"\\{sign}"
            if not left.startswith(spelt):
                return False
            left = left[len(spelt) :]
    return not left and (anchored["end"] is not None or last.endswith((".*)", ".+)")))


def parts_of_target(location: Value) -> tuple[Value, ...]:
    """What the target of a redirect is made of. The texts of a RedirectMatch are escaped as httpd does it, up to its
    query or fragment (AL-5); what they stand beside is left to the caller.
    """
    if not isinstance(location, Call):
        return parts_of(location)
    if location.function != "escape-url":
        return parts_of(location.argument)
    parts, in_path = list(parts_of(location.argument)), True
    for at, part in enumerate(parts):
        if isinstance(part, Literal) and in_path:
            end = min(found for sign in "?#" if (found := f"{part.text}{sign}".find(sign)) >= 0)
            path, rest = part.text[:end], part.text[end:]
            parts[at] = Literal((escape_path(path) if at else escape_url(path)) + rest)
            in_path = not rest
    return tuple(parts)
