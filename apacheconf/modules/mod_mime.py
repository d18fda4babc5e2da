"""mod_mime: content types, handlers, languages and filters by the extensions of a file's name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, Spec, ValueRefused, by_key, first_word, setting
from apacheconf.modules.facts import listed

#: What httpd reads where nobody says which, relative to ServerRoot.
TYPES_CONFIG = "conf/mime.types"


Table = Setting[dict[str, str | None]]
#: Begins the keys of a table that say what is taken away when its section is merged.
GONE = "\0"


def _without_gone(parent: Table, child: Table) -> Table:
    """Both tables without what the child takes away, of its own too; nothing is taken away any more (MRG-34)."""
    gone = {key.removeprefix(GONE) for key in child.value if key.startswith(GONE)}
    both = {**parent.value, **child.value}
    left = {key: value for key, value in both.items() if key not in gone and not key.startswith(GONE)}
    return Setting(left, parent.said_by + child.said_by)


@dataclass(frozen=True)
class MimeDirConf(Conf):
    """Tables from an extension, in lower case and without its dot, to what it means; a removed type is None."""

    module: ClassVar[str] = "mod_mime"

    types: Table = setting({}, by_key)
    handlers: Table = setting({}, _without_gone)
    encodings: Table = setting({}, _without_gone)
    charsets: Table = setting({}, _without_gone)
    languages: Table = setting({}, _without_gone)
    input_filters: Table = setting({}, _without_gone)
    output_filters: Table = setting({}, _without_gone)
    default_language: Setting[str] = setting("")
    multiviews_match: Setting[tuple[str, ...]] = setting(())
    use_path_info: Setting[bool] = setting(False)


@dataclass(frozen=True)
class MimeServerConf(Conf):
    """``types_config`` is the file of types by extension; only the main server's counts."""

    module: ClassVar[str] = "mod_mime"

    types_config: Setting[str] = setting(TYPES_CONFIG)


def _extension(word: str) -> str:
    return word.removeprefix(".").lower()


def _add(words: Sequence[str]) -> dict[str, str]:
    return {_extension(word): words[0] for word in words[1:]}


def _remove_types(words: Sequence[str]) -> dict[str, None]:
    return dict.fromkeys(map(_extension, words))


def _remove(words: Sequence[str]) -> dict[str, None]:
    return {f"{GONE}{_extension(word)}": None for word in words}


def _pair(name: str, fills: str) -> list[Spec]:
    return [
        listed(f"Add{name}", _add, per="dir", fills=fills),
        listed(f"Remove{name}", _remove_types if name == "Type" else _remove, per="dir", fills=fills),
    ]


_EXCLUSIVE = {
    "any": ("negotiatedonly", "filters", "handlers"),
    "negotiatedonly": ("any", "filters", "handlers"),
    "filters": ("any", "negotiatedonly"),
    "handlers": ("any", "negotiatedonly"),
}
_SAID = {
    "any": "Any is incompatible with NegotiatedOnly, Filters and Handlers",
    "negotiatedonly": "NegotiatedOnly is incompatible with Any, Filters and Handlers",
    "filters": "Filters is incompatible with Any and NegotiatedOnly",
    "handlers": "Handlers is incompatible with Any and NegotiatedOnly",
}


def _multiviews(words: Sequence[str]) -> tuple[str, ...]:
    met: list[str] = []
    for number, word in enumerate(words):
        low = word.lower()
        if low not in _EXCLUSIVE:
            raise ValueRefused(f"Unrecognized option '{word}'", number)
        if any(other in met for other in _EXCLUSIVE[low]):
            raise ValueRefused(_SAID[low], number)
        met.append(low)
    return tuple(met)


MODULE = Module(
    "mod_mime",
    server_conf=MimeServerConf,
    dir_conf=MimeDirConf,
    fate=Fate.REFUSED,
    directives=[
        *_pair("Type", "types"),
        *_pair("Handler", "handlers"),
        *_pair("Encoding", "encodings"),
        *_pair("Charset", "charsets"),
        *_pair("Language", "languages"),
        *_pair("InputFilter", "input_filters"),
        *_pair("OutputFilter", "output_filters"),
        listed("DefaultLanguage", first_word, per="dir", fills="default_language"),
        listed("MultiviewsMatch", _multiviews, per="dir", fills="multiviews_match"),
        listed("ModMimeUsePathInfo", per="dir", fills="use_path_info"),
        listed("TypesConfig", first_word, fills="types_config"),
    ],
)
