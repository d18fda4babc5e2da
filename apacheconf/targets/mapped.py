"""What sections ask of what a request is mapped to, asked of its path instead: a URL or a file.

Where that can't be said the question stays as it is, and a target that can't ask it closes what depends on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Glob,
    Matches,
    Not,
    Operator,
    Regex,
    Test,
    Under,
)
from apacheconf.program.globs import glob_matches, glob_regex
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.prefixes import lies_under
from apacheconf.program.regexes import search
from apacheconf.program.steps import MapToFile, MapToOrigin, Rest
from apacheconf.program.values import REQUEST_URI, Joined, Literal, Matched, Value, Variable
from apacheconf.targets.captures import parts_of
from apacheconf.targets.known import OfFile, begins_with
from apacheconf.targets.named_folders import MapToNamed, matches_folder
from apacheconf.targets.patterns import escape

_MAPPED, _FILE, _BASENAME = (Variable(name) for name in ("MAPPED_URL", "REQUEST_FILENAME", "REQUEST_BASENAME"))


# --- URLs ----------------------------------------------------------------------------------------------------


def url_start(origin: str, mapping: MapToOrigin) -> str:
    """What the URL certainly begins with that ``mapping`` leads to; ``origin`` begins as that URL does."""
    scheme, _, rest = origin.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}{mapping.path.partition('$')[0] or begins_with(mapping.value)}"


def of_url(matcher: Condition, origin: str, mapping: MapToOrigin) -> Condition:
    """What a Proxy section asks of the URL that ``mapping`` leads to; ``origin`` begins as that URL does."""
    known = url_start(origin, mapping)
    match matcher:
        case Glob(value, pattern, True) if value == _MAPPED and pattern.rstrip("*") + "*" == pattern:
            return ALWAYS if glob_matches(known, pattern, True) else matcher
        case Matches(value, Regex(pattern)) if value == _MAPPED and (wanted := _prefix_in(pattern)) is not None:
            return _of_prefix(wanted, known, matcher, mapping)
        case _:
            return matcher


def _of_prefix(wanted: str, known: str, matcher: Condition, mapping: MapToOrigin) -> Condition:
    """Whether the mapped URL starts with ``wanted``, of which all or the start is ``known``."""
    if known.startswith(wanted):
        return ALWAYS
    if not wanted.startswith(known):
        return NEVER
    if mapping.rest is Rest.NOTHING:
        return matcher
    cut = mapping.prefix if mapping.rest is Rest.AFTER_PREFIX else ""
    return Matches(REQUEST_URI, Regex("^" + escape(cut + wanted[len(known) :])))


@lru_cache(maxsize=4096)
def _prefix_in(pattern: str) -> str | None:
    """The text that a pattern asks for at the beginning, None where it asks for anything else."""
    wanted = _literal(pattern)
    return wanted if pattern == "^" + re.escape(wanted) else None


def _literal(pattern: str) -> str:
    """The text that a pattern made of nothing but a text and an anchor stands for."""
    return re.sub(r"\\(.)", r"\1", pattern.removeprefix("^"))


# --- paths that rules have made ------------------------------------------------------------------------------


def lies_in(path: Value, cell: Cell) -> Condition:
    """Whether a path that rules have made lies in a cell."""
    text, place = begins_with(path), cell.path if cell.reach is Reach.BARE else f"{cell.path}/"
    if isinstance(path, Literal):
        return ALWAYS if (text == place if cell.reach is Reach.BARE else text.startswith(place)) else NEVER
    if cell.reach is Reach.BELOW and text.startswith(place):
        return ALWAYS
    if not place.startswith(text):
        return NEVER
    end = r"\z" if cell.reach is Reach.BARE else ""
    return Matches(path, Regex(f"^{escape(place)}{end}"))


def told_apart(path: Value, cell: Cell) -> Value:
    """A path that lies in a cell, so that it shows how it begins."""
    place = cell.path if cell.reach is Reach.BARE else f"{cell.path}/"
    if cell.reach is Reach.BARE:
        return Literal(place)
    if begins_with(path).startswith(place):
        return path
    return Joined((Literal(place), Matched(path, Regex(f"^{escape(place)}(.*)$"), 1)))


# --- files ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfName(Regex):
    """What a Files section asks of a file's name, asked of a path whose last name that is."""


