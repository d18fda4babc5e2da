"""URLs that httpd makes about itself, in nginx's words (RV-4, RV-5, VH-60, NGX-18)."""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.program.workers import DEFAULT_PORTS
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import literal


def public_url(low: Lowering, host: Host, path: str) -> str:
    """RV-4, RV-5: the public path as an absolute URL of this server, unless it is one already."""
    if "://" in path:
        return literal(path)
    return f"{own_scheme(host)}://{self_authority(low, host)}{literal(path)}"


def self_authority(low: Lowering, host: Host) -> str:
    """What httpd calls this server in URLs it makes (NGX-18)."""
    port = own_port(low, host)
    name = literal(host.name) if host.canonical_name else ""
    if host.canonical_port:
        return f"{name}{port}"
    named = f"{name}{low.maps.use('self_port')}" if name else low.maps.use("self")
    if not port:
        return named
    entries = (("", f"{name or '$server_is'}{port}"), (r"~:\d+$", named), ("default", f"{name or '$host'}{port}"))
    return low.maps.make("self_at_port", Map("$asked_host", entries, "the same, with the server's own port (VH-60)"))


def own_port(low: Lowering, host: Host) -> str:
    """The port that no Host has named: ServerName's, or the one where the client came in; nothing for the usual one."""
    if host.physical_port and (host.port is None or not host.canonical_port):
        usual = (("http:80", ""), ("https:443", ""), ("default", ":$server_port"))
        return low.maps.make("physical_port", Map("$scheme:$server_port", usual, "UseCanonicalPhysicalPort"))
    return "" if host.port in (None, DEFAULT_PORTS[own_scheme(host)]) else f":{host.port}"
