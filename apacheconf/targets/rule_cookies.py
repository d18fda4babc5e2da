"""Cookies of rules (the CO flag, RW-22) as lines of a header. How long one lives is a variable of its own: each target
has its own words for a time that is yet to come.
"""

from __future__ import annotations

from datetime import datetime

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search
from apacheconf.program.rewriting import cookie
from apacheconf.program.steps import EditHeader, Table
from apacheconf.program.values import Literal, Matched, Value, Variable
from apacheconf.targets.captures import group_of, is_plain_group, joined, parts_of

#: Signs that stand for values from here on, which no text has.
_PRIVATE = 0xE000
#: Its argument is a number of seconds from the request on, which may be below 0.
EXPIRES = "COOKIE_EXPIRES"
#: How httpd writes the time at which a cookie ends.
TIME = "%a, %d-%b-%Y %H:%M:%S GMT"


def cookie_line(text: Value) -> EditHeader | None:
    """The cookie of a CO flag as a line of the table always; None where which part is which depends on the request."""
    parts = parts_of(text) or (text,)
    if not all(isinstance(each, Literal) or _is_one_word(each) for each in parts):
        return None
    marks: dict[str, Value] = {chr(_PRIVATE + n): each for n, each in enumerate(parts) if not isinstance(each, Literal)}
    by_part = {part: mark for mark, part in marks.items()}
    spelt = "".join(each.text if isinstance(each, Literal) else by_part[each] for each in parts)
    line = joined(tuple(_put_back(each, marks) for each in parts_of(_line(spelt))))
    said = [each for each in parts_of(line) if each in by_part]
    return EditHeader(Table.ALWAYS, "add", "Set-Cookie", line) if len(said) == len(marks) else None


def _is_one_word(value: Value) -> bool:
    """Whether a group holds letters and digits, and at least one: it is neither two parts of a cookie nor none."""
    if not isinstance(value, Matched) or not is_plain_group(value.regex, value.group):
        return False
    return search(Regex(f"^(?:{group_of(value.regex.pattern, value.group)})$"), "") is None


def _put_back(part: Value, marks: dict[str, Value]) -> Value:
    if not isinstance(part, Literal):
        return part
    return joined(tuple(marks.get(sign) or Literal(sign) for sign in part.text))


def _line(text: str) -> Value:
    """The line with the time at which the cookie ends, where it has one, as a variable."""
    line = cookie(text, 0)
    before, word, rest = line.partition("; expires=")
    if not word:
        return Literal(line)
    time, mark, after = rest.partition(" GMT")
    seconds = (datetime.strptime(time + mark, TIME) - datetime(1970, 1, 1)).total_seconds()
    return joined((Literal(f"{before}; "), Variable(EXPIRES, str(int(seconds))), Literal(after)))
