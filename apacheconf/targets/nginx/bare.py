"""Paths without their final slash that are answered like all around them need no location of their own (NGX-32).

One is needed where nginx would lead such a path to the one with a slash: where that is handed to an origin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block, Directive, add_claims, all_directives, print_tree

_TO_ORIGINS = ("proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass")


def leave_out_needless(low: Lowering, locations: Block) -> None:
    """Leave out the locations of such paths, and the maps that only they ask; their claims go to what is around."""
    found = {each.words: each for each in locations.directives() if each.name == "location"}
    for words, bare in found.items():
        around = _around(found, words[1]) if words[0] == "=" else None
        if around is None or _redirects(found.get(("^~", f"{words[1]}/"))):
            continue
        if _says(bare, low.maps.made) == _says(around, low.maps.made):
            add_claims(around, bare)
            locations.entries = [each for each in locations.entries if each is not bare]
            _leave_out_maps(low, bare, locations)


def _around(found: Mapping[tuple[str, ...], Directive], path: str) -> Directive | None:
    """The location that takes the path where it has none of its own."""
    above = [words for words in found if words[0] == "^~" and path.startswith(words[1])]
    return found.get(max(above, key=lambda words: len(words[1]), default=("/",)))


def _redirects(location: Directive | None) -> bool:
    return location is None or any(each.name in _TO_ORIGINS for each in all_directives(Block([location])))


def _says(location: Directive, maps: Mapping[str, Map]) -> tuple[str, list[object]]:
    """What a location does; a map that picks another one is what it is, whatever it is called."""
    named = list(_asked(location))
    text, _ = print_tree(Block([replace(location, words=(), comment="")]))
    for word in named:
        text = text.replace(word, "$picked")
    return text, [_picked(word, maps) for word in named]


def _picked(variable: str, maps: Mapping[str, Map]) -> object:
    """What a map says, with what others say where it asks them in turn."""
    made = maps[variable]
    return made.source, [(key, _picked(value, maps) if value in maps else value) for key, value in made.entries]


def _asked(location: Directive) -> Iterator[str]:
    """The variables that pick a named location."""
    for each in all_directives(Block([location])):
        if each.name == "try_files" and each.words[-1].startswith("@$"):
            yield each.words[-1].removeprefix("@")


def _in_turn(variables: Iterable[str], maps: Mapping[str, Map]) -> Iterator[str]:
    """These variables, and those that their maps ask in turn."""
    for each in variables:
        if each in maps:
            yield each
            yield from _in_turn((value for _, value in maps[each].entries), maps)


def _leave_out_maps(low: Lowering, location: Directive, left: Block) -> None:
    others = (each for other in left.directives() if other.name == "location" for each in _asked(other))
    if gone := set(_in_turn(_asked(location), low.maps.made)) - set(_in_turn(others, low.maps.made)):
        low.maps.leave_out(gone)
