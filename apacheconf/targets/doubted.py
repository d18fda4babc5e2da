"""What parts of a URL that rules make may hold, whatever a client sends: a question mark, blanks and controls."""

from __future__ import annotations

from functools import lru_cache

from apacheconf.program.conditions import Regex
from apacheconf.program.rewrite_maps import escape
from apacheconf.program.values import Chosen, Escaped, Joined, Literal, Made, Matched, Value, Variable
from apacheconf.targets.captures import is_tame, leaves_out
from apacheconf.targets.finite import texts_of

QUESTION = Regex(r"\?")
#: What may not stand in a query that rules have made (SEM-30).
BLANKS = Regex(r"[\x00-\x20\x7f]")


def may_hold_mark(value: Value) -> bool:
    """Whether a part that isn't the rule's own text may hold a question mark."""
    if isinstance(value, Escaped):
        return escape("?", value) == "?" and may_hold_mark(value.value)
    if isinstance(value, Literal) or is_tame(value) or leaves_out(value, "?"):
        return False
    return "?" in "".join(texts_of(value) or "?")


def is_of_path(value: Value) -> bool:
    """Whether a ``?`` in it can only be one that the client has escaped in its path."""
    match value:
        case Literal(text):
            return "?" not in text
        case Variable("REQUEST_URI"):
            return True
        case Matched(inner, _, _):
            return is_of_path(inner)
        case Joined(parts):
            return all(is_of_path(each) or is_tame(each) for each in parts)
        case Made():
            return _was_of_path(value)
        case _:
            return False


@lru_cache(maxsize=1024)
def _was_of_path(made: Made) -> bool:
    return is_of_path(made.value.yes) and is_of_path(made.value.no)


def decoded_in(value: Value) -> list[Value]:
    """The parts of a value that may hold blanks and controls: those of the path, which is decoded."""
    if isinstance(value, Made):
        return [value]
    if isinstance(value, Chosen):
        return list(dict.fromkeys((*decoded_in(value.yes), *decoded_in(value.no))))
    if isinstance(value, Joined):
        return list(dict.fromkeys(each for part in value.parts for each in decoded_in(part)))
    decoded = not isinstance(value, Literal) and not is_tame(value) and is_of_path(value)
    return [value] if decoded else []
