"""mod_vhost_alias: folders by the parts of the host's name or address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Parse, Setting, ValueRefused, setting
from apacheconf.modules.facts import listed


@dataclass(frozen=True, slots=True)
class Pattern:
    """The format of a path; ``by_address`` takes the parts of the local address in place of the name's."""

    text: str
    by_address: bool = False


NOBODY_SAYS = Pattern("")


@dataclass(frozen=True)
class VhostAliasServerConf(Conf):
    """Where the files of a host lie, and its programs; empty where nobody says so, or ``none`` was said."""

    module: ClassVar[str] = "mod_vhost_alias"

    root: Setting[Pattern] = setting(NOBODY_SAYS)
    scripts: Setting[Pattern] = setting(NOBODY_SAYS)


_PART = r"-?\d\+?"
#: A percent sign begins ``%%``, ``%p`` or ``%N.M``, each number with signs.
_BAD = re.compile(rf"%(?!%|p|{_PART}(?:\.{_PART}|(?!\.)))|%{_PART}\.(?!{_PART})")


def _format(by_address: bool = False) -> Parse:
    def parse(words: Sequence[str]) -> Pattern:
        text = words[0]
        if not text.startswith("/"):
            if text.lower() != "none":
                raise ValueRefused("format string must be an absolute path, or 'none'", 0)
            return NOBODY_SAYS
        if _BAD.search(text.replace("%%", "")):
            raise ValueRefused("syntax error in format string", 0)
        return Pattern(text, by_address)

    return parse


MODULE = Module(
    "mod_vhost_alias",
    server_conf=VhostAliasServerConf,
    fate=Fate.SERVED,
    directives=[
        listed("VirtualDocumentRoot", _format(), fate=Fate.SERVED, fills="root"),
        listed("VirtualDocumentRootIP", _format(by_address=True), fate=Fate.SERVED, fills="root"),
        listed("VirtualScriptAlias", _format(), fate=Fate.SERVED, fills="scripts"),
        listed("VirtualScriptAliasIP", _format(by_address=True), fate=Fate.SERVED, fills="scripts"),
    ],
)
