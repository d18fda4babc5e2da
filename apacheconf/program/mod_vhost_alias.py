"""mod_vhost_alias in the program: the last but DocumentRoot to say where a path lies, by the host's name.

A format is text with ``%p`` for the port, ``%%``, and ``%N.M`` for part N of the name, or letter M of that part; 0 is
all of it, a minus counts from the end, a plus adds all parts behind (or, with the minus, before). A part that isn't
there is ``_``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.model.types import Server
from apacheconf.modules.declare import Setting
from apacheconf.modules.mod_vhost_alias import Pattern, VhostAliasServerConf
from apacheconf.program.conditions import Under
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import STOP, MapByName, SetHandler, Step

ITEM = re.compile(
    r"%(?:(?P<percent>%)|(?P<port>p)"
    r"|(?P<part>(?P<dash>-?)(?P<number>\d)(?P<plus>\+?)(?:\.(?P<dash2>-?)(?P<number2>\d)(?P<plus2>\+?))?))"
)
#: httpd sees no more dots than these.
_MOST_PARTS = 19


def server_steps(server: Server, linker: Linker) -> Iterator[Step]:
    """Programs by name are never run here: their paths have the handler that refuses them."""
    conf = server.server_conf(VhostAliasServerConf)
    if conf.scripts.value.text:
        when = Under("/cgi-bin/")
        number = linker.said_by(conf.scripts.said_by)
        yield Step(Phase.TRANSLATE, SetHandler("cgi-script"), number, when)
        yield Step(Phase.TRANSLATE, _mapping(conf.scripts, "/cgi-bin"), number, when, STOP)
    if conf.root.value.text:
        yield linker.step(Phase.TRANSLATE, _mapping(conf.root), conf.root.said_by, then=STOP)


def _mapping(setting: Setting[Pattern], prefix: str = "") -> MapByName:
    return MapByName(setting.value.text, setting.value.by_address, prefix)


def filled(pattern: str, name: str, port: int) -> str:
    """The folder that a format names for a host."""

    def replaced(item: re.Match[str]) -> str:
        if item["percent"]:
            return "%"
        return str(port) if item["port"] else _part(item, name).lower()

    return ITEM.sub(replaced, pattern).removesuffix("/")


def start_of(pattern: str) -> str:
    """The folder that all folders lie in which a format may name."""
    return pattern.partition("%")[0].rpartition("/")[0]


def _part(item: re.Match[str], name: str) -> str:
    head, *rest = name.split(".")
    parts = [head, *rest[: _MOST_PARTS - 1]]
    if len(rest) >= _MOST_PARTS:
        parts[-1] = ".".join(rest[_MOST_PARTS - 1 :])
    found = _chosen(parts, int(item["number"]), bool(item["dash"]), bool(item["plus"]), ".") or name
    letters = int(item["number2"] or 0)
    return _chosen(list(found), letters, bool(item["dash2"]), bool(item["plus2"]), "") or found


def _chosen(items: list[str], number: int, from_end: bool, more: bool, glue: str) -> str:
    """Item ``number`` of these, ``_`` if there are fewer; empty for 0, which is all of them."""
    if number == 0:
        return ""
    if number > len(items):
        return "_"
    if from_end:
        end = len(items) - number + 1
        return glue.join(items[0 if more else end - 1 : end])
    return glue.join(items[number - 1 : None if more else number])
