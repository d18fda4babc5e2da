"""Environment variables by which a configuration tells httpd how to treat a message (RQ-25 to RQ-27, RB-12).

They are read late, when every step has run: those of the proxy when the request goes out, those of the core when the
answer's head is written. Only their being set counts, but for ``proxy-interim-response``. A host whose requests may
have one is decided request by request (``compile``), so the others pay nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.request import Decision
from apacheconf.runtime.strict import Fields

if TYPE_CHECKING:
    from apacheconf.runtime.choosing import Choosing
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.requesting import Requesting

OLD_REQUEST = "force-proxy-request-1.0"
NO_KEEPALIVE = "proxy-nokeepalive"
FRESH = "proxy-initial-not-pooled"
INTERIM = "proxy-interim-response"
#: Towards origins, and towards clients. What httpd reads of ``proxy-sendchunked`` shows only where an input filter
#: changes a body's length (RB-4), beside ``proxy-sendcl``; prefetching never blocks anybody here.
SWITCHES = frozenset(
    {OLD_REQUEST, NO_KEEPALIVE, FRESH, INTERIM, "proxy-sendcl", "proxy-sendchunked", "proxy-sendchunks",
     "proxy-sendextracrlf", "nokeepalive", "downgrade-1.0", "force-response-1.0", "force-no-vary"}
)  # fmt: skip


def switches_in(env: Mapping[str, str]) -> dict[str, str]:
    """The switches among a request's variables, by their names in lower case."""
    return {key: value for name, value in env.items() if (key := name.lower()) in SWITCHES}


def switches_for_fcgi(env: Mapping[str, str]) -> dict[str, str]:
    """The same for FastCGI, which is always told how long a body is (FC-11)."""
    found = {name: value for name, value in switches_in(env).items() if not name.startswith("proxy-send")}
    return {**found, "proxy-sendcl": "1"}


def is_asked_once(exchange: Choosing) -> bool:
    """Whether the connection to the origin is for this request alone (RQ-25)."""
    switches = exchange.plan.switches
    return OLD_REQUEST in switches or NO_KEEPALIVE in switches


def wants_fresh(exchange: Choosing) -> bool:
    """Whether an idle connection won't do (RQ-25, RQ-26)."""
    return is_asked_once(exchange) or (FRESH in exchange.plan.switches and exchange.client.requests == 1)


def wants_length(exchange: Requesting) -> bool:
    """Whether a body whose length isn't known is read whole first, to be sent with one (RB-3, RB-4)."""
    switches = exchange.plan.switches
    if OLD_REQUEST in switches or exchange.inflater is not None:
        return True
    return "proxy-sendcl" in switches and not switches.keys() & {"proxy-sendchunked", "proxy-sendchunks"}


def relays_expect(exchange: Exchange) -> bool:
    """Whether it is the origin that says if the body is wanted (RQ-20); else httpd says so itself (RQ-21)."""
    decision = exchange.plan.decision
    if exchange.plan.forwarding.inflates:
        return False
    answers = decision is not None and (decision.answers_expect or is_fcgi(decision.origin))
    return OLD_REQUEST not in exchange.plan.switches and not answers


def relays_continue(exchange: Exchange) -> bool:
    """Whether a client gets ``100 Continue`` although it does not expect one (RS-19)."""
    return exchange.plan.switches.get(INTERIM, "").lower() == "rfc"


def relays_interim(exchange: Exchange) -> bool:
    """Whether a client gets answers of 1xx: any word but RFC keeps them back (RS-19)."""
    return INTERIM not in exchange.plan.switches or relays_continue(exchange)


def protocol_for(exchange: Exchange) -> bytes:
    """The protocol of the answer's first line; before its head is written, because ``version`` and ``stay`` follow.

    force-no-vary makes an old answer of any, force-response-1.0 only of one to HTTP/1.0 (or downgrade-1.0).
    """
    switches = exchange.plan.switches
    if "force-no-vary" in switches or "downgrade-1.0" in switches:
        exchange.version = min(exchange.version, (1, 0))
    old = "force-no-vary" in switches or ("force-response-1.0" in switches and exchange.version == (1, 0))
    if old or "nokeepalive" in switches or (exchange.version < (1, 1) and not exchange.announce):
        exchange.stay = False
    return b"HTTP/1.0" if old else b"HTTP/1.1"


def vary_lines(decision: Decision) -> Fields:
    """Vary of an answer made here: the fields that expressions and rules have asked (EXPR-31, RW-40)."""
    return [(b"Vary", line.encode("latin-1")) for line in decision.vary]


def dated_for(exchange: Exchange, fields: Fields) -> Fields:
    """The fields with an Expires of now where nobody may keep the answer, unless it has one itself (RS-31)."""
    if not exchange.uncached or any(name.lower() == b"expires" for name, _ in fields):
        return fields
    return [*fields, (b"Expires", exchange.client.server.date())]


def vary_for(exchange: Exchange, fields: Fields) -> Fields:
    """The fields with one Vary at most, each name in it once; without any where force-no-vary says so."""
    values = [value for name, value in fields if name.lower() == b"vary"]
    if not values:
        return fields
    others = [pair for pair in fields if pair[0].lower() != b"vary"]
    if "force-no-vary" in exchange.plan.switches:
        return others
    first = next(number for number, pair in enumerate(fields) if pair[0].lower() == b"vary")
    named: dict[bytes, bytes] = {}
    for value in values:
        for name in re.split(rb"[ \t,]+", value):
            named.setdefault(name.lower(), name)
    named.pop(b"", None)
    return [*others[:first], (fields[first][0], b",".join(named.values())), *others[first:]]
