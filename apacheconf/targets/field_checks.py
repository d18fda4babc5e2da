"""Header lines that httpd refuses to send: every answer would be 500, and here the header would break in two."""

from __future__ import annotations

import re

from apacheconf.program.steps import EditHeader
from apacheconf.program.values import Literal
from apacheconf.targets.captures import parts_in
from apacheconf.targets.questions import CannotAsk

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What ends a header, or no header may hold (RFC 9110, section 5.5).
_BREAKING = re.compile(r"[\x00\r\n]")
#: Operations that write the name.
_WRITING = frozenset({"set", "setifempty", "add", "append", "merge", "edit", "edit*"})


def refuse_broken(action: EditHeader) -> None:
    """Raises CannotAsk for a name that no header can have, and for a text with a line break in it."""
    if action.operation in _WRITING and not _NAME.fullmatch(action.name):
        raise CannotAsk(f"a header called {action.name}")
    texts = (each.text for value in (action.value, action.replacement) for each in parts_in(value, Literal))
    if any(_BREAKING.search(text) for text in texts):
        raise CannotAsk("a header with a line break in it")
