"""Conditions and values in nginx: each condition a variable that is ``1`` or ``0``, made by maps (NGX-39, NGX-123)."""

from __future__ import annotations

from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    InNetwork,
    IsSet,
    Matches,
    Never,
    Not,
    Operator,
    Regex,
    Test,
)
from apacheconf.program.own_words import named_in
from apacheconf.program.regexes import search
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.nginx.maps import Map, Maps
from apacheconf.targets.nginx.tree import Block, glued
from apacheconf.targets.nginx.values import VARIABLES, text_of
from apacheconf.targets.questions import ADDRESSES, CannotAsk, as_match, by_length, matches_all, matches_empty
from apacheconf.targets.spoken import name_of

#: The tests of files that nginx knows, which follow links as httpd's do.
_OF_FILES = frozenset("fdex")
_NOT = {"0": "1", "1": "0"}
#: Comparisons of texts, which say the same of numbers that have the same length.
_OF_TEXTS = {Operator.AFTER: Operator.GT, Operator.AFTER_OR_SAME: Operator.GE, Operator.BEFORE: Operator.LT,
             Operator.BEFORE_OR_SAME: Operator.LE}  # fmt: skip


def flag_of(maps: Maps, condition: Condition) -> str:
    """The variable that is ``1`` where the condition holds, else ``0``. Raises CannotAsk."""
    found = as_match(condition)
    if found is not None:
        return _match(maps, condition, found, "1")
    match condition:
        case Always():
            return "1"
        case Never():
            return "0"
        case Not(inner) if (found := as_match(inner)) is not None:
            return _match(maps, condition, found, "0")
        case Not(inner):
            flag = flag_of(maps, inner)
            return _NOT.get(flag) or _flag(maps, condition, flag, ("0", "1"))
        case AnyOf(parts) if (alike := _of_one_value(maps, parts)) is not None:
            return _flag(maps, condition, alike[0], *alike[1])
        case AllOf(parts) | AnyOf(parts):
            return _flag_of_several(maps, condition, parts)
        case Compare(Variable(one), Operator.SAME, Variable(other)) if {one, other} <= ADDRESSES:
            return _flag(maps, condition, f"{VARIABLES[one]} {VARIABLES[other]}", (r"~^(\S+) \1$", "1"))
        case Compare(left, Operator.GE | Operator.GT | Operator.LT | Operator.LE as how, Literal(number)):
            return _by_number(maps, left, how, number)
        case Compare(left, Operator.DIFFERENT, right):
            return flag_of(maps, Not(Compare(left, Operator.SAME, right)))
        case Compare(Variable("REQUEST_STATUS") as left, how, Literal(status)) if how in _OF_TEXTS and len(status) == 3:
            return _by_number(maps, left, _OF_TEXTS[how], status)
        case Compare(left, Operator.EQ | Operator.NE as how, Literal(number)) if number.isdigit() and int(number):
            same = Matches(left, Regex(rf"^\s*\+?0*{int(number)}(?![0-9])"))
            return flag_of(maps, same if how is Operator.EQ else Not(same))
        case IsSet(Variable("ENV", name)) if (known := maps.word(Variable("ENV_IS_SET", name))) is not None:
            return known
        case Test("n", value):
            text = text_of(maps, value)
            return maps.make(name_of(condition), Map(text, (("", "0"), ("default", "1")), "")) if text else "0"
        case Test("z", value):
            return flag_of(maps, Not(Test("n", value)))
        case InNetwork(Variable("REMOTE_ADDR" | "CONN_REMOTE_ADDR" as name), networks):
            places = (("default", "0"), *((each, "1") for each in networks))
            return maps.make(name_of(condition), Map(VARIABLES[name], places, "", kind="geo"))
        case Compare(left, operator, Literal(text)) if by_length(operator, text) is not None:
            return flag_of(maps, Matches(left, Regex(by_length(operator, text) or "")))
        case Test(letter, value) if letter in _OF_FILES:
            return maps.test(letter, text_of(maps, value))
        case _:
            raise CannotAsk(type(condition).__name__)


