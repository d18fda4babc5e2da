"""mod_autoindex: what the list of a folder shows, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from apacheconf.modules.declare import (
    Conf,
    Fate,
    Module,
    ParseIn,
    Scope,
    Setting,
    Spec,
    ValueRefused,
    child_then_parent,
    first_word,
    setting,
)
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.modules.ssl_values import gone
from apacheconf.modules.values import one_of

_FLAGS = frozenset(
    name.lower()
    for name in """
    FancyIndexing FoldersFirst HTMLTable IconsAreLinks IgnoreCase IgnoreClient ScanHTMLTitles ShowForbidden
    SuppressColumnSorting SuppressDescription SuppressHTMLPreamble SuppressIcon SuppressLastModified SuppressRules
    SuppressSize TrackModified VersionSort XHTML AddAltClass UseOldDateFormat IconWidth IconHeight
    """.split()  # noqa: SIM905
)
#: Options with a width: the least one.
_WIDTHS = {"namewidth": ("NameWidth", 5), "descriptionwidth": ("DescriptionWidth", 12)}
_SIZES = {"iconwidth": "IconWidth", "iconheight": "IconHeight"}
_UNKNOWN = "Invalid directory indexing option"


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """``apply_to`` (a pattern, or a beginning of names for descriptions) gets ``data`` below the folder ``below``.

    ``by`` is ``path``, ``type`` or ``encoding``.
    """

    apply_to: str
    data: str
    by: str = "path"
    below: str = ""


def _merge_options(parent: Setting[tuple[str, ...]], child: Setting[tuple[str, ...]]) -> Setting[tuple[str, ...]]:
    """Signed options build on the parent's; one without a sign takes their place, but no width's or charset's."""
    if any(word[:1] not in "+-" and "=" not in word for word in child.value):
        kept = tuple(word for word in parent.value if "=" in word)
        return Setting(kept + child.value, parent.said_by + child.said_by)
    return Setting(parent.value + child.value, parent.said_by + child.said_by)


_Entries = Setting[tuple[IndexEntry, ...]]


@dataclass(frozen=True)
class AutoindexDirConf(Conf):
    """``options`` are the words of IndexOptions, ``order`` those of IndexOrderDefault; of entries the first counts."""

    module: ClassVar[str] = "mod_autoindex"

    options: Setting[tuple[str, ...]] = setting((), _merge_options)
    order: Setting[tuple[str, ...]] = setting(())
    icons: _Entries = setting((), child_then_parent)
    alts: _Entries = setting((), child_then_parent)
    descriptions: _Entries = setting((), child_then_parent)
    ignored: Setting[tuple[str, ...]] = setting((), child_then_parent)
    ignore_reset: Setting[bool] = setting(False)
    default_icon: Setting[str] = setting("")
    header: Setting[str] = setting("")
    readme: Setting[str] = setting("")
    style_sheet: Setting[str] = setting("")
    head_insert: Setting[str] = setting("")


def _entries(by: str) -> ParseIn:
    def parse(words: Sequence[str], scope: Scope) -> tuple[IndexEntry, ...]:
        return tuple(IndexEntry(_applied(word, by), words[0], by, scope.argument) for word in words[1:])

    return parse


def _applied(word: str, by: str) -> str:
    """A name as httpd keeps it: what is no pattern is the end of a path."""
    if by == "path":
        word = "^^DIRECTORY^^" if word == "**DIRECTORY**" else word
        return word if "*" in word or "?" in word else f"*{word}"
    return word.lower() if by == "encoding" else word


def _icons(by: str) -> ParseIn:
    """An icon, or ``(ALT,icon)``."""
    entries = _entries(by)

    def parse(words: Sequence[str], scope: Scope) -> tuple[IndexEntry, ...]:
        if words[0].startswith("(") and ")" not in words[0]:
            raise ValueRefused("missing closing paren", 0)
        return entries(words, scope)  # type: ignore[no-any-return]

    return parse


def _descriptions(words: Sequence[str], scope: Scope) -> tuple[IndexEntry, ...]:
    return tuple(IndexEntry(word, words[0], "path", scope.argument) for word in words[1:])


def _options(words: Sequence[str]) -> tuple[str, ...]:
    for number, word in enumerate(words):
        sign = word[:1] if word[:1] in ("+", "-") else ""
        name, equals, text = word[len(sign) :].partition("=")
        complaint = _complaint(name.lower(), sign, text if equals else None)
        if complaint:
            raise ValueRefused(complaint, number)
    return tuple(words)


def _complaint(name: str, sign: str, text: str | None) -> str:
    if name == "none" and text is None:
        return "Cannot combine '+' or '-' with 'None' keyword" if sign else ""
    if text is None:
        if name in _WIDTHS and sign != "-":
            return f"{_WIDTHS[name][0]} with no value may only appear as '-{_WIDTHS[name][0]}'"
        return "" if name in _FLAGS or name in _WIDTHS or not name else _UNKNOWN
    if name in ("charset", "type"):
        return ""
    if name not in _WIDTHS and name not in _SIZES:
        return _UNKNOWN
    spelling, least = _WIDTHS.get(name) or (_SIZES[name], 0)
    if sign == "-":
        return f"Cannot combine '-' with {spelling}=n"
    return f"{spelling} value must be greater than {least}" if least and 0 != atoi(text) < least else ""


def _order(words: Sequence[str]) -> tuple[str, ...]:
    one_of(words[0], ("Ascending", "Descending"), "First keyword must be 'Ascending' or 'Descending'")
    keys = ("Name", "Date", "Size", "Description")
    one_of(words[1], keys, "Second keyword must be 'Name', 'Date', 'Size', or 'Description'", 1)
    return tuple(words)


def _dir(name: str, *parse: Any, **more: Any) -> Spec:
    return listed(name, *parse, per="dir", **more)


MODULE = Module(
    "mod_autoindex",
    fate=Fate.REFUSED,
    dir_conf=AutoindexDirConf,
    directives=[
        _dir("IndexIgnoreReset", fills="ignore_reset"),
        _dir("IndexOptions", _options, fills="options", extends=True),
        _dir("IndexOrderDefault", _order, fills="order"),
        _dir("IndexIgnore", tuple, fills="ignored", extends=True),
        _dir("AddIcon", parse_in=_icons("path"), fills="icons", extends=True),
        _dir("AddIconByType", parse_in=_icons("type"), fills="icons", extends=True),
        _dir("AddIconByEncoding", parse_in=_icons("encoding"), fills="icons", extends=True),
        _dir("AddAlt", parse_in=_entries("path"), fills="alts", extends=True),
        _dir("AddAltByType", parse_in=_entries("type"), fills="alts", extends=True),
        _dir("AddAltByEncoding", parse_in=_entries("encoding"), fills="alts", extends=True),
        _dir("AddDescription", parse_in=_descriptions, fills="descriptions", extends=True),
        _dir("DefaultIcon", first_word, fills="default_icon"),
        _dir("HeaderName", first_word, fills="header"),
        _dir("ReadmeName", first_word, fills="readme"),
        _dir("IndexStyleSheet", first_word, fills="style_sheet"),
        _dir("IndexHeadInsert", first_word, fills="head_insert"),
        listed(
            "FancyIndexing",
            gone("The FancyIndexing directive is no longer supported. Use IndexOptions FancyIndexing."),
        ),
    ],
)
