"""mod_actions: what answers for a handler, a content type or a method: a path of the server's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Setting, by_key, setting
from apacheconf.modules.facts import listed
from apacheconf.modules.values import one_of


@dataclass(frozen=True)
class ActionsDirConf(Conf):
    """``actions`` maps a handler or a type to a path, and whether it answers for what isn't there too (``virtual``);
    ``scripts`` maps a method to a path."""

    module: ClassVar[str] = "mod_actions"

    actions: Setting[dict[str, tuple[str, bool]]] = setting({}, by_key)
    scripts: Setting[dict[str, str]] = setting({}, by_key)


def _action(words: Sequence[str]) -> dict[str, tuple[str, bool]]:
    if len(words) > 2:
        one_of(words[2], ("virtual",), "unrecognized option '%s'", 2)
    return {words[0].lower(): (words[1], len(words) > 2)}


def _script(words: Sequence[str]) -> dict[str, str]:
    return {words[0]: words[1]}


MODULE = Module(
    "mod_actions",
    dir_conf=ActionsDirConf,
    fate=Fate.SERVED,
    directives=[
        listed("Action", _action, per="dir", fills="actions", fate=Fate.SERVED),
        listed("Script", _script, per="dir", fills="scripts", fate=Fate.SERVED),
    ],
)
