"""Which variant of a resource a client gets: httpd's server-driven choice by the four Accept fields. Pure.

Every variant gets a quality per dimension; what is 0 in one of them is out. Then the best media type wins, and
among equals the language, LanguagePriority, the level, the charset, the encoding and the shorter body, in this order.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from apacheconf.program.handling import NegotiationRules
from apacheconf.program.uri import escape_path

_SPLIT = re.compile(r'((?:"(?:\\.|[^"])*"|[^,"])+)')


@dataclass(frozen=True, slots=True)
class Accepted:
    """An entry of an Accept field: ``quality`` is its q, ``level`` that of text/html."""

    name: str
    quality: float = 1.0
    level: float = 0.0
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A variant: ``source`` is its qs, ``size`` in bytes. A ``body`` stands in the type map itself."""

    name: str
    type: str = ""
    charset: str = ""
    languages: tuple[str, ...] = ()
    encoding: str = ""
    source: float = 1.0
    level: float = 0.0
    size: int = 0
    description: str = ""
    body: str | None = None


@dataclass(slots=True)
class _Rated:
    of: Candidate
    type: float = 0.0
    language: float = 1.0
    language_index: int = -1
    encoding: float = 1.0
    charset: float = 1.0

    @property
    def acceptable(self) -> bool:
        return 0.0 not in (self.encoding, self.language, self.of.source, self.charset, self.type)


@dataclass
class Wishes:
    """What a client accepts; None where it sent no such field."""

    types: list[Accepted] | None = None
    languages: list[Accepted] | None = None
    encodings: list[Accepted] | None = None
    charsets: list[Accepted] | None = None
    weighs_types: bool = field(default=False)


def read_wishes(accept: str, language: str, encoding: str, charset: str) -> Wishes:
    """The wishes of the four fields, each empty if absent."""
    types, languages, encodings, charsets = (
        read_accept(text) if text else None for text in (accept, language, encoding, charset)
    )
    return Wishes(types, languages, encodings, charsets, "q=" in accept.lower().replace(" ", ""))


def read_accept(text: str) -> list[Accepted]:
    """The entries of one Accept field."""
    return [_entry(part) for part in _SPLIT.findall(text) if part.strip()]


def _entry(text: str) -> Accepted:
    name, *parameters = (part.strip() for part in text.split(";"))
    name = name.lower()
    values = {key.strip().lower(): value.strip().strip('"') for key, _, value in (p.partition("=") for p in parameters)}
    level = _quality(values["level"], 9.0) if "level" in values else 2.0 if name == "text/html" else 0.0
    quality = _quality(values.get("q", values.get("qs", "")), 1.0)
    return Accepted(name, quality, level, values.get("charset", "").lower())


def _quality(text: str, most: float) -> float:
    found = re.match(r"\d*(?:\.\d*)?", text)
    try:
        return min(float(found[0]), most) if found and found[0] else 1.0
    except ValueError:
        return 1.0


def candidate(name: str, content_type: str, **more: object) -> Candidate:
    """A variant with what its content type says of charset, level and quality."""
    said = _entry(content_type) if content_type else Accepted("")
    return Candidate(name, said.name, said.charset, source=said.quality, level=said.level, **more)  # type: ignore[arg-type]


def choose(candidates: Sequence[Candidate], wishes: Wishes, rules: NegotiationRules) -> Candidate | None:
    """The best variant; None when none is acceptable."""
    best: _Rated | None = None
    by_default = 0.0001 if any(each.languages for each in candidates) else 1.0
    for each in candidates:
        rated = _rate(each, wishes, rules, by_default)
        if rated.acceptable and (best is None or _is_better(rated, best)):
            best = rated
    return None if best is None else best.of


def _rate(each: Candidate, wishes: Wishes, rules: NegotiationRules, by_default: float) -> _Rated:
    rated = _Rated(each, _type_quality(each, wishes))
    rated.language = _language_quality(each, wishes, by_default)
    if each.languages:
        _apply_priority(rated, rules)
    rated.encoding = _encoding_quality(each.encoding, wishes.encodings)
    rated.charset = _charset_quality(each, wishes.charsets)
    return rated


def _type_quality(each: Candidate, wishes: Wishes) -> float:
    """That of the entry that says most about the type; wildcards count little where nobody gives a q."""
    quality, stars = 0.0, 0
    for accepted in wishes.types if wishes.types is not None else [Accepted("*/*")]:
        found = _match_type(accepted, each)
        if found > stars:
            stars = found
            unweighed = not wishes.weighs_types and found < 3
            quality = (0.01, 0.02)[found - 1] if unweighed else accepted.quality
    return quality


def _match_type(accepted: Accepted, each: Candidate) -> int:
    """3 for the very type, 2 for ``type/*``, 1 for ``*/*``, 0 for another."""
    if accepted.name in ("*/*", "*"):
        return 1
    if accepted.name.endswith("/*"):
        return 2 if each.type.partition("/")[0] == accepted.name[:-2] else 0
    same = accepted.name == each.type or (accepted.name == "text/html" and each.type == "text/x-server-parsed-html")
    return 3 if same and each.level <= max(accepted.level, 2.0) else 0


