"""SSLOpenSSLConfCmd: what commands to OpenSSL make of a host's TLS, over what mod_ssl's own directives say (TL-4)."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.program.tls import FrontTls

#: From the oldest to the newest.
_ORDER = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def commanded(tls: FrontTls, name: str, value: str, said_by: Written) -> FrontTls:
    """The same with a command done; one that can't be is left for the summary to name. ``name`` is in lower case."""
    changed = _changed(tls, name, value)
    return tls if changed is None else replace(changed, said_by=(*tls.said_by, said_by))


def _changed(tls: FrontTls, name: str, value: str) -> FrontTls | None:
    if name in ("minprotocol", "maxprotocol") and value in (*_ORDER, "None"):
        return replace(tls, protocols=_bounded(tls.protocols, name == "minprotocol", value))
    if name == "cipherstring":
        return replace(tls, ciphers=value)
    if name == "options" and value.lower() in _OPTIONS:
        field, wanted = _OPTIONS[value.lower()]
        return replace(tls, **{field: wanted})  # type: ignore[arg-type]  # both are flags
    return None


_OPTIONS = {
    "sessionticket": ("tickets", True),
    "-sessionticket": ("tickets", False),
    "serverpreference": ("own_order", True),
    "-serverpreference": ("own_order", False),
}


def _bounded(protocols: frozenset[str], least: bool, value: str) -> frozenset[str]:
    """The versions with another lower or upper bound; those between the bounds that were left out stay out."""
    spoken = [name for name in _ORDER if name in protocols] or list(_ORDER)
    first, last = _ORDER.index(spoken[0]), _ORDER.index(spoken[-1])
    holes = {name for name in _ORDER[first : last + 1] if name not in protocols}
    if least:
        first = 0 if value == "None" else _ORDER.index(value)
    else:
        last = len(_ORDER) - 1 if value == "None" else _ORDER.index(value)
    return frozenset(_ORDER[first : last + 1]) - holes
