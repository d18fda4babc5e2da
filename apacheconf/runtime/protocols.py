"""Which class speaks to an origin, by the scheme of its worker: the one list of what serve can speak.

A new protocol is a subclass of ``OriginConnection`` and a row here; choosing, pooling and failing over know none.
"""

from __future__ import annotations

from apacheconf.program.tls import SECURE
from apacheconf.runtime.fcgi import FcgiConnection
from apacheconf.runtime.http_origin import HttpConnection
from apacheconf.runtime.origin import OriginConnection

#: Workers of other schemes answer 500 (FA-3, FA-16).
PROTOCOLS: dict[str, type[OriginConnection]] = {
    "http": HttpConnection,
    "ws": HttpConnection,
    "fcgi": FcgiConnection,
    **dict.fromkeys(SECURE, HttpConnection),
}
