"""Cookies of rules (the CO flag, RW-22) as lines of a header. How long one lives is a variable of its own: each target
has its own words for a time that is yet to come.
"""

from __future__ import annotations

from datetime import datetime

from apacheconf.program.rewriting import cookie
from apacheconf.program.steps import EditHeader, Table
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.captures import joined

#: Its argument is a number of seconds from the request on, which may be below 0.
EXPIRES = "COOKIE_EXPIRES"
#: How httpd writes the time at which a cookie ends.
TIME = "%a, %d-%b-%Y %H:%M:%S GMT"


def cookie_line(text: Value) -> EditHeader | None:
    """The cookie of a CO flag as a line of the table always; None where its parts depend on the request."""
    if not isinstance(text, Literal):
        return None
    return EditHeader(Table.ALWAYS, "add", "Set-Cookie", _line(text.text))


def _line(text: str) -> Value:
    """The line with the time at which the cookie ends, where it has one, as a variable."""
    line = cookie(text, 0)
    before, word, rest = line.partition("; expires=")
    if not word:
        return Literal(line)
    time, mark, after = rest.partition(" GMT")
    seconds = (datetime.strptime(time + mark, TIME) - datetime(1970, 1, 1)).total_seconds()
    return joined((Literal(f"{before}; "), Variable(EXPIRES, str(int(seconds))), Literal(after)))