def _by_number(maps: Maps, value: Value, how: Operator, number: str) -> str:
    """Whether a text, read as a number, is as large as another one: text that is none counts as 0 (EXPR-4)."""
    least = int(number) + (how in (Operator.GT, Operator.LE)) if number.isdigit() else 0
    if not 1 <= least < 10**9:
        raise CannotAsk("a comparison with such a number")
    reaches = Matches(value, Regex(rf"^\s*\+?0*(?:{_at_least(str(least))})(?![0-9])"))
    return flag_of(maps, reaches if how in (Operator.GE, Operator.GT) else Not(reaches))


def _at_least(number: str) -> str:
    """Alternatives that match the numbers, written without zeros in front, from this one on."""
    larger = (
        f"{number[:at]}[{int(digit) + 1}-9]" + (f"[0-9]{{{left}}}" if left else "")
        for at, (digit, left) in enumerate(zip(number, range(len(number) - 1, -1, -1), strict=True))
        if digit != "9"
    )
    return "|".join([number, *larger, f"[1-9][0-9]{{{len(number)},}}"])


def refuse_where(maps: Maps, condition: Condition, status: int, location: Block) -> None:
    """Answer with a status where the condition holds. Raises CannotAsk."""
    flag = flag_of(maps, condition)
    if flag != "0":
        asked = location if flag == "1" else location.open("if", flag)
        asked.add("return", str(status))


def can_ask(condition: Condition) -> bool:
    """Whether nginx has words for it."""
    try:
        flag_of(Maps(), condition)
    except CannotAsk:
        return False
    return True


def _flag_of_several(maps: Maps, condition: AllOf | AnyOf, parts: tuple[Condition, ...]) -> str:
    """The flags side by side: one that is neutral whatever is asked says nothing, the other one says all."""
    neutral = "1" if isinstance(condition, AllOf) else "0"
    flags = list(dict.fromkeys(flag for part in parts if (flag := flag_of(maps, part)) != neutral))
    decided = _NOT[neutral]
    if decided in flags or not flags:
        return decided if flags else neutral
    holds = "1" * len(flags) if isinstance(condition, AllOf) else "~1"
    return flags[0] if len(flags) == 1 else _flag(maps, condition, glued(flags), (holds, "1"))


def _of_one_value(maps: Maps, parts: tuple[Condition, ...]) -> tuple[str, list[tuple[str, str]]] | None:
    """The value that all of these matches try, and the entries of a map that has them one below the other; None where
    they try several, or need no map."""
    found = [as_match(each) for each in parts]
    matches = [each for each in found if each is not None]
    if len(matches) < len(found) or len({value for value, _, _ in matches}) != 1:
        return None
    text = text_of(maps, matches[0][0])
    patterns = [pattern for _, pattern, _ in matches]
    if "$" not in text or any(map(matches_all, patterns)) or (maps.of_many and any(map(named_in, (text, *patterns)))):
        return None
    empty = [("", "1")] if any(map(matches_empty, patterns)) else []
    return text, empty + [(f"~{'*' if ignore_case else ''}{pattern}", "1") for _, pattern, ignore_case in matches]


def _match(maps: Maps, condition: Condition, asked: tuple[Value, str, bool], matched: str) -> str:
    """The flag of a match, which is ``matched`` where there is one. nginx tries no regex on an empty value."""
    value, pattern, ignore_case = asked
    text = text_of(maps, value)
    if matches_all(pattern):
        return matched
    if "$" not in text:  # the same for all requests
        return matched if search(Regex(pattern, ignore_case), text) is not None else _NOT[matched]
    empty = [("", matched)] if matches_empty(pattern) else []
    return _flag(maps, condition, text, *empty, (f"~{'*' if ignore_case else ''}{pattern}", matched))


def _flag(maps: Maps, condition: Condition, source: str, *entries: tuple[str, str]) -> str:
    made = Map(source, (*entries, ("default", _NOT[entries[-1][1]])), "")
    return maps.make(name_of(condition), made)
