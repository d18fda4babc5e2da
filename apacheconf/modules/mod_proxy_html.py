"""mod_proxy_html: rewriting links in the pages of origins. Nobody reads it yet; its values are checked."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, ValueRefused
from apacheconf.modules.facts import flags, listed
from apacheconf.modules.proxy_parameters import atoi


def _size(words: Sequence[str]) -> int:
    if not re.fullmatch(r"\s*[+-]?\d+", words[0]):
        raise ValueRefused("Invalid value for directive ProxyHTMLBufSize, expected integer", 0)
    return atoi(words[0])


MODULE = Module(
    "mod_proxy_html",
    fate=Fate.REFUSED,
    directives=[
        listed("ProxyHTMLBufSize", _size),
        *flags("ProxyHTMLEnable ProxyHTMLExtended ProxyHTMLInterp ProxyHTMLMeta ProxyHTMLStripComments"),
    ],
)
