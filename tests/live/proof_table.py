"""Sites that still differ from httpd where nothing announces it, translated or served: what is to be mended.

A site that isn't named has no such difference. A site that is named here and has none any more fails its test, so
that the table only ever gets shorter.
"""

from __future__ import annotations

#: Target -> sites.
OPEN: dict[str, frozenset[str]] = {
    "nginx": frozenset(),
    "haproxy": frozenset(),
    # it is a forward proxy, which serve isn't: requests for other servers are refused (FW-2)
    "serve": frozenset({"forward-proxy-restricted"}),
}

#: Sites of the table that differ in some runs only.
BY_CHANCE: frozenset[str] = frozenset()
#: Sites whose balancer goes by who is busy: for httpd a member is until the child has cleared up behind its answer, so
#: that the next request may find it so or not. Which member is asked may differ there, and nothing else.
BUSY = frozenset({"hot-standby-balancer"})
