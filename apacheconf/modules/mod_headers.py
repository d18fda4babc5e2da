"""mod_headers: what is done to the fields of a request and of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.core_sections import check_regex
from apacheconf.modules.declare import (
    ANYWHERE,
    SERVERS,
    Args,
    Conf,
    Fate,
    Module,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    parent_then_child,
    setting,
)
from apacheconf.modules.expressions import check_condition
from apacheconf.modules.header_values import HeaderValue, header_value
from apacheconf.modules.regex_options import written, written_in


@dataclass(frozen=True, slots=True)
class HeaderEdit:
    """One line. ``table`` is ``request``, ``onsuccess`` or ``always`` (HD-1), ``action`` mod_headers' word (HD-3).

    ``name`` is the field's, for ``echo`` a regex over names; ``match`` the regex of ``edit``. ``env`` is the
    variable of ``env=``, with its ``!``; ``condition`` the expression of ``expr=``. ``early`` lines act when the
    request was read, and only outside sections (HD-7).
    """

    table: str
    action: str
    name: str
    value: HeaderValue | None = None
    match: str = ""
    env: str = ""
    condition: str = ""
    early: bool = False
    in_section: bool = False


@dataclass(frozen=True)
class HeadersDirConf(Conf):
    """All lines in order, the outer scope's first (INH-5, MRG-21)."""

    module: ClassVar[str] = "mod_headers"

    edits: Setting[tuple[HeaderEdit, ...]] = setting((), parent_then_child)


_ACTIONS = ("add", "set", "setifempty", "append", "merge", "unset", "echo", "note", "edit", "edit*")
_FIRST = "first argument must be " + ", ".join(f"'{each}'" for each in _ACTIONS[:-1]) + ", or 'edit*'."
_ENV = "error: missing environment variable name. envclause should be in the form env=envar"
#: Actions that take no value: the word behind the name is the condition.
_WITHOUT_VALUE = frozenset({"unset", "echo"})


@dataclass(frozen=True, slots=True)
class _Words:
    """The words behind the action, by what they are; ``at`` is the number of the field's name."""

    at: int
    name: str
    value: str | None = None
    replacement: str | None = None
    condition: str | None = None


def _header(words: Sequence[str], scope: Scope) -> HeaderEdit:
    """Header (ARG-22)."""
    table = words[0].lower() if words and words[0].lower() in ("always", "onsuccess") else ""
    return _edit(words, int(bool(table)), table or "onsuccess", scope)


def _request_header(words: Sequence[str], scope: Scope) -> HeaderEdit:
    """RequestHeader (HD-4)."""
    return _edit(words, 0, "request", scope)


def _edit(words: Sequence[str], first: int, table: str, scope: Scope) -> HeaderEdit:
    action = words[first].lower() if first < len(words) else ""
    if len(words) > first + 5:
        raise ValueRefused("Too many arguments to directive", first + 5)
    if action not in _ACTIONS:
        raise ValueRefused(_FIRST, first if first < len(words) else None)
    if action == "note" and table == "request":
        raise ValueRefused("RequestHeader does not support the 'note' action", first)
    given = _arrange(action, words, first + 1)
    _check_regexes(action, given, table)
    env, condition, early = _condition(given, scope)
    ssl = scope.has_module("mod_ssl")
    value = None
    if action not in _WITHOUT_VALUE:
        number = given.at + (2 if action.startswith("edit") else 1)
        value = header_value((given.replacement if action.startswith("edit") else given.value) or "", ssl, number)
    match = written(given.value or "", scope) if action.startswith("edit") else ""
    name = written(given.name, scope) if action == "echo" else given.name.partition(":")[0]
    return HeaderEdit(table, action, name, value, match, env, condition, early, scope.context not in SERVERS)


def _arrange(action: str, words: Sequence[str], at: int) -> _Words:
    """Say which word is what; refuse too few and too many of them."""
    name, value, third, fourth = (*words[at:], *[None] * 4)[:4]
    if action.startswith("edit"):
        if third is None:
            raise ValueRefused("Header edit requires a match and a substitution")
        return _Words(at, name or "", value, third, fourth)
    if fourth is not None:
        raise ValueRefused("Too many arguments to directive", at + 3)
    if action in _WITHOUT_VALUE:
        if value is not None and third is not None:
            raise ValueRefused(f"{'header' if action == 'unset' else 'Header'} {action} takes two arguments", at + 2)
        return _Words(at, name or "", condition=value)
    if value is None:
        raise ValueRefused("Header requires three arguments")
    return _Words(at, name or "", value, condition=third)


def _check_regexes(action: str, given: _Words, table: str) -> None:
    if action.startswith("edit"):
        check_regex(given.value or "", "Header edit regex could not be compiled", given.at + 1)
    elif action == "echo":
        if table == "request":
            raise ValueRefused("Header echo only valid on Header directives", given.at - 1)
        check_regex(given.name, "Header echo regex could not be compiled", given.at)


def _condition(given: _Words, scope: Scope) -> tuple[str, str, bool]:
    """The last word: ``env=[!]NAME``, ``expr=TEXT`` or ``early`` (ARG-23, EXPR-42)."""
    text = given.condition
    if text is None:
        return "", "", False
    number = given.at + 1 + (given.value is not None) + (given.replacement is not None)
    key = text.lower()
    if key == "early":
        return "", "", True
    if key.startswith("env="):
        if text[4:] in ("", "!"):
            raise ValueRefused(_ENV, number)
        return text[4:], "", False
    if key.startswith("expr="):
        check_condition(text[5:], "Can't parse envclause/expression: ", scope.has_module("mod_ssl"), number)
        return "", written_in(text[5:], scope), False
    raise ValueRefused(f"Unknown parameter: {text}", number)


MODULE = Module(
    "mod_headers",
    dir_conf=HeadersDirConf,
    fate=Fate.SERVED,
    directives=[
        Spec("Header", Args.RAW_ARGS, ANYWHERE, per="dir", fills="edits", parse_in=_header, appends=True),
        Spec(
            "RequestHeader", Args.RAW_ARGS, ANYWHERE, per="dir", fills="edits", parse_in=_request_header, appends=True
        ),
    ],
)
