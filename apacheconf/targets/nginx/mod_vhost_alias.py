"""mod_vhost_alias in nginx: a part of the host's name or address as a variable, for the word of its folder (NGX-20)."""

from __future__ import annotations

import re

from apacheconf.targets.nginx.maps import Map, Maps

_ITEM = re.compile(
    r"(?P<end>-?)(?P<number>\d)(?P<more>\+?)(?:\.(?P<letters_end>-?)(?P<letter>\d)(?P<letters_more>\+?))?"
)


def part_of(maps: Maps, item: str, *, by_address: bool) -> str:
    """The variable of an item such as ``-2+.1`` of a format; it is ``_`` where the name has no such part."""
    source = "$server_addr" if by_address else "$host"
    if item == "0":
        return source
    words = item.replace("-", "last ").replace("+", " and more").replace(".", " letter ")
    wish = f"{'address' if by_address else 'host'} part {words}"
    made = Map(source, ((f"~{pattern(item)}", "$1"), ("default", "_")), f"%{item} of VirtualDocumentRoot")
    return maps.make(wish, made)


def pattern(item: str) -> str:
    """What matches a name whose part, or letters of a part, are the first group."""
    found = _ITEM.fullmatch(item)
    assert found is not None
    before, sign, behind = _around(int(found["number"]), bool(found["end"]), bool(found["more"]))
    letters = _letters(sign, int(found["letter"] or 0), bool(found["letters_end"]), bool(found["letters_more"]))
    return f"{before}{letters}{behind}"


def _around(number: int, from_end: bool, more: bool) -> tuple[str, str, str]:
    """What stands in front of a part, what signs it has, and what stands behind it."""
    sign = "." if more or not number else "[^.]"
    if not number:
        return "^", sign, "$"
    if from_end:
        return "^" if more else r"(?:^|\.)", sign, _times(r"(?:\.[^.]+)", number - 1) + "$"
    return "^" + _times(r"(?:[^.]+\.)", number - 1), sign, "$" if more else r"(?:\.|$)"


def _letters(sign: str, letter: int, from_end: bool, more: bool) -> str:
    """The letters of a part that count, as a group; all of it for letter 0."""
    others = _times(sign, letter - 1)
    if not letter:
        return f"({sign}+)"
    if from_end:
        return f"({sign}+){others}" if more else f"{sign}*({sign}){others}"
    return f"{others}({sign}+)" if more else f"{others}({sign}){sign}*"


def _times(pattern: str, count: int) -> str:
    return pattern if count == 1 else f"{pattern}{{{count}}}" if count > 0 else ""
