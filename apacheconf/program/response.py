"""The fields of an answer as Header leaves them: the two tables, and which of them an answer meets (HD-1, HD-2).

What an origin or a handler answered lies in the table onsuccess, and both tables' lines are done. Of a script that was
asked over FastCGI most lies in the table always (HD-14). An error or a redirect made here meets the lines of the table
always only, and nothing of what the page itself brings.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator

from apacheconf.diagnostics import InternalError
from apacheconf.program.editing import TextOf, edit, edited
from apacheconf.program.evaluate import holds, text_of
from apacheconf.program.headers import HeaderTable
from apacheconf.program.phases import Phase
from apacheconf.program.request import Decision, Headers
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Capture, Joined, Literal, Lookup, Value, Variable

#: How a message is framed is the connection's own business: these fields are never edited, but for the first two where
#: an origin has said them of a HEAD.
FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"})
_OF_HEAD = frozenset({"content-length", "transfer-encoding"})
#: What a script says that lies in the table onsuccess all the same.
KEPT_APART = frozenset({"location", "etag", "last-modified", "content-type", "content-length", "content-range",
                        "transfer-encoding", "date", "server"})  # fmt: skip
_TYPE = "content-type"


def answer_fields(
    decision: Decision, status: int, fields: Headers, completed: bool, framing: bool = False, of_script: bool = False
) -> Headers:
    """The lines of an answer in their order; ``completed`` when an origin or a handler gave it, ``of_script`` if that
    was asked over FastCGI.

    For an answer made here ``fields`` are what the error itself brings, such as Location. With ``framing`` those that
    frame the answer can be edited too.
    """
    state = decision.state
    assert state is not None
    state.phase, state.status = Phase.FILTERS, status
    early = HeaderTable.of(decision.early_headers)
    if completed:
        theirs, fields = _told_apart(fields, of_script)
        always = HeaderTable.of((*early.lines(), *theirs))
        own = HeaderTable.of((*_left_of(decision.early_own, fields), *fields))
    else:
        always, own = HeaderTable(), HeaderTable.of((*early.lines(), *fields))
    state.answer = (own, always)

    def lines_of(table: Table) -> Iterator[EditHeader]:
        for step in decision.response_headers:
            line = step.action
            if isinstance(line, EditHeader) and line.table is table:
                state.vary = []
                held = holds(step.when, state)
                if state.vary:
                    own.merge("Vary", ", ".join(state.vary))
                if held:
                    yield line

    return _edited(
        lines_of, lambda value: text_of(value, state), always, own, completed, state.headers, state.notes, framing
    )


def _told_apart(fields: Headers, of_script: bool) -> tuple[Headers, Headers]:
    """What lies in the table always, and in the table onsuccess."""
    if not of_script:
        return (), fields
    always = tuple(pair for pair in fields if pair[0].lower() not in KEPT_APART)
    return always, tuple(pair for pair in fields if pair[0].lower() in KEPT_APART)


def _left_of(early: Headers, fields: Headers) -> Headers:
    """What early lines have put where no handler has put something else since (HD-7)."""
    names = {name.lower() for name, _ in fields} if early else ()
    return tuple(pair for pair in early if pair[0].lower() not in names)


def settled_fields(
    edits: Iterable[EditHeader], fields: Headers, completed: bool, framing: bool = False, of_script: bool = False
) -> Headers:
    """The same where no line has a condition, and every value is a text that is known already."""
    listed = tuple(edits)

    def lines_of(table: Table) -> Iterator[EditHeader]:
        return (line for line in listed if line.table is table)

    theirs, fields = _told_apart(fields, of_script and completed)
    always, own = HeaderTable.of(theirs), HeaderTable.of(fields)
    return _edited(lines_of, settled_text, always, own, completed, None, {}, framing)


def settled_text(value: Value) -> str:
    """The text of a value that is the same for every request. Raises InternalError for others."""
    match value:
        case Literal(text):
            return text
        case Joined(parts):
            return "".join(map(settled_text, parts))
    raise InternalError(f"{value} depends on the request")


def is_settled(line: EditHeader) -> bool:
    """Whether the line says the same for every request."""
    return line.operation not in ("echo", "note") and all(map(_is_text, (line.value, line.replacement)))


def asks_fields(condition: object) -> bool:
    """Whether asking a condition adds header fields to Vary (EXPR-31)."""
    if isinstance(condition, tuple):
        return any(map(asks_fields, condition))
    if isinstance(condition, Variable):
        return bool(condition.varies)
    inner = dataclasses.fields(condition) if dataclasses.is_dataclass(condition) else ()
    return any(asks_fields(getattr(condition, each.name)) for each in inner)


#: What is known once the answer is there, whatever the request was; the environment then holds the member alone.
_ABOUT_ANSWER = frozenset({"ENV", "REQUEST_STATUS", "RESP", "SSL", "HTTPS", "LOAD_AVERAGE"})


def asks_about_answer(step: Step) -> bool:
    """Whether the line asks about nothing but the answer, the member that gave it and the connection."""
    action = step.action
    if not isinstance(action, EditHeader) or action.operation == "echo":
        return False
    return all(_knows_answer(each) for each in (step.when, action.value, action.replacement))


def _knows_answer(node: object) -> bool:
    match node:
        case Variable(name):
            return name in _ABOUT_ANSWER
        case Capture() | Lookup():
            return False
        case tuple():
            return all(map(_knows_answer, node))
    if not dataclasses.is_dataclass(node):
        return True
    return all(_knows_answer(getattr(node, each.name)) for each in dataclasses.fields(node))


def reads_variables(step: Step) -> bool:
    """Whether the line or its condition reads a variable of the environment."""
    return _reads_variables(step.when) or _reads_variables(step.action)


def _reads_variables(node: object) -> bool:
    if isinstance(node, tuple):
        return any(map(_reads_variables, node))
    if isinstance(node, Variable):
        return node.name == "ENV"
    inner = dataclasses.fields(node) if dataclasses.is_dataclass(node) else ()
    return any(_reads_variables(getattr(node, each.name)) for each in inner)


def _is_text(value: Value | None) -> bool:
    match value:
        case Literal(text):
            return text.isprintable()
        case Joined(parts):
            return all(map(_is_text, parts))
    return value is None


def _edited(
    lines_of: Callable[[Table], Iterable[EditHeader]],
    text: TextOf,
    always: HeaderTable,
    own: HeaderTable,
    completed: bool,
    request: HeaderTable | None,
    notes: dict[str, str],
    framing: bool,
) -> Headers:
    """Both tables after their lines, the table always first; each line's condition is asked when it is its turn."""
    content_type = own.get(_TYPE)
    untouched = FRAMING - _OF_HEAD if framing else FRAMING
    tables = ((Table.ALWAYS, always), (Table.ONSUCCESS, own)) if completed else ((Table.ALWAYS, always),)
    for which, table in tables:
        for line in lines_of(which):
            if line.name.lower() not in untouched:
                content_type = _type_after(line, content_type, text)
                edit(table, line, text, request, notes)
    return joined(always, own, content_type)


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
