"""mod_alias in the program: redirects and aliases after the mappings of mod_proxy, redirects first (AL-1, PP-20).

What stands in a section is asked again in the fixups, so that it acts on what a mapping has taken too (LOC-21).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple, TypeVar, cast

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, child_then_parent, setting
from apacheconf.modules.mod_alias import Alias, AliasDirConf, Redirect, is_redirect
from apacheconf.program.conditions import ALWAYS, Condition, Matches, Regex
from apacheconf.program.expressions import NotEvaluated, value_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import under
from apacheconf.program.steps import END, STOP, MapToFile, Respond, SetHandler, Step
from apacheconf.program.steps import Redirect as RedirectTo
from apacheconf.program.substitutions import substitution
from apacheconf.program.values import REQUEST_URI, Call, Literal, OwnText, Value
from apacheconf.syntax import expr

E = TypeVar("E", Redirect, Alias)
Numbered = tuple[tuple[E, int], ...]
#: Nothing but an error page can be made of a status that HTTP doesn't have.
_STATUSES = range(100, 600)


class Linked(NamedTuple):
    """A redirect with the number of its directive and, where its URL is a text of the host, the number of that."""

    entry: Redirect
    said_by: int
    text: int | None = None


@dataclass(frozen=True)
class AliasLayer(Conf):
    """One scope's entries, each with the number of its directive; ``path`` is the section's."""

    module: ClassVar[str] = "mod_alias"

    redirects: Setting[tuple[Linked, ...]] = setting((), child_then_parent)
    aliases: Setting[Numbered[Alias]] = setting((), child_then_parent)
    preserve_path: Setting[bool] = setting(False)
    redirect_relative: Setting[bool] = setting(False)
    path: Setting[str] = setting("")


def layer(conf: AliasDirConf, path: str, linker: Linker, left_out: LeaveOut) -> AliasLayer:
    """A section's entries. ``left_out`` hears of those that can't be evaluated."""
    aliases = _numbered(conf.aliases, linker, left_out)
    return AliasLayer(
        _with_texts(_numbered(conf.redirects, linker, left_out), linker),
        aliases,
        Setting(conf.preserve_path.value, linker.numbers(conf.preserve_path.said_by)),
        Setting(conf.redirect_relative.value, linker.numbers(conf.redirect_relative.said_by)),
        Setting(path, aliases.said_by),
    )


def _numbered(entries: Setting[tuple[E, ...]], linker: Linker, left_out: LeaveOut) -> Setting[Numbered[E]]:
    """The entries that act; of those without a path the scope's last one does."""
    kept: list[tuple[E, Written]] = []
    for entry, directive in zip(entries.value, entries.said_by, strict=True):
        why = _why_not(entry)
        if why:
            left_out(directive, why)
            continue
        if entry.path is None:
            kept = [each for each in kept if each[0].path is not None]
        kept.append((entry, directive))
    said = linker.numbers(directive for _, directive in kept)
    return Setting(tuple(zip((entry for entry, _ in kept), said, strict=True)), said)


def _with_texts(entries: Setting[Numbered[Redirect]], linker: Linker) -> Setting[tuple[Linked, ...]]:
    """Redirects of a whole host to a URL: where each goes is often its own, so it stands with the texts of the host."""
    return Setting(tuple(_linked(entry, number, linker) for entry, number in entries.value), entries.said_by)


def _linked(entry: Redirect, number: int, linker: Linker) -> Linked:
    if entry.in_section or entry.regex or entry.path is None or not entry.target or "://" not in entry.target:
        return Linked(entry, number)
    return Linked(replace(entry, target=""), number, linker.text(entry.target))


def _why_not(entry: Redirect | Alias) -> str:
    if isinstance(entry, Redirect) and entry.status in range(100, 200):
        return f"a page of its own with the status {entry.status} is not served yet"
    if isinstance(entry, Redirect) and entry.path == "" and not entry.regex:
        return "it names no path, and httpd's child ends when a request meets it"
    if entry.path is not None or entry.target is None:
        return ""
    try:
        value_of(expr.parse_string(entry.target))
    except NotEvaluated as missing:
        return f"its target uses {missing}, which is not evaluated yet"
    return ""


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a request meet."""
    assert isinstance(conf, AliasLayer)
    for redirect in sorted(conf.redirects.value, key=lambda each: each.entry.path is not None):
        for phase in _phases(redirect.entry):
            yield _redirect(redirect, phase, conf.redirect_relative)
    for alias, number in sorted(conf.aliases.value, key=lambda each: each[0].path is not None):
        yield from _alias(alias, conf, number)


def _phases(redirect: Redirect) -> tuple[Phase, ...]:
    if not redirect.in_section:
        return (Phase.TRANSLATE,)
    return (Phase.FIXUPS,) if redirect.path is not None else (Phase.TRANSLATE, Phase.FIXUPS)


def _redirect(linked: Linked, phase: Phase, relative: Setting[bool]) -> Step:
    redirect, number, text = linked
    when = _when(redirect)
    if not is_redirect(redirect.status):
        status = redirect.status if redirect.status in _STATUSES else 500
        return Step(phase, Respond(status), (number,), when, END)
    prefix = redirect.path if redirect.path is not None and not redirect.regex else ""
    action = RedirectTo(redirect.status, _target(redirect) if text is None else OwnText(text), prefix, relative.value)
    said_by = (number, *_numbers(relative.said_by)) if relative.value else (number,)
    return Step(phase, action, said_by, when, END)


def _target(redirect: Redirect) -> Value:
    """The URL: as written for a prefix, else with the path in it escaped (AL-5)."""
    target = redirect.target or ""
    if redirect.path is None:
        return Call("escape-url", value_of(expr.parse_string(target)))
    return Call("escape-url", substitution(target, "rule")) if redirect.regex else Literal(target)


def _alias(alias: Alias, conf: AliasLayer, number: int) -> Iterator[Step]:
    when = _when(alias)
    if alias.script:  # what lies there is run, so it is never shown
        yield Step(Phase.TRANSLATE, SetHandler("cgi-script"), (number,), when)
    if alias.path is None:
        kept = conf.path.value if conf.preserve_path.value else ""
        action = MapToFile("", kept, value_of(expr.parse_string(alias.target)))
    elif alias.regex:
        action = MapToFile("", "", substitution(alias.target, "rule"))
    else:
        action = MapToFile(alias.target, alias.path)
    said_by = (number, *_numbers(conf.preserve_path.said_by)) if alias.path is None else (number,)
    yield Step(Phase.TRANSLATE, action, said_by, when, STOP)


def _when(entry: Redirect | Alias) -> Condition:
    if entry.path is None:
        return ALWAYS
    return Matches(REQUEST_URI, Regex(entry.path), "rule") if entry.regex else under(entry.path)


def _numbers(said_by: Iterable[Any]) -> tuple[int, ...]:
    return tuple(cast("int", number) for number in said_by)
