"""How the server calls itself in what it writes when a request was decided (VH-60, RV-4, LG-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.program import naming

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


def self_url(exchange: Exchange) -> bytes:
    """``scheme://host[:port]`` of URLs made here."""
    client, host = exchange.client, exchange.site.host
    asked = exchange.host.decode("latin-1") if exchange.host is not None else ""
    door = client.door
    meant, found = _naming(exchange), _found(exchange)
    return naming.self_url(host, meant, door.scheme, asked, door.address[1], found).encode("latin-1")


def own_name(exchange: Exchange) -> str:
    """The server's name as UseCanonicalName wants it, for logs."""
    asked = "" if exchange.host is None else exchange.host.decode("latin-1").lower()
    name, colon, port = asked.rpartition(":")
    return naming.own_name(
        exchange.site.host, _naming(exchange), name if colon and port.isdigit() else asked, _found(exchange)
    )


def _naming(exchange: Exchange) -> naming.Naming:
    return exchange.plan.naming or exchange.site.host.naming


def _found(exchange: Exchange) -> str:
    """The name that the decision has asked DNS for."""
    client = exchange.client
    return client.server.authority.known_own_name(client.door.address[0]) if _naming(exchange).by_dns else ""
