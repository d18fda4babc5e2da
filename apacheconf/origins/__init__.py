"""Origins that answer for the real ones: a stub to look at, and an echo whose answers a test can order.

The stub shows the request exactly as the origin would have received it, as a page or, when asked for, as
JSON; it takes HTTP and FastCGI. A *controlled* origin obeys the header X-Ctl (DIF-2), a JSON object with the keys
of ``Orders``.

``factory`` gives plain asyncio protocols: ``serve --stub-origins`` runs them in its own loop, prove in a thread
(``prove.threaded``).
"""

from apacheconf.origins.http import RequestReader
from apacheconf.origins.page import page, shown
from apacheconf.origins.protocol import OriginProtocol, factory
from apacheconf.origins.received import CONTROL, SELF, Headers, Orders, Received, read_orders

__all__ = [
    "CONTROL",
    "SELF",
    "Headers",
    "Orders",
    "OriginProtocol",
    "Received",
    "RequestReader",
    "factory",
    "page",
    "read_orders",
    "shown",
]
