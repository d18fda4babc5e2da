"""mod_alias: redirects, and parts of the URL space that lie elsewhere in the file system.

Redirects outside sections are asked before any alias, both after the mappings of mod_proxy (AL-1, PP-20); those in
sections again after all access checks (LOC-21): an entry remembers where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.core_sections import check_regex
from apacheconf.modules.declare import (
    ANYWHERE,
    LOCATION,
    SERVERS,
    Args,
    Conf,
    Context,
    Fate,
    Module,
    ParseIn,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    child_then_parent,
    flag,
    setting,
)
from apacheconf.modules.expressions import check_string
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.regex_options import written


@dataclass(frozen=True, slots=True)
class Redirect:
    """One redirect. ``path`` is a prefix or, if ``regex``, a pattern; None where the section says which paths.

    ``target`` is None for statuses without one, such as 410. With ``path`` None it is an expression (AL-6).
    """

    status: int
    path: str | None
    target: str | None
    regex: bool = False
    in_section: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """One alias, ``path`` as in Redirect. ``script`` is ScriptAlias: what lies there is run, never shown."""

    path: str | None
    target: str
    regex: bool = False
    script: bool = False
    in_section: bool = False


@dataclass(frozen=True)
class AliasDirConf(Conf):
    """A host's entries come before the main server's, a section's before those around it (INH-4)."""

    module: ClassVar[str] = "mod_alias"

    redirects: Setting[tuple[Redirect, ...]] = setting((), child_then_parent)
    aliases: Setting[tuple[Alias, ...]] = setting((), child_then_parent)
    preserve_path: Setting[bool] = setting(False)
    redirect_relative: Setting[bool] = setting(False)


_WORDS = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def is_redirect(status: int) -> bool:
    """Whether the status is one that leads elsewhere."""
    return 300 <= status < 400


def _status(word: str) -> int | None:
    """The status that a word names; None for words that aren't one."""
    return _WORDS.get(word.lower()) or (atoi(word) if word[:1].isdigit() else None)


def _redirect(regex: bool, status: int = 302) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> Redirect:
        in_section = scope.context not in SERVERS
        named = _status(words[0])
        if len(words) == 3 and named is None:
            raise ValueRefused("Redirect: invalid first argument (of three)", 0)
        rest = list(words if named is None else words[1:])
        code = status if named is None else named
        if in_section and not regex and len(rest) < 2:
            return _of_section(rest, code, scope)
        if named is not None and not rest:
            return _without_path(code)
        return _with_path(rest, code, regex, scope)

    return parse


def _with_path(rest: list[str], code: int, regex: bool, scope: Scope) -> Redirect:
    path, target = rest[0], rest[1] if len(rest) > 1 else None
    if regex:
        check_regex(path, "Regular expression could not be compiled.")
        path = written(path, scope)
    if not is_redirect(code):
        if target is not None:
            raise ValueRefused("Redirect URL not valid for this status", len(rest))
    elif target is None:
        raise ValueRefused("URL to redirect to is missing")
    elif not regex and not _URL.match(target) and not target.startswith("/"):
        raise ValueRefused("Redirect to non-URL", len(rest))
    return Redirect(code, path, target, regex, scope.context not in SERVERS)


def _without_path(code: int) -> Redirect:
    """``Redirect gone`` outside sections is accepted, and matches nothing."""
    if is_redirect(code):
        raise ValueRefused("URL to redirect to is missing")
    return Redirect(code, "", None)


def _of_section(rest: list[str], code: int, scope: Scope) -> Redirect:
    """``Redirect [status] URL`` in a section, whose URL is an expression (EXPR-47); without one the word is a path."""
    if not is_redirect(code):
        return Redirect(code, rest[0] if rest else None, None, in_section=True)
    if not rest:
        raise ValueRefused("URL to redirect to is missing")
    check_string(rest[0], f"Cannot parse redirect expression '{rest[0]}': ", scope.has_module("mod_ssl"))
    return Redirect(code, None, rest[0], in_section=True)


def _alias(name: str, script: bool = False) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> Alias:
        in_section = scope.context not in SERVERS
        if len(words) == 2:
            if in_section:
                raise ValueRefused(f"{name} cannot occur within directory context", 0)
            return Alias(words[0], words[1], script=script)
        if not in_section:
            raise ValueRefused("Alias must have two arguments when used globally")
        check_string(words[0], f"Cannot parse alias expression '{words[0]}': ", scope.has_module("mod_ssl"))
        return Alias(None, words[0], script=script, in_section=True)

    return parse


def _alias_match(script: bool) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> Alias:
        check_regex(words[0], "Regular expression could not be compiled.")
        return Alias(written(words[0], scope), words[1], regex=True, script=script)

    return parse


#: Other sections have no place in the URL space that could be aliased (AL-6).
_ALIASED = SERVERS | LOCATION | Context.PROXY


def _redirecting(name: str, args: Args, regex: bool = False, status: int = 302) -> Spec:
    return Spec(name, args, ANYWHERE, per="dir", fills="redirects", parse_in=_redirect(regex, status), appends=True)


def _aliasing(name: str, args: Args, contexts: Context, parse: ParseIn) -> Spec:
    return Spec(name, args, contexts, per="dir", fills="aliases", parse_in=parse, appends=True)


MODULE = Module(
    "mod_alias",
    dir_conf=AliasDirConf,
    fate=Fate.SERVED,
    directives=[
        _redirecting("Redirect", Args.TAKE123),
        _redirecting("RedirectMatch", Args.TAKE23, regex=True),
        _redirecting("RedirectPermanent", Args.TAKE2, status=301),
        _redirecting("RedirectTemp", Args.TAKE2),
        _aliasing("Alias", Args.TAKE12, _ALIASED, _alias("Alias")),
        _aliasing("AliasMatch", Args.TAKE2, SERVERS, _alias_match(script=False)),
        _aliasing("ScriptAlias", Args.TAKE12, _ALIASED, _alias("ScriptAlias", script=True)),
        _aliasing("ScriptAliasMatch", Args.TAKE2, SERVERS, _alias_match(script=True)),
        flag("AliasPreservePath", ANYWHERE, "preserve_path", per="dir"),
        flag("RedirectRelative", ANYWHERE, "redirect_relative", per="dir"),
    ],
)
