"""Folders that the name or the address of a host names (mod_vhost_alias), as values of the request."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from apacheconf.program.conditions import Regex
from apacheconf.program.hosts import Host
from apacheconf.program.mod_vhost_alias import ITEM, filled
from apacheconf.program.steps import MapByName, MapToFile, Step
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.captures import joined, parts_of

#: Of what a part of a folder is taken: the variable's argument is its item, without the percent sign.
BY_NAME, BY_ADDRESS = "PART_OF_NAME", "PART_OF_ADDRESS"


@dataclass(frozen=True, slots=True)
class MapToNamed(MapToFile):
    """A MapToFile whose ``folder`` depends on the host; ``root`` is the text that it begins with."""

    folder: Value = Literal("")


def placed(host: Host, step: Step) -> Step:
    """A mapping by name as one to a folder, a fixed one where only ServerName counts. It stays as it is where nobody
    knows which name that will be (UseCanonicalName DNS, or in sections)."""
    action = step.action
    if not isinstance(action, MapByName):
        return step
    if not action.by_address and (host.naming.by_dns or host.shape.renames):
        return step
    first, *others = parts_of(_folder(host, action)) or (Literal(""),)
    root = first.text if isinstance(first, Literal) else ""
    if not others:
        return replace(step, action=MapToFile(root, action.prefix))
    return replace(step, action=MapToNamed(root, action.prefix, None, joined((first, *others))))


def _folder(host: Host, action: MapByName) -> Value:
    parts: list[Value] = []
    at, pattern = 0, action.pattern.removesuffix("/")
    for item in ITEM.finditer(pattern):
        parts.append(Literal(pattern[at : item.start()]))
        at = item.end()
        if item["percent"]:
            parts.append(Literal("%"))
        elif item["port"]:
            parts.append(Variable("SERVER_PORT"))
        elif host.canonical_name and not action.by_address:
            parts.append(Literal(filled(item[0], host.name, 0)))
        else:
            parts.append(Variable(BY_ADDRESS if action.by_address else BY_NAME, item["part"]))
    return joined((*parts, Literal(pattern[at:])))


#: One whole name of a folder, in a pattern and in a value; a sign that stands for itself alone.
_ONE_NAME = re.compile(r"\(?\[\^/\][+*]\??\)?(?=/)")
_PLAIN = re.compile(r"(?:\\[^\w\s]|[\w/~%!@&=:;,<> -])(?![?*+{])")
#: What may stand behind a folder in a pattern that matches all paths below it.
_BELOW = ("(/|$)", "(?:/|$)", "/.*", "/.+", "/", "")


def matches_folder(regex: Regex, folder: Value) -> bool | None:
    """Whether a pattern matches every path below a folder, or none; None where that isn't told so easily."""
    end = next(each for each in _BELOW if regex.pattern.endswith(each))
    rest = regex.pattern.removesuffix(end).removeprefix("^")
    if not regex.pattern.startswith("^") or regex.ignore_case or "|" in rest:
        return None
    parts = parts_of(folder)
    for at, part in enumerate(parts):
        if not isinstance(part, Literal):
            name = _ONE_NAME.match(rest)
            if name is None or not _begins_with_slash(parts[at + 1 : at + 2]):
                return None
            rest = rest[name.end() :]
            continue
        for sign in part.text:
            if not rest:  # it ends further up
                return True if sign == "/" or not end else None
            wanted = _PLAIN.match(rest)
            if wanted is None or wanted[0][-1] != sign:
                return None if wanted is None else False
            rest = rest[wanted.end() :]
    return None if rest else True


def _begins_with_slash(parts: tuple[Value, ...]) -> bool:
    """Whether what follows is the end of a name, as all that lies below the folder is."""
    return not parts or (isinstance(parts[0], Literal) and parts[0].text.startswith("/"))