def _language_quality(each: Candidate, wishes: Wishes, by_default: float) -> float:
    if not each.languages:
        return by_default
    if wishes.languages is None:
        return 1.0
    star = next((accepted.quality for accepted in wishes.languages if accepted.name == "*"), None)
    found = [
        quality for tag in each.languages if (quality := _match_language(tag.lower(), wishes.languages)) is not None
    ]
    return max(found) if found else star if star is not None else 0.0


def _match_language(tag: str, accepted: Sequence[Accepted]) -> float | None:
    """The quality of the longest range that the tag lies in; a little for the range's own main language."""
    fitting = [each for each in accepted if tag == each.name or tag.startswith(f"{each.name}-")]
    if fitting:
        return max(fitting, key=lambda each: len(each.name)).quality
    return 0.001 if any(each.name.startswith(f"{tag}-") and each.quality for each in accepted) else None


def _apply_priority(rated: _Rated, rules: NegotiationRules) -> None:
    """LanguagePriority, as ForceLanguagePriority lets it decide."""
    indexes = [rules.priority.index(tag.lower()) for tag in rated.of.languages if tag.lower() in rules.priority]
    if not indexes:
        return
    if rated.language and "prefer" in rules.force:
        rated.language_index = min(indexes)
    elif not rated.language and "fallback" in rules.force:
        rated.language_index, rated.language = min(indexes), 0.0001


def _encoding_quality(encoding: str, accepted: Sequence[Accepted] | None) -> float:
    plain = encoding.lower() in ("", "identity", "7bit", "8bit", "binary")
    if accepted is None:
        return 1.0 if plain else 0.5
    name = "identity" if plain else encoding.lower().removeprefix("x-")
    for each in accepted:
        if each.name.removeprefix("x-") == name:
            return each.quality
    star = next((each.quality for each in accepted if each.name == "*"), None)
    return star if star is not None else 0.0001 if plain else 0.0


def asked_coding(coding: str, accept: bytes) -> str:
    """The name by which the client asked for a coding: ``gzip`` and ``x-gzip`` are the same."""
    bare = coding.removeprefix("x-")
    accepted = read_accept(accept.decode("latin-1"))
    return next((each.name for each in accepted if each.name.removeprefix("x-") == bare), coding)


def _charset_quality(each: Candidate, accepted: Sequence[Accepted] | None) -> float:
    if accepted is None:
        return 1.0
    charset = each.charset
    if not charset:
        if not each.type.startswith("text/"):
            return 1.0
        charset = "iso-8859-1"
    star = next((one.quality for one in accepted if one.name == "*"), None)
    named = next((one.quality for one in accepted if one.name == charset), star)
    return named if named is not None else 1.0 if charset == "iso-8859-1" else 0.0


def _is_better(one: _Rated, best: _Rated) -> bool:
    """Whether ``one`` is to be preferred; among equals the earlier stays."""
    for mine, theirs in (
        (one.type * one.of.source, best.type * best.of.source),
        (one.language, best.language),
        (-_index(one), -_index(best)),
        (_level(one, best), _level(best, one)),
        (one.charset, best.charset),
        (_named_charset(one), _named_charset(best)),
        (one.encoding, best.encoding),
    ):
        if mine != theirs:
            return mine > theirs
    return one.of.size < best.of.size


def _index(rated: _Rated) -> int:
    return rated.language_index if rated.language_index >= 0 else 1 << 30


def _level(one: _Rated, other: _Rated) -> float:
    return one.of.level if one.of.type == other.of.type else 0.0


def _named_charset(rated: _Rated) -> int:
    return int(rated.of.charset not in ("", "iso-8859-1"))


# --- what the answer says of the choice ----------------------------------------------------------------------


def vary(candidates: Sequence[Candidate], transparent: bool) -> str:
    """The value of Vary: the dimensions in which the variants differ; empty for none."""
    dimensions = (
        ("accept", {each.type for each in candidates}),
        ("accept-language", {",".join(each.languages).lower() for each in candidates}),
        ("accept-charset", {each.charset for each in candidates}),
        ("accept-encoding", {each.encoding for each in candidates}),
    )
    found = ["negotiate"] if transparent else []
    return ",".join([*found, *(name for name, values in dimensions if len(values) > 1)])


def alternates(candidates: Sequence[Candidate]) -> str:
    """The value of Alternates (RFC 2295)."""
    return ", ".join(f"{{{' '.join(_attributes(each))}}}" for each in candidates)


def _attributes(each: Candidate) -> list[str]:
    quality = f"{each.source:.3f}".rstrip("0").rstrip(".")
    described = (
        ("type", each.type),
        ("charset", each.charset),
        ("language", ", ".join(each.languages)),
        ("encoding", each.encoding),
        ("length", str(each.size) if each.size else ""),
    )
    return [f'"{_url(each.name)}"', quality, *(f"{{{name} {value}}}" for name, value in described if value)]


def _url(name: str) -> str:
    return escape_path(name).replace("/", "%2f")


def variant_list(candidates: Sequence[Candidate]) -> str:
    """The variants as the page of a 406 shows them."""
    lines = [
        f'<li><a href="{_url(each.name)}">{each.name}</a> {each.description}'
        + (f", type {each.type}" if each.type else "")
        + (f", language {', '.join(each.languages)}" if each.languages else "")
        + (f", charset {each.charset}" if each.charset else "")
        + (f", encoding {each.encoding}" if each.encoding else "")
        for each in candidates
    ]
    return "Available variants:\n<ul>\n" + "".join(f"{line}</li>\n" for line in lines) + "</ul>\n"
