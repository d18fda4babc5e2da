"""mod_vhost_alias: folders by the parts of the host's name or address. Files are not served here."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import listed

_PART = r"-?\d\+?"
#: A percent sign begins ``%%``, ``%p`` or ``%N.M``, each number with signs.
_BAD = re.compile(rf"%(?!%|p|{_PART}(?:\.{_PART}|(?!\.)))|%{_PART}\.(?!{_PART})")


def _format(words: Sequence[str]) -> str:
    text = words[0]
    if not text.startswith("/"):
        if text.lower() != "none":
            raise ValueRefused("format string must be an absolute path, or 'none'", 0)
        return ""
    if _BAD.search(text.replace("%%", "")):
        raise ValueRefused("syntax error in format string", 0)
    return text


MODULE = Module(
    "mod_vhost_alias",
    fate=Fate.REFUSED,
    directives=[
        listed("VirtualDocumentRoot", _format),
        listed("VirtualDocumentRootIP", _format),
        listed("VirtualScriptAlias", _format),
        listed("VirtualScriptAliasIP", _format),
    ],
)
