"""Headers that a client sends in several lines: httpd joins them while it reads, so what is asked of one, or made of
one, is asked and made of all its lines. HAProxy would go by any line that fits, or by the last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.tree import Line, Section
from apacheconf.targets.patterns import escape

#: A sample of a header that rules ask; what mod_proxy adds to headers is written with capitals, and extends one line.
_ASKED = re.compile(r"req\.fhdr\(([^A-Z(),]+)\)")
_EDITED = ("http-request", "replace-header")
#: Of these HAProxy itself takes one line only, or refuses several.
_SINGLE = frozenset({"host", "expect", "content-length", "transfer-encoding", "connection", "upgrade", "via"})


def asked_in(sections: Iterable[Section]) -> set[str]:
    """The headers of requests that rules of these sections ask or edit, in small letters."""
    return {name for section in sections for line in section.lines for name in _names(line)}


def joins(names: Iterable[str]) -> list[Line]:
    """The rules that join the lines of each of these headers."""
    made = Section("joins")
    for name in sorted(set(names) - _SINGLE):
        made.add("http-request", "set-header", name, f"%[{_all_of(name)}]", "if",
                 "{", f"req.fhdr_cnt({name})", "gt", "1", "}")  # fmt: skip
    if made.lines:
        made.lines[0].comment = "to httpd several lines of a header are one"
    return made.lines


def _names(line: Line) -> Iterator[str]:
    for word in line.words:
        yield from _ASKED.findall(word)
    if line.words[:2] == _EDITED:
        yield line.words[2].lower()


def _all_of(name: str) -> str:
    """A sample: of all lines of the request's head those of the header, without its name, behind each other."""
    begins = f"{escape(name)}: *"
    others = rf"(?:(?!{begins}).*\r\n)*"
    first, next_one, rest = rf"(?i)^{others}{begins}", rf"(?i)\r\n{others}{begins}", r"(?s)\r\n.*"
    return f'req.hdrs,regsub("{inner(first)}",""),regsub("{inner(next_one)}",", ",g),regsub("{inner(rest)}","")'
