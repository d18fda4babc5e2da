"""mod_setenvif: variables of a request's environment, set by what the request is.

Lines outside sections act when the request was read, lines in sections after the sections were found (OR-1): an
entry remembers where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from apacheconf.modules.core_sections import check_regex
from apacheconf.modules.declare import (
    ANYWHERE,
    SERVERS,
    Args,
    Conf,
    Fate,
    Module,
    ParseIn,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    parent_then_child,
    setting,
)
from apacheconf.modules.expressions import check_condition
from apacheconf.modules.regex_options import written, written_in


@dataclass(frozen=True, slots=True)
class Assignment:
    """``value`` is None for ``!NAME``, else a text with ``$0`` to ``$9`` (EV-1)."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class EnvRule:
    """One line: when ``pattern`` matches ``attribute``, or when ``expression`` holds, the assignments are made."""

    assignments: tuple[Assignment, ...]
    attribute: str = ""
    pattern: str = ""
    ignore_case: bool = False
    expression: str = ""
    in_section: bool = False

    @property
    def names_headers(self) -> bool:
        """Whether the attribute is a regex over the names of header fields (EV-1)."""
        return not self.expression and re.fullmatch(r"[-A-Za-z0-9_]*", self.attribute) is None

    @property
    def literal(self) -> str | None:
        """The text that the pattern is, if it has no metacharacters: then no ``$0`` is replaced (EV-6)."""
        if self.expression or not _LITERAL.fullmatch(self.pattern):
            return None
        return re.sub(r"\\(.)", r"\1", self.pattern)


_LITERAL = re.compile(r"(?:[^\^.$|()\[\]*+?{}\\]|\\[\^.$|()\[\]*+?{}\\])*", re.DOTALL)


@dataclass(frozen=True)
class SetEnvIfDirConf(Conf):
    """The main server's lines, then the host's, then those of sections: later assignments win (INH-6, MRG-22)."""

    module: ClassVar[str] = "mod_setenvif"

    rules: Setting[tuple[EnvRule, ...]] = setting((), parent_then_child)


def _assignments(name: str, words: Sequence[str]) -> tuple[Assignment, ...]:
    """The words after the condition, up to the first empty one."""
    given = list(words[: words.index("")] if "" in words else words)
    if not given:
        raise ValueRefused(f"Missing envariable expression for {name}")
    return tuple(map(_assignment, given))


def _assignment(word: str) -> Assignment:
    name, _, value = word.partition("=")
    if value:
        return Assignment(name, None if value.startswith("!") else value)
    return Assignment(name[1:], None) if name.startswith("!") else Assignment(name, "1")


def _matching(name: str, attribute: str, words: Sequence[str], at: int, scope: Scope, no_case: bool) -> EnvRule:
    if at >= len(words) or not words[at]:
        raise ValueRefused(f"Missing regular expression for {name}")
    check_regex(words[at], f"{name} regex could not be compiled.", at)
    assignments = _assignments(name, words[at + 1 :])
    found = EnvRule(assignments, attribute, words[at], no_case, in_section=scope.context not in SERVERS)
    if found.literal is None:
        found = replace(found, pattern=written(words[at], scope))
    if found.names_headers:
        check_regex(attribute, f"{name}Header name regex could not be compiled.", 0)
        found = replace(found, attribute=written(f"(?i){attribute}" if no_case else attribute, scope))
    return found


def _set_env_if(name: str, no_case: bool = False) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> EnvRule:
        if not words or not words[0]:
            raise ValueRefused(f"Missing header-field name for {name}")
        return _matching(name, words[0], words, 1, scope, no_case)

    return parse


def _browser_match(name: str, no_case: bool = False) -> ParseIn:
    return lambda words, scope: _matching(name, "User-Agent", words, 0, scope, no_case)


def _set_env_if_expr(words: Sequence[str], scope: Scope) -> EnvRule:
    """SetEnvIfExpr (EXPR-44)."""
    if not words or not words[0]:
        raise ValueRefused("Missing expression for SetEnvIfExpr")
    check_condition(words[0], f'Could not parse expression "{words[0]}": ', scope.has_module("mod_ssl"))
    assignments = _assignments("SetEnvIfExpr", words[1:])
    return EnvRule(assignments, expression=written_in(words[0], scope), in_section=scope.context not in SERVERS)


def _spec(name: str, parse: ParseIn) -> Spec:
    return Spec(name, Args.RAW_ARGS, ANYWHERE, per="dir", fills="rules", parse_in=parse, appends=True)


MODULE = Module(
    "mod_setenvif",
    dir_conf=SetEnvIfDirConf,
    fate=Fate.SERVED,
    directives=[
        _spec("SetEnvIf", _set_env_if("SetEnvIf")),
        _spec("SetEnvIfNoCase", _set_env_if("SetEnvIfNoCase", no_case=True)),
        _spec("BrowserMatch", _browser_match("BrowserMatch")),
        _spec("BrowserMatchNoCase", _browser_match("BrowserMatchNoCase", no_case=True)),
        _spec("SetEnvIfExpr", _set_env_if_expr),
    ],
)
