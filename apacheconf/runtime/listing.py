"""mod_autoindex: the list of a folder, which entries it has and in which order. ``listing_page`` writes it.

Every entry is asked for as a sub-request, as httpd does: what a client may not get isn't listed.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cmp_to_key

from apacheconf.program.globs import glob_matches
from apacheconf.program.handling import FileRules, HandlerRules, ListingRules, MimeRules, Pattern
from apacheconf.program.media import FOLDER_TYPE, NO_TYPES, Media, describe, types_of
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.runtime.resolving import look_up

#: Bytes of a file in which its title is looked for.
_TITLE_WITHIN = 8192


@dataclass(frozen=True, slots=True)
class Entry:
    """A row. ``modified`` and ``size`` are -1 where they aren't shown; ``name`` ends with a slash for folders."""

    name: str
    modified: int = -1
    size: int = -1
    icon: str = ""
    alt: str = ""
    description: str = ""
    is_folder: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query asks for: the key (``NMSD``), the direction, and what the links of columns carry on."""

    rules: ListingRules
    key: str
    direction: str
    carried: str = ""
    pattern: str = ""


_COLUMN = re.compile(
    r"C=([NMSD])(?:[&;]|\Z)|O=([AD])(?:[&;]|\Z)|F=([012])(?:[&;]|\Z)|V=([01])(?:[&;]|\Z)|P=([^&;]*)[&;]?"
)
_FORMS: dict[str, tuple[set[str], set[str]]] = {
    "0": (set(), {"fancyindexing", "htmltable"}),
    "1": ({"fancyindexing"}, {"htmltable"}),
    "2": ({"fancyindexing", "htmltable"}, set()),
}


def read_query(query: str | None, rules: ListingRules) -> Asked:
    """How the list is to be sorted and shown; what isn't understood ends the reading."""
    key, direction = rules.order
    if "ignoreclient" in rules.options:
        return Asked(replace(rules, options=rules.options | {"suppresscolumnsorting"}), key, direction)
    options, form, version, pattern, shown = set(rules.options), "", "", "", ""
    at, query = 0, query or ""
    while at < len(query) and (found := _COLUMN.match(query, at)):
        at = found.end()
        if found[1] or found[2]:
            key, direction = found[1] or key, found[2] or direction
        elif found[3]:
            more, less = _FORMS[found[3]]
            options, form = (options | more) - less, f";F={found[3]}"
        elif found[4]:
            options = options | {"versionsort"} if found[4] == "1" else options - {"versionsort"}
            version = f";V={found[4]}"
        elif found[5]:
            pattern = _unescaped(found[5])
            shown = f";P={escape_uri(pattern)}" if pattern else ""
    return Asked(replace(rules, options=frozenset(options)), key, direction, form + version + shown, pattern)


def _unescaped(text: str) -> str:
    from urllib.parse import unquote_to_bytes

    return unquote_to_bytes(text).decode("latin-1")


def escape_uri(text: str) -> str:
    """A text within a URL, as httpd's ap_os_escape_path writes it."""
    from apacheconf.program.uri import escape_path

    return escape_path(text)


def entries_of(program: Program, decision: Decision, asked: Asked) -> list[Entry]:
    """The rows of the folder that ``decision`` is about, in their order. Raises OSError."""
    folder = decision.file.rstrip("/") + "/"
    found = list(_entries(program, decision, asked, folder))
    parent = None if decision.path == "/" else _parent(decision, asked.rules, folder)

    def compare(left: Entry, right: Entry) -> int:
        return _compare(left, right, asked)

    ordered = sorted(found, key=cmp_to_key(compare))
    return [parent, *ordered] if parent is not None else ordered


def _entries(program: Program, decision: Decision, asked: Asked, folder: str) -> Iterator[Entry]:
    forbidden = "showforbidden" in asked.rules.options
    with os.scandir(folder.encode("latin-1")) as listed:
        names = [each.name.decode("latin-1") for each in listed]
    for name in names:
        if asked.pattern and not _fits(name, asked.pattern, "ignorecase" in asked.rules.options):
            continue
        if _is_ignored(f"{folder}{name}", asked.rules):
            continue
        found = look_up(program, replace(decision, query=None), escape_uri(name))
        allowed = found.status is None or found.status < 400 or (forbidden and found.status in (401, 403))
        try:
            status = os.stat(f"{folder}{name}".encode("latin-1"))  # noqa: PTH116
        except OSError:
            continue
        is_folder = stat.S_ISDIR(status.st_mode)
        if allowed and (is_folder or stat.S_ISREG(status.st_mode)):
            yield _entry(program, found, asked.rules, f"{folder}{name}", status)


def _fits(name: str, pattern: str, ignore_case: bool) -> bool:
    """fnmatch, where a leading dot is matched by a dot alone."""
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return glob_matches(name, pattern, True, ignore_case)


def _entry(program: Program, found: Decision, rules: ListingRules, path: str, status: os.stat_result) -> Entry:
    is_folder = stat.S_ISDIR(status.st_mode)
    name = path.rpartition("/")[2] + ("/" if is_folder else "")
    if rules.options.isdisjoint({"fancyindexing", "htmltable"}):
        return Entry(name)
    media = Media(FOLDER_TYPE) if is_folder else _media(program, found, path)
    icon, alt = _find(rules.icons, path, media, is_folder), _find(rules.alts, path, media, is_folder)
    if is_folder:
        icon = icon or _find(rules.icons, "^^DIRECTORY^^")
        alt = alt or _find(rules.alts, "^^DIRECTORY^^") or "DIR"
    description = describe_entry(path, rules)
    if not description and "scanhtmltitles" in rules.options and media.type in ("text/html", "application/xhtml+xml"):
        description = _title(path)
    size = -1 if is_folder else status.st_size
    first = is_folder and "foldersfirst" in rules.options
    return Entry(name, int(status.st_mtime), size, icon or "", alt or "", description, first)


