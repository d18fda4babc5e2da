"""mod_headers in the program: early lines when the request was read, RequestHeader at the end of the fixups, Header
when the answer is there (HD-1, HD-7, OR-5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, parent_then_child, setting
from apacheconf.modules.header_values import HeaderValue, Tag
from apacheconf.modules.mod_headers import HeaderEdit, HeadersDirConf
from apacheconf.program.conditions import ALWAYS, Condition, IsSet, Not, Regex
from apacheconf.program.expressions import NotEvaluated, condition_of, value_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Joined, Literal, Value, Variable
from apacheconf.syntax import expr

#: What each letter of a format prints (HD-5); a variable that isn't set is ``(null)``.
_TAGS = {
    "t": ("t=", Variable("REQUEST_TIME_USEC")),
    "D": ("D=", Variable("DURATION_USEC")),
    "l": ("l=", Variable("LOAD_AVERAGE")),
    "i": ("i=", Variable("IDLE_PERCENT")),
    "b": ("b=", Variable("BUSY_PERCENT")),
}
#: What mod_ssl looks up beside its own variables, whether TLS is spoken or not (HD-5).
_BY_MOD_SSL = {
    **{name: (name, "") for name in ("THE_REQUEST", "SERVER_PROTOCOL", "SERVER_SOFTWARE", "REMOTE_HOST", "IS_SUBREQ",
                                     "REQUEST_FILENAME", "TIME", "TIME_YEAR", "TIME_MON", "TIME_DAY", "TIME_HOUR",
                                     "TIME_MIN", "TIME_SEC", "TIME_WDAY", "HTTPS", "REMOTE_ADDR", "REMOTE_USER",
                                     "REQUEST_METHOD", "REQUEST_SCHEME", "REQUEST_URI", "SERVER_NAME", "SERVER_PORT",
                                     "SERVER_ADMIN", "DOCUMENT_ROOT")},
    **{f"HTTP_{name.upper().replace('-', '_')}": ("HTTP", name)
       for name in ("Host", "User-Agent", "Referer", "Cookie", "Accept", "Forwarded", "Proxy-Connection")},
    "SCRIPT_FILENAME": ("REQUEST_FILENAME", ""),
}  # fmt: skip

#: Why lines are left out that have no effect in httpd either.
TOO_EARLY = "early acts before the sections are known, so httpd does nothing here either"


@dataclass(frozen=True)
class HeadersLayer(Conf):
    """The steps of one scope's lines, in order."""

    module: ClassVar[str] = "mod_headers"

    made: Setting[tuple[Step, ...]] = setting((), parent_then_child)


def layer(conf: HeadersDirConf, linker: Linker, left_out: LeaveOut) -> HeadersLayer:
    """A section's lines as steps. ``left_out`` hears of those that can't be evaluated, or never act."""
    made: list[Step] = []
    said: list[Written] = []
    for edit, directive in zip(conf.edits.value, conf.edits.said_by, strict=True):
        if edit.early and edit.in_section:
            left_out(directive, TOO_EARLY)
            continue
        try:
            made.append(_step(edit, linker.said_by((directive,))))
            said.append(directive)
        except NotEvaluated as missing:
            left_out(directive, f"it uses {missing}, which is not evaluated yet")
    return HeadersLayer(Setting(tuple(made), linker.numbers(said)))


def steps(conf: Conf) -> Iterator[Step]:
    assert isinstance(conf, HeadersLayer)
    yield from conf.made.value


def _step(edit: HeaderEdit, said_by: tuple[int, ...]) -> Step:
    """Raises NotEvaluated."""
    table = Table(edit.table)
    late = Phase.FIXUPS if table is Table.REQUEST else Phase.FILTERS
    return Step(Phase.POST_READ if edit.early else late, _action(edit, table), said_by, _condition(edit))


def _action(edit: HeaderEdit, table: Table) -> EditHeader:
    value = None if edit.value is None else _value(edit.value)
    if edit.action == "echo":
        return EditHeader(table, edit.action, edit.name, regex=Regex(edit.name))
    if edit.action.startswith("edit"):
        return EditHeader(table, edit.action, edit.name, replacement=value, regex=Regex(edit.match))
    return EditHeader(table, edit.action, edit.name, value)


def _condition(edit: HeaderEdit) -> Condition:
    if edit.env:
        is_set = IsSet(Variable("ENV", edit.env.removeprefix("!")))
        return Not(is_set) if edit.env.startswith("!") else is_set
    return condition_of(edit.condition) if edit.condition else ALWAYS


def _value(value: HeaderValue) -> Value:
    if value.expression is not None:
        return value_of(expr.parse_string(value.expression))
    parts = tuple(each for part in value.parts for each in _parts(part))
    return parts[0] if len(parts) == 1 else Joined(parts) if parts else Literal("")


def _parts(part: str | Tag) -> tuple[Value, ...]:
    if isinstance(part, str):
        return (Literal(part),)
    if part.letter == "e":
        return (Variable("ENV", part.argument, missing="(null)"),)
    if part.letter == "s":
        return (_of_mod_ssl(part.argument),)
    before, variable = _TAGS[part.letter]
    return Literal(before), variable


def _of_mod_ssl(name: str) -> Variable:
    """What ``%{NAME}s`` prints where mod_ssl is loaded; letters count in the names of fields and variables only."""
    family, colon, argument = name.partition(":")
    if colon and family.upper() in ("HTTP", "ENV"):
        return Variable(family.upper(), argument, missing="(null)")
    own = name if name.startswith("SSL_") else name.upper()  # SSL_CLIENT_SAN_Email_0 has small letters
    return Variable(*_BY_MOD_SSL.get(name.upper(), ("SSL", own)), missing="(null)")