def of_file(matcher: Condition, mapped: MapToFile, cell: Cell) -> Condition:
    """What a section asks of the file that a request of ``cell`` is ``mapped`` to.

    A path that goes on behind a file counts as the name of one below it: what httpd finds there is told at the time
    of the request only. The name of a file that rules have made is that of what they made.
    """
    path = REQUEST_URI if mapped.value is None else mapped.value
    match matcher:
        case Not(inner):
            return Not(of_file(inner, mapped, cell))
        case AllOf(parts):
            return AllOf(tuple(of_file(each, mapped, cell) for each in parts))
        case AnyOf(parts):
            return AnyOf(tuple(of_file(each, mapped, cell) for each in parts))
        case Under() | Matches() if isinstance(mapped, MapToNamed) and matcher.value == _FILE:
            return _named_in_folder(matcher, mapped)
        case Under(folder, value) if value == _FILE and mapped.value is None:
            return _in_folder(folder, mapped, cell)
        case Under(folder, value) if value == _FILE:
            return _made_in_folder(folder, mapped, matcher)
        case Matches(value, regex, captures) if value == _FILE and file_of(mapped) is not None:
            return Matches(file_of(mapped) or value, regex, captures)
        case Test(letter, value) if value == _FILE and file_of(mapped) is not None:
            return Test(letter, file_of(mapped) or value)
        case Matches() | Glob() | Compare() if cell.reach is Reach.BARE and mapped.value is None:
            return _of_one_file(matcher, mapped, cell)
        case Matches(value, regex) if value == _BASENAME:
            ignore_case = regex.ignore_case or regex.pattern.startswith("(?i)")
            return Matches(path, OfName(of_last_segment(regex.pattern.removeprefix("(?i)")), ignore_case))
        case Glob(value, pattern, False, ignore_case) if value == _BASENAME:
            return Matches(path, OfName(f"/{glob_regex(pattern)}$", ignore_case))
        case Compare(value, Operator.SAME, Literal(name)) if value == _BASENAME:
            return Matches(path, OfName(f"/{escape(name)}$"))
        case _:
            return matcher


def _of_one_file(matcher: Condition, mapped: MapToFile, cell: Cell) -> Condition:
    """What is asked of the name of the one file that a bare cell leads to."""
    name = (mapped.root + cell.path[len(mapped.prefix) :]).rpartition("/")[2]
    match matcher:
        case Matches(value, regex) if value == _BASENAME:
            return ALWAYS if search(regex, name) is not None else NEVER
        case Glob(value, pattern, False, ignore_case) if value == _BASENAME:
            return ALWAYS if search(Regex(f"^{glob_regex(pattern)}$", ignore_case), name) is not None else NEVER
        case Compare(value, Operator.SAME, Literal(text)) if value == _BASENAME:
            return ALWAYS if text == name else NEVER
        case _:
            return matcher


def file_of(mapped: MapToFile) -> Value | None:
    """The file's path as a value made of the request's; None where rules have made it."""
    if mapped.value is not None:
        return None
    rest = Matched(REQUEST_URI, Regex(f"^{escape(mapped.prefix)}(.*)$"), 1) if mapped.prefix else REQUEST_URI
    if isinstance(mapped, MapToNamed):
        return OfFile((*parts_of(mapped.folder), rest))
    return OfFile((Literal(mapped.root if mapped.prefix else mapped.root.rstrip("/")), rest))


def _named_in_folder(matcher: Under | Matches, mapped: MapToNamed) -> Condition:
    """Whether a file of a folder that the host names lies in another one."""
    asked = replace(matcher, value=file_of(mapped) or matcher.value)
    if isinstance(matcher, Matches):
        held = matches_folder(matcher.regex, mapped.folder)
        return asked if held is None else ALWAYS if held else NEVER
    if mapped.root.startswith(wanted := f"{matcher.prefix.rstrip('/')}/"):
        return ALWAYS
    return asked if wanted.startswith(mapped.root) else NEVER


def _in_folder(folder: str, mapped: MapToFile, cell: Cell) -> Condition:
    """Whether the file lies in a folder: certain where that is above what is mapped, else asked of the path."""
    root = mapped.root.rstrip("/") or "/"
    if lies_under(root, folder):
        return ALWAYS
    if not lies_under(folder, root):
        return NEVER
    path = mapped.prefix.rstrip("/") + folder[len(root.rstrip("/")) :]
    if lies_under(cell.path or "/", path):
        return ALWAYS
    if cell.reach is Reach.BARE or not lies_under(path, cell.path or "/"):
        return NEVER
    return Under(path)


