"""Access rules that a target can't say yet: where they hold everyone is refused, never let through (DES-8).

The rules are found in the directives themselves, for the program does not hold them. A rule that a step speaks
for is not among them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apacheconf.ledger import Written
from apacheconf.program.admission import Admit
from apacheconf.program.conditions import Condition, FromHost
from apacheconf.program.globs import glob_regex, is_glob
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import Step
from apacheconf.targets.overridden import overridden
from apacheconf.targets.patterns import prefix_regex
from apacheconf.targets.routes import Route
from apacheconf.targets.scopes import Scopes, children_of

#: What is said of AuthGroupFile where the members of groups stand in what was written.
GROUPS_AS_READ = "who is in the group was read when this was written: translate anew when the group file changes"

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]\S*)')
_LOCATIONS = frozenset({"location", "locationmatch"})
_PROXIES = frozenset({"proxy", "proxymatch"})
_IFS = frozenset({"if", "elseif", "else"})
EVERYWHERE = "^"
_ACCESS = frozenset({"require", "order", "allow", "deny", "satisfy", "allowmethods", "sslrequire", "sslrequiressl"})
KEY = "refuses-everyone"
WHY = "access rules are not supported yet, so everyone is refused where this one holds"


@dataclass(frozen=True, slots=True)
class Restriction:
    """Rules that hold where the normalised path matches ``pattern``, a regex: everyone gets ``status`` there."""

    pattern: str
    said_by: tuple[Written, ...]
    status: int = 403
    why: str = WHY
    key: str = KEY


def restrictions(
    program: Program,
    scopes: Scopes,
    host: Host,
    found: list[Route],
    admits: Callable[[Step], bool] = lambda step: False,
) -> list[Restriction]:
    """The rules that bear on what the host maps to origins, and that no step speaks for.

    ``admits`` says which steps that ask who it is the target can say.
    """
    if not any(route.mapping for route in found):
        return []
    steps = {id(step): step for route in found for step in (*route.cell.steps, *route.steps)}.values()
    spoken = {id(each) for step in steps if not isinstance(step.action, Admit) or admits(step)
              for each in host.said_by(step)}  # fmt: skip
    rules: dict[str, list[Written]] = {}
    gone: frozenset[int] | None = None
    for section in _sections(scopes, host):
        givers = [each for each in _rules_in(section) if id(each) not in spoken]
        if givers:
            gone = overridden(host) if gone is None else gone
            givers = [each for each in givers if id(each) not in gone]
        pattern = _pattern(section, program, found) if givers else None
        if pattern is not None:
            rules.setdefault(pattern, []).extend(givers)
    return [Restriction(pattern, tuple(said_by)) for pattern, said_by in rules.items()]


def _sections(scopes: Scopes, host: Host) -> Iterator[Written]:
    """The outermost sections of the main server and those of the host."""
    own = scopes.section(host)
    yield from scopes.sections
    yield from (each for each in children_of(own) if children_of(each)) if own else ()


def is_access(directive: Written) -> bool:
    """Whether the directive is one of the rules of access."""
    return directive.name.lower() in _ACCESS


def asked_by(said_by: Iterable[Written], condition: Condition) -> list[Written]:
    """Of the lines of access rules those that ask for the names of clients, where the condition does; else all."""
    lines = [each for each in said_by if is_access(each)]
    named = [each for each in lines if _words(each)[:1] in (["host"], ["forward-dns"]) or _asks_name(each)]
    return named if named and isinstance(condition, FromHost) else lines


def _asks_name(directive: Written) -> bool:
    """``Allow from .example.com``: neither all, nor a variable, nor an address."""
    words = _words(directive)
    return directive.name.lower() in ("allow", "deny") and any(re.search("[a-z]", each[:1]) or each[:1] == "."
           for each in words[1:] if each != "all" and not each.startswith("env="))  # fmt: skip


def _rules_in(section: Written) -> list[Written]:
    """The lines below a section that refuse somebody."""
    kind = section.name.lower()
    if kind not in _LOCATIONS | _PROXIES | _IFS:
        return []
    below = [*children_of(section)]
    for child in below:
        below += children_of(child)
    if any(_grants_all(each) for each in children_of(section)):  # one that holds is enough
        below = [each for each in below if each.name.lower() != "require"]
    allows_all = any(each.name.lower() == "allow" and _words(each)[-1:] == ["all"] for each in below)
    return [each for each in below if _refuses(each, allows_all)]


def _grants_all(directive: Written) -> bool:
    return directive.name.lower() == "require" and _words(directive) == ["all", "granted"]


def _refuses(directive: Written, allows_all: bool) -> bool:
    name, words = directive.name.lower(), _words(directive)
    if name == "require":
        return words != ["all", "granted"]
    if name == "order":
        return words == ["allow,deny"] and not allows_all
    if name == "allowmethods":
        return words != ["reset"]
    return name in ("deny", "sslrequire", "sslrequiressl")


def _words(directive: Written) -> list[str]:
    return [word.lower() for word in words_in(directive.args)]


def words_in(args: str) -> list[str]:
    """The words of a directive's arguments, quotes taken off (LEX-30)."""
    return [bare or quoted for quoted, bare in _WORD.findall(args)]


def _pattern(section: Written, program: Program, found: list[Route]) -> str | None:
    """Where the section holds, as a regex over the path; None when it can't hold for anything that is mapped."""
    words = words_in(section.args)
    kind = section.name.lower()
    if kind in _IFS or not words:
        return EVERYWHERE
    if kind in _PROXIES:
        return EVERYWHERE if kind == "proxymatch" or _is_mapped(words[0], program, found) else None
    if kind == "locationmatch" or words[0] == "~":
        return words[-1]
    return glob_regex(words[0]) if is_glob(words[0]) else prefix_regex(words[0])


def _is_mapped(url: str, program: Program, found: list[Route]) -> bool:
    origins = [origin.name for route in found if (origin := route.origin(program))]
    return "*" in url or "~" in url or any(name.startswith(url.rstrip("/")) for name in origins)
