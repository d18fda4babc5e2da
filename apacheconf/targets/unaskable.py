"""Conditions that a target can't ask: how httpd writes them, and the lines that ask them (DES-8).

Whoever is told that nobody answers wants to know because of what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from apacheconf.ledger import Ledger, Outcome, Written
from apacheconf.program.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FromHost,
    Glob,
    InNetwork,
    IsSet,
    Matches,
    Not,
    Test,
    atoms,
)
from apacheconf.program.hosts import Host
from apacheconf.program.own_words import STAND_IN
from apacheconf.program.program import Program
from apacheconf.program.values import Joined, Literal, Lookup, Value, Variable
from apacheconf.targets.captures import parts_in
from apacheconf.targets.claims import Claim, unsupported
from apacheconf.targets.questions import variable_title
from apacheconf.targets.scopes import Scopes

#: The lines that ask conditions of their own; a RewriteCond is told with its rule.
_ASKING = frozenset({"if", "elseif", "setenvif", "setenvifnocase", "setenvifexpr", "require"})
_WHY = "it can't be asked, so nobody answers where that depends on it"
_MOST = 100


def unaskable(condition: Condition, can_ask: Callable[[Condition], bool]) -> tuple[Condition, ...]:
    """The parts of a condition that can't be asked; all of it where each part can."""
    found = tuple(dict.fromkeys(each for each in atoms(condition) if not can_ask(each)))
    return found or (condition,)


def title(conditions: Iterable[Condition]) -> str:
    """The conditions as an expression has them, cut short; words that each of several hosts has for itself are dots."""
    text = STAND_IN.sub("...", ", ".join(map(_of, conditions)))
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."


def _of(condition: Condition) -> str:
    match condition:
        case Not(inner):
            return f"!({_of(inner)})"
        case AllOf(parts):
            return " && ".join(map(_of, parts))
        case AnyOf(parts):
            return " || ".join(map(_of, parts))
        case Matches(value, regex):
            return f"{_value(value)} =~ /{regex.pattern}/{'i' if regex.ignore_case else ''}"
        case Compare(left, operator, right):
            return f"{_value(left)} {operator.value} {_value(right)}"
        case Glob(value, pattern):
            return f"{_value(value)} -strmatch {pattern}"
        case InNetwork(value, networks):
            return f"{_value(value)} -ipmatch {' '.join(networks)}"
        case Test(letter, value):
            return f"-{letter} {_value(value)}"
        case FromHost(names, forward):
            return f"Require {'forward-dns' if forward else 'host'} {_value(names)}"
        case IsSet(variable):
            return f"-n {variable_title(variable)}"
        case _:
            return " ".join(map(_value, parts_in(condition, Variable))) or "a condition"


def _value(value: Value) -> str:
    match value:
        case Literal(text):
            return text or "''"
        case Variable():
            return variable_title(value)
        case Lookup(name, key):
            return f"${{{name}:{_value(key)}}}"
        case Joined(parts):
            return "".join(map(_value, parts))
        case _:
            return "".join(map(_value, parts_in(value, Variable))) or "a function"


def claims_of_asking(
    scopes: Scopes, host: Host | None, conditions: Iterable[Condition], told: Iterable[Written]
) -> tuple[Claim, ...]:
    """What is said of the lines of the host, or of sections outside of every one, that ask one of the conditions.

    Of those ``told`` it is said already that nobody answers.
    """
    if host is None:
        return ()
    section = scopes.section(host)
    inside = [*_walk([section] if section else []), *_walk(scopes.sections)]
    asking = [each for each in inside if each.name.lower() in _ASKING]
    sought = [words for each in conditions if (words := _words(each))]
    known = {id(each) for each in told}
    found = [each for each in asking if id(each) not in known
             if any(all(word in each.args for word in words) for words in sought)]  # fmt: skip
    return (unsupported(tuple(found), _WHY, "closed"),) if found else ()


def _words(condition: Condition) -> list[str]:
    """What a line that asks the condition has in it, as it is written."""
    words = [each.argument or each.name for each in parts_in(condition, Variable)]
    words += [each.text for each in parts_in(condition, Literal) if each.text]
    return [*words, condition.regex.pattern] if isinstance(condition, Matches) else words


def _walk(level: Iterable[Written]) -> Iterator[Written]:
    for each in level:
        yield each
        yield from _walk(getattr(each, "children", None) or ())


def lines_closed(program: Program, scopes: Scopes, ledger: Ledger) -> dict[int, str]:
    """Of lines (their ``id``) of hosts and sections that are closed because of a line: why, in words that name it."""
    asking = [each for each in scopes.everywhere(*_ASKING, "rewritecond") if _is_closed(each, ledger)]
    found: dict[int, str] = {}
    for host in program.hosts if asking else ():
        section = scopes.section(host)
        if section is not None:
            _settle_section(section, "host", {id(each) for each in asking}, found)
    return found


def _settle_section(section: Written, kind: str, asking: set[int], found: dict[int, str]) -> None:
    """The first line that closes a section speaks for all that stands in it; that of the innermost one counts."""
    children: tuple[Written, ...] = getattr(section, "children", None) or ()
    line = next((each for each in children if id(each) in asking), None)
    if line is not None:
        why = f"nobody answers where the {kind} depends on {line.name} at {line.place}, which can't be asked"
        found.update({id(each): why for each in _walk([section])})
    for each in children:
        _settle_section(each, "section", asking, found)


def _is_closed(line: Written, ledger: Ledger) -> bool:
    return any(each.key == "closed" and each.outcome is Outcome.UNSUPPORTED for each in ledger.answers_of(line))