def lies_apart(matcher: Condition, mapped: MapToOrigin | MapToFile | None, url: str) -> bool:
    """Whether a section is about a folder that neither holds what is mapped nor lies in there, or about URLs that
    begin in another way than ``url``, that of the origin."""
    match matcher, mapped:
        case Under(folder, value), MapToFile(root=root, value=None) if value == _FILE:
            root = root.rstrip("/") or "/"
            return not lies_under(root, folder) and not lies_under(folder, root)
        case Matches(value, Regex(pattern)), MapToOrigin() if value == _MAPPED:
            wanted = _prefix_in(pattern)
            return wanted is not None and not url.startswith(wanted) and not wanted.startswith(url)
        case _:
            return False


def _made_in_folder(folder: str, mapped: MapToFile, matcher: Condition) -> Condition:
    """The same of a file whose path rules have made, as far as how it begins tells."""
    first = next(iter(parts_of(mapped.value)), None)
    start = first.text if isinstance(first, Literal) else ""
    wanted = f"{folder.rstrip('/')}/"
    if start.startswith(wanted):
        return ALWAYS
    return matcher if wanted.startswith(start) else NEVER


#: Patterns that end where the name does and can hold no slash: they come to the same on a whole path.
PLAIN_END = re.compile(r"(?:[\w-]|\\[.~-]|\(\?:|\(|\)|\||\?|\[[\w.-]+\]\??|~)+\$")
_SIGNS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|(\^)", re.DOTALL)


def of_last_segment(pattern: str) -> str:
    """A regex over the last name of a path, as one over the whole path.

    Past the look-ahead nothing but that name is left, so that whatever matches lies in it.
    """
    if PLAIN_END.fullmatch(pattern) and "|" not in re.sub(r"\([^()]*\)", "", pattern):
        return pattern
    anchored = pattern.startswith("^")
    rest = _SIGNS.sub(lambda found: "(?<=/)" if found[1] else found[0], pattern[1:] if anchored else pattern)
    if anchored and "|" not in re.sub(r"\([^()]*\)", "", rest):
        return f"/(?=[^/]*$){rest}"
    if anchored:
        rest = f"(?<=/){rest}"
    return f"/(?=[^/]*$)[^/]*?(?:{rest})"


_LAST = "/(?=[^/]*$)"
_TOKENS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\.|\$", re.DOTALL)


def any_segment(pattern: str) -> str | None:
    """A regex of ``of_last_segment`` as one for a path up to the first name that it matches; None if it is none."""
    if PLAIN_END.fullmatch(pattern):
        return f".+?{pattern[:-1]}"
    if not pattern.startswith(_LAST) or "[^/]*?(?:" in pattern:
        return None
    ends = {".": "[^/]", "$": "(?=/|$)"}
    name = _TOKENS.sub(lambda found: ends.get(found[0], found[0]), pattern.removeprefix(_LAST))
    return f"(?:/[^/]+)*?/{name}" if pattern.endswith("$") else None


#: What may stand for a slash, and what stands for the same without it.
_BUT_SLASHES = {".": "[^/]", r"\S": r"[^/\s]", r"\W": r"[^/\w]", r"\D": r"[^/\d]", "$": r"(?=/|\z)"}
_UNTOLD = re.compile(r"\\[XCNPpRHVQKgk1-9]|\(\?(?![:=!]|[a-z]+:)|\(\*")
_NAMED = re.compile(r"\(\?P?<[A-Za-z_]\w*>")


def one_name(regex: Regex) -> str | None:
    """An ``OfName`` as a pattern for one whole name of a path, wherever that stands; None where that isn't told."""
    pattern = _NAMED.sub("(?:", regex.pattern)
    if _UNTOLD.search(pattern.removeprefix(_LAST).replace("(?<=/)", "")):
        return None
    if pattern.startswith(_LAST):
        return f"{_within_name(pattern.removeprefix(_LAST))}[^/]*"
    if pattern.startswith("/") and pattern.endswith("$"):
        return _within_name(pattern[1:-1])
    return f"[^/]*?{pattern[:-1]}" if PLAIN_END.fullmatch(pattern) else None


def _within_name(pattern: str) -> str:
    def within(found: re.Match[str]) -> str:
        sign = found[0]
        return f"[^/{sign[2:]}" if sign.startswith("[^") and "/" not in sign else _BUT_SLASHES.get(sign, sign)

    return _TOKENS.sub(within, pattern)
