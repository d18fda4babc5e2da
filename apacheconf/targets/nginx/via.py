"""ProxyVia in nginx: the line that names this server to origins and to clients (RQ-16, RS-7, NGX-70)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.workers import DEFAULT_PORTS
from apacheconf.targets.claims import Claim, equivalent, exact
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.own_urls import own_port
from apacheconf.targets.nginx.tree import literal

_PROTOCOL = Map("$server_protocol", (("~^HTTP/(?<number>.*)$", "$number"),), "the protocol of a line of Via")
_VERSION = "the comment in Via names no version of httpd"


def via_word(low: Lowering, host: Host) -> str:
    """What is added to Via, both ways; empty where nothing is."""
    said = host.shape.limits.via
    if said not in ("On", "Full"):
        return ""
    protocol = low.maps.make("via_protocol", _PROTOCOL)
    comment = " (Apache/2.4)" if said == "Full" else ""
    return f"{protocol} {literal(host.name) or '$hostname'}{_port(low, host)}{comment}"


def via_to_origin(low: Lowering, host: Host) -> str | None:
    """The value of Via for an origin; None where it stays as it is."""
    if host.shape.limits.via == "Block":
        return ""
    word = via_word(low, host)
    if not word:
        return None
    return low.maps.make("via", Map("$http_via", (("", word), ("default", f"$http_via, {word}")), ""))


def claim_of(host: Host, said_by: Written) -> Claim:
    """What became of the ProxyVia that holds for a host."""
    full = host.shape.limits.via == "Full"
    return equivalent([said_by], _VERSION, "via-comment") if full else exact([said_by])


def _port(low: Lowering, host: Host) -> str:
    """The port that the client named, or the server's own, unless it is the usual one of the scheme."""
    own = own_port(low, host)
    if host.canonical_port:
        return own
    usual = DEFAULT_PORTS[own_scheme(host)]
    named = ((rf"~:0*{usual}$", ""), (r"~:0*(?<via_named>\d+)$", ":$via_named"), ("default", own))
    return low.maps.make("via_port", Map(low.maps.use("asked_host"), named, ""))
