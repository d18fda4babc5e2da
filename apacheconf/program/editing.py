"""One Header or RequestHeader line done to a header table (HD-3, HD-4), as mod_headers does it to httpd's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apacheconf.program.conditions import Regex
from apacheconf.program.headers import HeaderTable
from apacheconf.program.regexes import search, span
from apacheconf.program.steps import EditHeader
from apacheconf.program.substitutions import substituted
from apacheconf.program.values import Value

#: What a value is now.
TextOf = Callable[[Value], str]


def edit(
    table: HeaderTable,
    line: EditHeader,
    text_of: TextOf,
    request: HeaderTable | None = None,
    notes: dict[str, str] | None = None,
) -> None:
    """Do ``line`` to ``table``; ``echo`` takes its fields from ``request``, ``note`` makes one of a field."""
    if line.regex is not None:
        if line.operation == "echo":
            _echo(table, line.regex, request)
        else:
            _substitute(table, line, text_of)
    elif line.operation == "note":
        found = table.get(line.name)
        if notes is not None and found is not None and line.value is not None:
            notes[text_of(line.value).lower()] = found
    else:
        _EDITS[line.operation](table, line.name, "" if line.value is None else text_of(line.value))


def _echo(table: HeaderTable, names: Regex, request: HeaderTable | None) -> None:
    for name, value in request.lines() if request is not None else ():
        if search(names, name) is not None:
            table.add(name, value)


def _substitute(table: HeaderTable, line: EditHeader, text_of: TextOf) -> None:
    """Every line of the name is edited, and stands at the end then."""
    lines = [each for each in table.lines() if each[0].lower() == line.name.lower()]
    if lines:
        table.unset(line.name)
    for name, value in lines:
        table.add(name, edited(value, line, text_of))


def edited(value: str, line: EditHeader, text_of: TextOf) -> str:
    """``value`` with the first match replaced, for ``edit*`` every match in what is left each time."""
    assert line.regex is not None and line.replacement is not None
    return "".join(_pieces(value, line.regex, text_of(line.replacement), line.operation == "edit*"))


def _pieces(value: str, regex: Regex, replacement: str, every: bool) -> Iterator[str]:
    while groups := search(regex, value):
        found = groups[0] or ""
        before, _, after = _split(value, regex)
        yield before + substituted(replacement, groups)
        value = after
        if not every or (not found and not before) or not value:
            break
    yield value


def _split(value: str, regex: Regex) -> tuple[str, str, str]:
    start, end = span(regex, value)
    return value[:start], value[start:end], value[end:]


def _merge_token(table: HeaderTable, name: str, value: str) -> None:
    """As append, unless the first line has the value among its comma-separated ones."""
    old = table.get(name)
    if old is None:
        table.add(name, value)
    elif value not in tokens(old):
        table.merge(name, value)


def tokens(text: str) -> Iterator[str]:
    """What stands between commas outside quotes, without the blanks before it."""
    token, quoted = "", False
    for char in text:
        if char == "," and not quoted:
            yield token.lstrip()
            token = ""
            continue
        quoted ^= char == '"'
        token += char
    yield token.lstrip()


def _set_if_empty(table: HeaderTable, name: str, value: str) -> None:
    if table.get(name) is None:
        table.add(name, value)


_EDITS: dict[str, Callable[[HeaderTable, str, str], None]] = {
    "add": HeaderTable.add,
    "set": HeaderTable.replace,
    "append": HeaderTable.merge,
    "merge": _merge_token,
    "setifempty": _set_if_empty,
    "unset": lambda table, name, _: table.unset(name),
}
