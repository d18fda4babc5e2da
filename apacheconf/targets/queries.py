"""What rules make of a query: what stands behind a question mark, and what it is joined with (RW-8)."""

from __future__ import annotations

from apacheconf.program.conditions import Regex, Test
from apacheconf.program.values import Chosen, Literal, Matched, Value
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.known import QUERY_STRING

NOTHING = Literal("")


def halves(part: Value) -> tuple[Value, Value]:
    """What stands before the first question mark of a part, and behind it."""
    if isinstance(part, Literal):
        head, _, tail = part.text.partition("?")
        return Literal(head), Literal(tail)
    return Matched(part, Regex(r"^([^?]*)"), 1), Matched(part, Regex(r"^[^?]*\?(.*)$"), 1)


def without_end(query: Value) -> Value:
    """A query's last ``&`` goes."""
    *parts, last = parts_of(query) or (NOTHING,)
    return joined((*parts, Literal(last.text.removesuffix("&")))) if isinstance(last, Literal) else query


def appended(made: Value, query: Value) -> Value:
    """QSA: the query that there was comes behind what the rule says (RW-8)."""
    if made == NOTHING or query == NOTHING:
        return query if made == NOTHING else without_end(made)
    both = joined((made, Literal("&"), query))
    return both if query != QUERY_STRING else Chosen(Test("n", query), both, without_end(made))
