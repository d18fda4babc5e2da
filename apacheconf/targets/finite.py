"""Values that have one of a few texts, whatever a client sends: those of a RewriteMap's file, as it is now (RW-43)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import product

from apacheconf.program.conditions import Compare, Condition, Matches, Operator
from apacheconf.program.regexes import search
from apacheconf.program.rewrite_maps import table_of
from apacheconf.program.values import Chosen, Joined, Literal, Lookup, Matched, Value, Variable
from apacheconf.targets.answers import facts

#: More texts than these are not looked at one by one.
_MOST = 5000


def texts_of(value: Value, answers: Mapping[Condition, bool] | None = None) -> frozenset[str] | None:
    """The texts that a value may have where these answers were given; None where a client has a say in it."""
    found = _all_texts(value, answers or {})
    if found is None or len(found) > _MOST:
        return None
    known = [each for each in facts(answers or {}) if _is_about(value, *each)]
    return frozenset(text for text in found if _agrees(text, known))


def common_start(texts: Collection[str]) -> str:
    """What all of the texts begin with."""
    first, last = min(texts), max(texts)
    return first[: next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))]


def _all_texts(value: Value, answers: Mapping[Condition, bool]) -> frozenset[str] | None:
    match value:
        case Literal(text):
            return frozenset({text})
        case Variable("HTTPS"):
            return frozenset({"on", "off"})
        case Lookup(kind="txt" | "dbm" | "rnd" as kind, source=source, default=default, dbm=dbm):
            own = table_of(source, dbm).values()
            found = {text for each in own for text in (each.split("|") if kind == "rnd" else [each])}
            others = texts_of(default, answers)
            return None if others is None else frozenset(found | others)
        case Chosen(_, yes, no):
            both = texts_of(yes, answers), texts_of(no, answers)
            return None if both[0] is None or both[1] is None else both[0] | both[1]
        case Matched(inner, regex, group):
            texts = texts_of(inner, answers)
            matches = [search(regex, text) for text in texts or ()]
            return None if texts is None else frozenset(each[group] or "" for each in matches if each is not None)
        case Joined(parts):
            each_of = [texts_of(part, answers) for part in parts]
            known = [each for each in each_of if each is not None]
            return None if len(known) < len(parts) else frozenset("".join(words) for words in product(*known))
        case _:
            return None


def _is_about(value: Value, condition: Condition, _held: bool) -> bool:
    """Whether it says something of the value."""
    match condition:
        case Compare(asked, Operator.SAME | Operator.DIFFERENT, Literal()) | Matches(asked):
            return asked == value
        case _:
            return False


def _agrees(text: str, known: Iterable[tuple[Condition, bool]]) -> bool:
    """Whether the text fits what is known of its value."""
    for condition, held in known:
        match condition:
            case Compare(_, Operator.SAME, Literal(other)) if (text == other) != held:
                return False
            case Compare(_, Operator.DIFFERENT, Literal(other)) if (text != other) != held:
                return False
            case Matches(_, regex) if (search(regex, text) is not None) != held:
                return False
    return True
