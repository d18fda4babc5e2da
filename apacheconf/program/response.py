"""The fields of an answer as Header leaves them: the two tables, and which of them an answer meets (HD-1, HD-2).

What an origin or a handler answered lies in the table onsuccess, and both tables' lines are done. An error or a
redirect made here meets the lines of the table always only, and nothing of what the page itself brings.
"""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.conditions import Condition
from apacheconf.program.editing import TextOf, edit, edited
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.headers import HeaderTable
from apacheconf.program.phases import Phase
from apacheconf.program.request import Decision, Headers
from apacheconf.program.steps import EditHeader, Step, Table

#: How a message is framed is the connection's own business: these fields are never edited.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"})
_TYPE = "content-type"


def answer_fields(decision: Decision, status: int, fields: Headers, completed: bool) -> Headers:
    """The lines of an answer in their order; ``completed`` when an origin or a handler gave it.

    For an answer made here ``fields`` are what the error itself brings, such as Location.
    """
    state = decision.state
    assert state is not None
    state.phase, state.status = Phase.FILTERS, status
    early = HeaderTable.of(decision.early_headers)
    if completed:
        always, own = early, HeaderTable.of(fields)
    else:
        always, own = HeaderTable(), HeaderTable.of((*early.lines(), *fields))
    return _edited(decision.response_headers, state, always, own, completed)


def _edited(steps: Iterable[Step], state: State, always: HeaderTable, own: HeaderTable, completed: bool) -> Headers:
    state.answer = (own, always)
    content_type = own.get(_TYPE)
    listed = tuple(steps)
    for which, table in ((Table.ALWAYS, always), (Table.ONSUCCESS, own)):
        if which is Table.ONSUCCESS and not completed:
            break
        for step in listed:
            line = step.action
            if isinstance(line, EditHeader) and line.table is which and _applies(line, step.when, state):
                content_type = _type_after(line, content_type, lambda value: text_of(value, state))
                edit(table, line, lambda value: text_of(value, state), state.headers)
    return joined(always, own, content_type)


def _applies(line: EditHeader, when: Condition, state: State) -> bool:
    return line.name.lower() not in FRAMING and holds(when, state)


def _type_after(line: EditHeader, now: str | None, text: TextOf) -> str | None:
    """httpd keeps the type of an answer beside the tables, and only some operations reach it."""
    if line.name.lower() != _TYPE:
        return now
    if line.operation == "unset":
        return None
    if line.operation == "set" or (line.operation == "setifempty" and now is None):
        return None if line.value is None else text(line.value)
    if line.regex is not None and line.operation != "echo" and now is not None:
        return edited(now, line, text)
    return now


def joined(always: HeaderTable, own: HeaderTable, content_type: str | None) -> Headers:
    """Both tables as they are sent: always first, one Content-Type, one Date and one Server."""
    both = HeaderTable.of((*always.lines(), *own.lines()))
    if content_type is not None and both.get(_TYPE) is not None:
        both.replace("Content-Type", content_type)
    for single in ("Date", "Server"):
        first = both.get(single)
        if first is not None:
            both.replace(single, first)
    return both.lines()
