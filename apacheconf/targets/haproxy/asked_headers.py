"""Headers that a client sends in several lines: httpd joins them while it reads, so what is asked of one, or made of
one, is asked and made of all its lines. HAProxy would go by any line that fits, or by the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.tree import Line, Section

#: A sample of a header that rules ask; what mod_proxy adds to headers is written with capitals, and extends one line.
_ASKED = re.compile(r"req\.fhdr\(([^A-Z(),]+)\)")
_EDITED = ("http-request", "replace-header")
#: Of these HAProxy itself takes one line only, or refuses several.
_SINGLE = frozenset({"host", "expect", "content-length", "transfer-encoding"})


def joins(asking: Iterable[Section], more: Iterable[str] = ()) -> list[Line]:
    """The rules that join the lines of each header that these sections ask or edit, and of ``more``."""
    names = dict.fromkeys(name.lower() for name in more)
    for section in asking:
        for line in section.lines:
            names |= dict.fromkeys(_names(line))
    made = Section("joins")
    for name in sorted(names.keys() - _SINGLE):
        made.add("http-request", "set-header", name, f"%[{_all_of(name)}]", "if",
                 "{", f"req.fhdr_cnt({name})", "gt", "1", "}")  # fmt: skip
    if made.lines:
        made.lines[0].comment = "httpd joins the lines of a header"
    return made.lines


def _names(line: Line) -> Iterator[str]:
    for word in line.words:
        yield from _ASKED.findall(word)
    if line.words[:2] == _EDITED:
        yield line.words[2].lower()


def _all_of(name: str) -> str:
    """A sample: of all lines of the request's head those of the header, without its name, behind each other."""
    begins = f"{re.escape(name)}: *"
    others = rf"(?:(?!{begins}).*\r\n)*"
    first, next_one, rest = rf"(?i)^{others}{begins}", rf"(?i)\r\n{others}{begins}", r"(?s)\r\n.*"
    return f'req.hdrs,regsub("{inner(first)}",""),regsub("{inner(next_one)}",", ",g),regsub("{inner(rest)}","")'