def _media(program: Program, found: Decision, path: str) -> Media:
    types = types_of(program.types_config) if "mime_module" in program.modules else NO_TYPES
    rules = found.rules(MimeRules), found.rules(HandlerRules), found.rules(FileRules)
    return describe(path.rpartition("/")[2], *rules, types)


def _parent(decision: Decision, rules: ListingRules, folder: str) -> Entry | None:
    """The way up; its name is the whole path."""
    if _is_ignored(f"{folder}..", rules):
        return None
    path = decision.path.rstrip("/").rpartition("/")[0] + "/"
    if "fancyindexing" not in rules.options:
        return Entry(path)
    testpath = f"{folder}.."
    icon = _find(rules.icons, testpath, None, True) or _find(rules.icons, "^^DIRECTORY^^") or ""
    alt = _find(rules.alts, testpath, None, True) or _find(rules.alts, "^^DIRECTORY^^") or "PARENTDIR"
    return Entry(path, icon=icon, alt=alt, description=describe_entry(testpath, rules))


def _find(patterns: tuple[Pattern, ...], path: str, media: Media | None = None, path_only: bool = False) -> str | None:
    """What the first fitting pattern says of a path; ``^^DIRECTORY^^`` and its like are names of their own."""
    for each in patterns:
        if not path.startswith("^") and not _below(path, each.below):
            continue
        if each.by == "path" or path.startswith("^"):
            if _matches(path, each.apply_to):
                return each.data
        elif not path_only and media is not None:
            subject = ",".join(media.encodings) if each.by == "encoding" else media.type if not media.encodings else ""
            if subject and glob_matches(subject, each.apply_to, True, True):
                return each.data
    return None


def _below(path: str, folder: str) -> bool:
    return not folder or path.startswith(folder.rstrip("*"))


def _matches(path: str, pattern: str) -> bool:
    return glob_matches(path, pattern, True)


def _is_ignored(path: str, rules: ListingRules) -> bool:
    name = path.rpartition("/")[2]
    return any(_matches(name, pattern.rpartition("/")[2]) for pattern in rules.ignored)


def describe_entry(path: str, rules: ListingRules) -> str:
    """AddDescription: a name with wildcards or folders is a pattern, any other is part of the name.

    Unlike icons they don't depend on the folder of their section, so that one in a Location counts.
    """
    name = path.rpartition("/")[2]
    for each in rules.descriptions:
        whole = "/" in each.apply_to
        if whole or set(each.apply_to) & set("*?["):
            pattern = ("*/" if whole else "*") + each.apply_to + "*"
            if glob_matches(path if whole else name, pattern, True):
                return each.data
        elif each.apply_to in name:
            return each.data
    return ""


_TITLE = re.compile(rb"<title>([^<]*)", re.IGNORECASE)


def _title(path: str) -> str:
    try:
        with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 (names are bytes)
            found = _TITLE.search(file.read(_TITLE_WITHIN))
    except OSError:
        return ""
    return "" if found is None else re.sub(r"[\r\n]", " ", found[1].decode("latin-1"))


def _compare(left: Entry, right: Entry, asked: Asked) -> int:
    if left.is_folder != right.is_folder:
        return -1 if left.is_folder else 1
    if asked.direction == "D":
        left, right = right, left
    keys = {"M": (left.modified, right.modified), "S": (left.size, right.size)}.get(asked.key)
    if asked.key == "D":
        keys = (left.description, right.description)  # type: ignore[assignment]  # texts compare as numbers do
    if keys is not None and keys[0] != keys[1]:
        return -1 if keys[0] < keys[1] else 1
    return _compare_names(left.name, right.name, asked.rules.options)


def _compare_names(left: str, right: str, options: frozenset[str]) -> int:
    ignore_case = "ignorecase" in options
    if "versionsort" in options:
        found = natural(left.lower(), right.lower()) if ignore_case else natural(left, right)
        if found:
            return found
    if ignore_case and left.lower() != right.lower():
        return -1 if left.lower() < right.lower() else 1
    return (left > right) - (left < right)


def natural(left: str, right: str) -> int:
    """-1, 0 or 1: numbers within names compare as numbers, those that begin with 0 as fractions (apr_strnatcmp).

    Bytes above ASCII come first, as where ``char`` has a sign.
    """
    ours, theirs = (re.findall(r"[0-9]+|[^0-9]", text.replace(" ", "")) for text in (left, right))
    for one, other in zip(ours, theirs, strict=False):
        numbers = all("1" <= each[0] <= "9" for each in (one, other))
        if numbers and int(one) != int(other):
            return -1 if int(one) < int(other) else 1
        if one != other:
            return -1 if _signed(one) < _signed(other) else 1
    return (len(ours) > len(theirs)) - (len(ours) < len(theirs))


def _signed(text: str) -> list[int]:
    return [ord(each) - (256 if each > "\x7f" else 0) for each in text]
