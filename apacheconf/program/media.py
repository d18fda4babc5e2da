"""What a file's name says about it: type, charset, languages, encodings and handler (mod_mime).

Every part of the name after its first dot is looked up, in lower case; what nobody knows is an exception, of which
mod_negotiation wants to hear. Pure, but for reading the file of types.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from apacheconf.program.handling import FileRules, HandlerRules, MimeRules

#: A folder's type, as httpd names it.
FOLDER_TYPE = "httpd/unix-directory"


@dataclass(slots=True)
class Media:
    """``type`` is empty where none is known; ``exceptions`` are the parts of the name that mean nothing."""

    type: str = ""
    charset: str = ""
    languages: list[str] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    handler: str = ""
    filters: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    forced: bool = False

    @property
    def content_type(self) -> str:
        """The value of Content-Type, empty for none."""
        return f"{self.type}; charset={self.charset}" if self.type and self.charset else self.type

    @property
    def is_described(self) -> bool:
        """Whether an extension says what it is, or who answers for it: nothing else is a variant."""
        return bool(self.type or self.handler)


class Types(dict[str, str]):
    """The types by extension of one reading of a file; two readings are never the same."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # what it holds doesn't change

    def __eq__(self, other: object) -> bool:
        return self is other


NO_TYPES = Types()


@lru_cache(maxsize=16)
def _read_types(file: str, _: int) -> Types:
    found = Types()
    for line in Path(file).read_text("latin-1").splitlines():
        kind, *extensions = line.split("#", 1)[0].split() or [""]
        found.update(dict.fromkeys((extension.lower() for extension in extensions), kind))
    return found


def types_of(file: str) -> Types:
    """The types by extension of a TypesConfig file; none if it can't be read."""
    try:
        return _read_types(file, os.stat(file).st_mtime_ns)  # noqa: PTH116 (for every file that is served)
    except OSError:
        return NO_TYPES


@lru_cache(maxsize=256)
def _table(pairs: tuple[tuple[str, str | None], ...]) -> dict[str, str | None]:
    return dict(pairs)


def describe(name: str, rules: MimeRules, handlers: HandlerRules, core: FileRules, types: Types) -> Media:
    """What ``name`` (without its folders) says, and what ForceType says instead."""
    found = _described(name, rules, handlers, core, types)
    return replace(found, languages=[*found.languages], encodings=[*found.encodings], filters=[*found.filters])


@lru_cache(maxsize=1024)
def _described(name: str, rules: MimeRules, handlers: HandlerRules, core: FileRules, types: Types) -> Media:
    found = Media()
    base, *extensions = _parts(name)
    found.exceptions.append(base)
    for extension in extensions:
        if extension and not _take(found, extension.lower(), rules, handlers, types):
            found.exceptions.append(extension.lower())
    if not found.languages and rules.default_language:
        found.languages = [rules.default_language]
    _write_parameters(found)
    found.type = found.type or core.type_before
    if core.force_type and core.force_type.lower() != "none":
        found.type, found.charset, found.forced = core.force_type.lower(), "", True
    return found


def _parts(name: str) -> list[str]:
    """The base, whose leading dots are its own, and the extensions."""
    bare = name.lstrip(".")
    base, *extensions = bare.split(".")
    return [name[: len(name) - len(bare)] + base, *extensions]


def _take(found: Media, extension: str, rules: MimeRules, handlers: HandlerRules, types: Types) -> bool:
    """Add what one extension says; whether it says anything that MultiviewsMatch counts."""
    said = False
    typed = _table(rules.types)
    kind = typed[extension] if extension in typed else types.get(extension)
    if kind:
        found.type, said = kind.lower() if extension in typed else kind, True
    for pairs, name in ((rules.charsets, "charset"), (handlers.handlers, "handler")):
        value = _table(pairs).get(extension)
        if value:
            setattr(found, name, value.lower())
            said = said or name == "charset" or "handlers" in rules.multiviews_match
    for pairs, listed in (
        (rules.languages, found.languages),
        (rules.encodings, found.encodings),
        (rules.output_filters, found.filters),
    ):
        value = _table(pairs).get(extension)
        if value:
            listed.extend(value.lower().split(";") if listed is found.filters else [value.lower()])
            said = said or listed is not found.filters or "filters" in rules.multiviews_match
    return said or "any" in rules.multiviews_match


_PARAMETER = r';\s*([^\s=;]+)=("[^"]*"|[^\s";]*)'
_WITH_PARAMETERS = re.compile(rf"([^\s;]+)\s*((?:{_PARAMETER})+)")


def _write_parameters(found: Media) -> None:
    """Write a type that has parameters anew; AddCharset's charset takes the place of the one among them.

    One that can't be read stays as it is, whatever AddCharset says.
    """
    if ";" not in found.type:
        return
    read = _WITH_PARAMETERS.fullmatch(found.type)
    if read is not None:
        parameters = dict(re.findall(_PARAMETER, read[2]))
        parameters |= {"charset": found.charset} if found.charset else {}
        found.type = "; ".join((read[1], *(f"{name}={value}" for name, value in parameters.items())))
    found.charset = ""
