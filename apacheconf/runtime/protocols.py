"""Which class speaks to an origin, by the scheme of its worker: the one list of what serve can speak.

A new protocol is a subclass of ``OriginConnection`` and a row here; choosing, pooling and failing over know none.
"""

from __future__ import annotations

from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Worker
from apacheconf.runtime import faults
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.fcgi import FcgiConnection
from apacheconf.runtime.http_origin import HttpConnection
from apacheconf.runtime.origin import OriginConnection

#: Workers of other schemes answer 500 (FA-16).
PROTOCOLS: dict[str, type[OriginConnection]] = {
    "http": HttpConnection,
    "ws": HttpConnection,
    "fcgi": FcgiConnection,
    **dict.fromkeys(SECURE, HttpConnection),
}
_NEEDED = {"fcgi": "proxy_fcgi_module", **dict.fromkeys(SECURE, "ssl_module")}


def protocol_of(worker: Worker, modules: frozenset[str]) -> type[OriginConnection]:
    """What speaks to an origin where these modules are loaded. Raises OriginBroke, and blames nobody (FA-16)."""
    needed = _NEEDED.get(worker.scheme, "proxy_module")
    found = PROTOCOLS.get(worker.scheme)
    if found is None or ("proxy_module" in modules and needed not in modules):  # a fragment names no such module
        said = faults.no_handler(worker.scheme if worker.member is None else "balancer")
        raise OriginBroke(500, "a scheme nobody speaks", said=said, blames=False)
    return found
