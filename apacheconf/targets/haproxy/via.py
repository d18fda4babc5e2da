"""ProxyVia in HAProxy: the line that names this server to origins and to clients (RQ-16, RS-7)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.targets.claims import equivalent, exact
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.hostnames import own_scheme

_VERSION = "the comment in Via names no version of httpd"


def host_name(low: Lowering, host: Host) -> str:
    """The name of a host, as a log format."""
    return "%[var(txn.host)]" if host.number in low.kinds else plain(host.name)


def emit_via(low: Lowering, host: Host, backend: Section) -> None:
    """Both lines, if any: that for origins extends the one that is there."""
    said = host.shape.limits.via
    if said not in ("On", "Full", "Block"):
        return
    said_by = _lines(low, host)
    claim = equivalent(said_by, _VERSION, "via-comment") if said == "Full" else exact(said_by)
    comment = low.sources.comment(said_by)
    if said == "Block":
        backend.rule("http-request del-header Via", comment=comment, claims=(claim,))
        return
    who = f"{host_name(low, host)}{port_of(host, backend)}{' (Apache/2.4)' if said == 'Full' else ''}"
    one, value = "{ req.fhdr_cnt(via) 1 }", f"%[req.ver] {who}"
    backend.rule(f"http-request set-var-fmt(txn.via) ? if {one}", f"%[req.fhdr(via)], {value}",
                 comment=comment, claims=(claim,))  # fmt: skip
    backend.rule(f"http-request set-var-fmt(txn.via) ? unless {one}", value)
    backend.rule(f"http-request del-header Via if {one}")
    backend.rule("http-request add-header Via %[var(txn.via)]")
    backend.rule("http-request set-var(txn.client_version) req.ver")
    backend.rule("http-response add-header Via ?", f"%[var(txn.client_version)] {who}")


def _lines(low: Lowering, host: Host) -> list[Written]:
    own = [each for each in low.scopes.own(host) if each.name.lower() == "proxyvia"]
    return own[-1:] or low.scopes.named("proxyvia")[-1:]


def port_of(host: Host, backend: Section) -> str:
    """The port that the client named, or the server's own, unless it is the usual one of the scheme: as a log format,
    in which a variable that isn't there is nothing.
    """
    usual = 443 if own_scheme(host) == "https" else 80
    own = f":{host.port}" if host.port not in (None, usual) else ""
    physical = host.physical_port and (host.port is None or not host.canonical_port)
    if host.canonical_port and not physical:
        return plain(own)
    if physical:
        backend.rule(f"http-request set-var-fmt(txn.via_port) ? if !{{ dst_port {usual} }}", ":%[dst_port]")
    elif own:
        backend.rule("http-request set-var-fmt(txn.via_port) ?", plain(own))
    if not host.canonical_port:
        named = rf'req.fhdr(host),regsub("^(?:\\[[^\\]]*\\]|[^:]*):0*",":"),regsub("^:{usual}$","")'
        backend.rule("http-request set-var(txn.via_port) ? if { req.fhdr(host) -m reg :[0-9]+$ }", named)
    return "%[var(txn.via_port)]"
