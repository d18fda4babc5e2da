"""mod_autoindex: listings of folders. Files are not served here: values are checked, and nobody reads them."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import flags, listed
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
        return "" if name in _FLAGS or name in _WIDTHS else _UNKNOWN
    if name in ("charset", "type"):
        return ""
    if name not in _WIDTHS and name not in _SIZES:
        return _UNKNOWN
    spelling, least = _WIDTHS.get(name) or (_SIZES[name], 0)
    if sign == "-":
        return f"Cannot combine '-' with {spelling}=n"
    return f"{spelling} value must be greater than {least}" if least and 0 != atoi(text) < least else ""


def _icon(words: Sequence[str]) -> tuple[str, ...]:
    """An icon, or ``(ALT,icon)``."""
    if words[0].startswith("(") and ")" not in words[0]:
        raise ValueRefused("missing closing paren", 0)
    return tuple(words)


def _order(words: Sequence[str]) -> tuple[str, ...]:
    one_of(words[0], ("Ascending", "Descending"), "First keyword must be 'Ascending' or 'Descending'")
    keys = ("Name", "Date", "Size", "Description")
    one_of(words[1], keys, "Second keyword must be 'Name', 'Date', 'Size', or 'Description'", 1)
    return tuple(words)


MODULE = Module(
    "mod_autoindex",
    fate=Fate.REFUSED,
    directives=[
        *flags("IndexIgnoreReset"),
        listed("IndexOptions", _options),
        listed("IndexOrderDefault", _order),
        listed("AddIcon", _icon),
        listed("AddIconByType", _icon),
        listed("AddIconByEncoding", _icon),
        listed(
            "FancyIndexing",
            gone("The FancyIndexing directive is no longer supported. Use IndexOptions FancyIndexing."),
        ),
    ],
)
