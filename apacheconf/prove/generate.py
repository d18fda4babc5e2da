"""Requests made from the program: every path that it tells apart, at its boundary and in other spellings (DIF-6).

What is made is the same for one program and one ``seed``; the seed only chooses where there are more than MOST.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from apacheconf.program.conditions import Matches, Regex, Under
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Action, MapToFile, MapToOrigin, Redirect, Rewrite, Step
from apacheconf.program.values import Variable
from apacheconf.prove.client import Turn
from apacheconf.prove.members import matching, members, near_misses
from apacheconf.prove.requests import Aim, Probe, request
from apacheconf.targets.captures import parts_in

#: More requests than these are not asked of one host, and of no more patterns.
MOST = 240
MOST_PATTERNS = 20
MOST_OF_TWO = 20
#: The variables that are a request's path, before rules and after.
PATHS = frozenset({"REQUEST_URI", "REWRITTEN"})
_RESERVED = "!$&'()*+,;=:@-._~[]%25%20"


def generate(host: Host, aim: Aim, seed: int = 0) -> tuple[tuple[Probe, ...], int]:
    """The probes for ``host``, in the order of its paths; and how many were left out for being too many."""
    whole = replace(aim, prefix="/")
    made: dict[str, Probe] = {}
    for path in paths_of(host):
        for spelling in spellings(path):
            name = f"path: GET {spelling}"
            made.setdefault(name, Probe(name, "path", (Turn(request(whole, path=spelling)),)))
    for probe in misses(host, aim):
        made.setdefault(probe.name, probe)
    for path in _redirected(host, plainly=True):
        question = f"{path}%3Fx"  # which stays one in the query's place
        name = f"path: GET {question}"
        made.setdefault(name, Probe(name, "path", (Turn(request(whole, path=question)),)))
    for path in _redirected(host)[:2]:
        for port in (80, 443, 99):
            name = f"{aim.host}:{port}"
            turn = Turn(request(whole, path=path, host=name))
            made.setdefault(f"host: GET {path}, {name}", Probe(f"host: GET {path}, {name}", "host", (turn,)))
        nameless = Turn(request(whole, path=path, host=None, version="HTTP/1.0"))
        made.setdefault(f"host: GET {path}, none", Probe(f"host: GET {path}, none", "host", (nameless,)))
    for name in names_of(host):
        made.setdefault(f"host: {name}", Probe(f"host: {name}", "host", (Turn(request(aim, host=name)),)))
    names = list(made)
    chosen = set(names if len(names) <= MOST else random.Random(seed).sample(names, MOST))
    return tuple(probe for name, probe in made.items() if name in chosen), len(names) - len(chosen)


def names_of(host: Host) -> Iterator[str]:
    """The names of ``host``: each alias, one or two labels in the place of a wildcard, and a near miss (DIF-5)."""
    for alias in host.aliases[:8]:
        if not set(alias) & set("*?"):
            yield from (alias, alias.upper(), f"{alias}.")
            continue
        one = alias.replace("?", "x")
        yield from dict.fromkeys((one.replace("*", "a"), one.replace("*", "a.b"), one.replace("*", ""), alias))


def paths_of(host: Host) -> tuple[str, ...]:
    """Every path that a section, a mapping or a redirect of ``host`` names, without its final slash; the root is /."""
    found = {cell.path: None for cell in host.shape.cells}
    steps = [*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps)]
    for step in steps:
        if isinstance(step.when, Under):
            found[step.when.prefix.rstrip("/")] = None
        found.update((prefix.rstrip("/"), None) for prefix in _prefixes(step.action))
    return tuple(path or "/" for path in found if not path or path.startswith("/"))


def misses(host: Host, aim: Aim) -> Iterator[Probe]:
    """A probe for each path of ``misses_of``."""
    for path in misses_of(host):
        yield Probe(f"path: GET {path}", "path", (Turn(request(replace(aim, prefix="/"), path=path)),))


def misses_of(host: Host) -> Iterator[str]:
    """Paths that a pattern of ``host`` is about, and those that it nearly is (DIF-7); two of each."""
    found: dict[Regex, bool] = {}
    for thing in (*host.shape.server, *host.shape.layers, *(step for cell in host.shape.cells for step in cell.steps)):
        for match in parts_in(thing, Matches):
            if isinstance(match.value, Variable) and match.value.name in PATHS:
                is_rule = isinstance(thing, Step) and isinstance(thing.action, Rewrite | Redirect)
                found[match.regex] = found.get(match.regex, False) or is_rule
    for regex, is_rule in list(found.items())[:MOST_PATTERNS]:
        for texts in (members(regex), near_misses(regex)):
            paths = [path for path in dict.fromkeys(map(_as_path, texts)) if path][:2]
            yield from paths
            if is_rule:
                yield from (f"{path}{more}" for path in paths[:1] for more in ("?q=1", "%3Fx"))
    yield from _of_two(list(found)[:MOST_PATTERNS])


def _of_two(regexes: Sequence[Regex]) -> list[str]:
    """Paths that two patterns are about: what begins as the one says, and ends as the other."""
    begins = [(each, path) for each in regexes for path in map(_as_path, members(each)[:1]) if path]
    pairs = ((one, two, f"{path}{other.rpartition('/')[2]}") for one, path in begins for two, other in begins)
    found = (path for one, two, path in pairs if one != two and matching(one, [path]) and matching(two, [path]))
    return list(dict.fromkeys(found))[:MOST_OF_TWO]


def _as_path(text: str) -> str:
    """A text as the path of a request: below a slash, if it begins with none; empty if it can't be one."""
    path = text if text.startswith("/") else f"/x{text}"
    return path if path.isascii() and path.isprintable() and not set(path) & set(" ?#%") else ""


def _redirected(host: Host, plainly: bool = False) -> list[str]:
    """A path of each redirect of ``host``, only of those to plain texts if so wanted: where it leads may name the port
    that was asked."""
    steps = (*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps))
    asked = (each for each in parts_in(steps, Redirect) if each.prefix)
    found = dict.fromkeys(each.prefix for each in asked if not plainly or not any(parts_in(each.location, Variable)))
    return [prefix.rstrip("/") + "/x" for prefix in found][:MOST_PATTERNS]


def _prefixes(action: Action) -> Iterator[str]:
    if isinstance(action, MapToOrigin | MapToFile | Redirect) and action.prefix:
        yield action.prefix


def spellings(path: str) -> Iterator[str]:
    """``path`` itself, what lies just inside and just outside it, and other ways to write it (DIF-6)."""
    stem = path.rstrip("/")
    yield from (f"{stem}/", f"{stem}/x", f"{stem}/x?q=1", f"{stem}/?", f"{stem}/{_RESERVED}", f"{stem}/%C3%A9")
    yield from (f"{stem}/a/../x", f"{stem}/%2e/x", f"{stem}//x", f"{stem}/a%2Fx")
    if not stem:
        yield "/../x"
    if stem:
        first = f"/%{ord(stem[1]):02x}{stem[2:]}" if len(stem) > 1 and stem[1].isascii() else stem
        yield from (
            path,
            f"{stem}?",
            f"{stem}x",
            f"{stem};a=b",
            f"{stem}/..",
            f"/{stem}",
            f"/.{stem}",
            f"/x/..{stem}/x",
            f"{first}/x",
        )
        yield from (f"{stem.swapcase()}/x", f"{stem}%2Fx", f"{stem}?q=%20")
