"""How the server calls itself in what it writes when a request was decided (VH-60, RV-4, LG-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apacheconf.program import naming

if TYPE_CHECKING:
    from apacheconf.program.hosts import Host
    from apacheconf.runtime.exchange import Exchange


def self_url(exchange: Exchange) -> bytes:
    """``scheme://host[:port]`` of URLs made here."""
    return naming.self_url(*_called(exchange)).encode("latin-1")


def signature(exchange: Exchange) -> str:
    """The line that ServerSignature puts below pages made here (ED-5)."""
    return naming.signature(*_called(exchange)) if _naming(exchange).signature != "Off" else ""


def _called(exchange: Exchange) -> tuple[Host, naming.Naming, str, str, int, str]:
    """Host, naming, scheme, Host header, port and the name in DNS."""
    asked = exchange.host.decode("latin-1") if exchange.host is not None else ""
    door = exchange.client.door
    return exchange.site.host, _naming(exchange), door.scheme, asked, door.address[1], _found(exchange)


def own_name(exchange: Exchange) -> str:
    """The server's name as UseCanonicalName wants it, for logs."""
    asked = "" if exchange.host is None else exchange.host.decode("latin-1").lower()
    name, colon, port = asked.rpartition(":")
    called = (name if colon and port.isdigit() else asked).removesuffix(".").strip("[]")
    return naming.own_name(exchange.site.host, _naming(exchange), called, _found(exchange))


def _naming(exchange: Exchange) -> naming.Naming:
    return exchange.plan.naming or exchange.site.host.naming


def _found(exchange: Exchange) -> str:
    """The name that the decision has asked DNS for."""
    client = exchange.client
    return client.server.authority.known_own_name(client.door.address[0]) if _naming(exchange).by_dns else ""
