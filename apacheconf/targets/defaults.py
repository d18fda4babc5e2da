"""Directives that say what holds without them: ``SSLCompression off``, ``ProxyErrorOverride Off``.

A target has httpd's defaults written out already (DEF), so that such a line adds nothing to its output; and where it
takes back what was said further out, the output has nothing there to take back.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from typing import Any

from apacheconf.ledger import Written
from apacheconf.modules import registry
from apacheconf.modules.declare import ValueRefused

#: Flags that no setting is declared for, and what they are when nobody sets them.
_OFF = frozenset(
    {
        "cachenegotiateddocs", "checkcaseonly", "checkspelling", "cookietracking", "dav", "identitycheck",
        "protocolecho", "proxyexpressenable", "proxyhtmlenable", "session", "sslcompression", "sslfips",
        "sslinsecurerenegotiation", "sslocspenable", "sslocspnoverify", "sslocspoverrideresponder", "sslusestapling",
        "xbithack"
    }
)  # fmt: skip
_ON = frozenset(
    {
        "proxywebsocketfallbacktoproxyhttp", "sslocspuserequestnonce", "sslstaplingfaketrylater",
        "sslstaplingreturnrespondererrors"
    }
)  # fmt: skip
#: Directives that read their text themselves.
_RAW = {"accessfilename": ".htaccess"}
_UNKNOWN = object()


def says_default(directive: Written) -> bool:
    """Whether the value of a directive is the one that its setting has when nobody sets it."""
    name, said = directive.name.lower(), directive.args.strip().lower()
    if name in _OFF or name in _ON:
        return said == ("on" if name in _ON else "off")
    if name in _RAW:
        return said == _RAW[name]
    spec = registry.spec(directive.name)
    if spec is None or spec.parse is None or spec.appends or spec.extends or spec.raw:
        return False
    try:
        value = spec.parse([word.strip("\"'") for word in directive.args.split()])  # no default has a blank in a word
    except ValueRefused:
        return False
    default = _default(spec.module, spec.per, spec.fills)
    return default is not _UNKNOWN and bool(value == default)


@cache
def _default(module: str, per: str, setting: str) -> Any:
    declared = registry.declared(module)
    conf = declared and (declared.server_conf if per == "server" else declared.dir_conf)
    if not conf:
        return _UNKNOWN
    return next((each.default.value for each in fields(conf) if each.name == setting), _UNKNOWN)
