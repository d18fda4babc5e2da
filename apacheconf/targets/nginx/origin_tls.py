"""TLS with origins in nginx: what SSLProxy directives ask for (NGX-184, TB-1 to TB-7)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.tls import PROTOCOLS, OriginTls
from apacheconf.program.workers import Worker
from apacheconf.targets.claims import Claim, equivalent
from apacheconf.targets.nginx import joined
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.origin_tls import VERIFIED, checked_but, lists_differ, unchecked
from apacheconf.targets.routes import is_address


def why_closed(tls: OriginTls) -> str:
    """Why an origin can't be asked as it must be; empty if it can."""
    if tls.verify == "optional_no_ca":
        return "nginx can't check an origin's certificate without its authority (SSLProxyVerify optional_no_ca)"
    if tls.verify in VERIFIED and not (tls.ca_path or tls.ca_file):
        return "no authority of origins is named (SSLProxyCACertificateFile, SSLProxyCACertificatePath)"
    if tls.verify in VERIFIED and tls.depth < 1:
        return "nginx believes an origin whose authority is known, however short its chain has to be (depth 0)"
    if tls.revocation != "none" and not (tls.crl_path or tls.crl_file):
        return "no list of revoked certificates is named (SSLProxyCARevocationFile, SSLProxyCARevocationPath)"
    return ""


def emit_origin_tls(low: Lowering, tls: OriginTls, worker: Worker, keeps_host: bool, location: Block) -> None:
    """How the location speaks TLS: the name that is asked for, and what the origin must show."""
    if keeps_host or not is_address(worker):
        location.add("proxy_ssl_server_name", "on")
    if keeps_host:
        why = "a connection made for one name serves no other, so none is kept"
        location.add("proxy_ssl_name", "$host", comment=why)
    else:
        location.add("proxy_ssl_name", literal(worker.host))
    location.add("proxy_ssl_protocols", *sorted(tls.protocols or PROTOCOLS))
    if tls.ciphers:
        location.add("proxy_ssl_ciphers", literal(tls.ciphers))
    if tls.ciphers_13:
        location.add("proxy_ssl_conf_command", "Ciphersuites", literal(tls.ciphers_13))
    if tls.certificate:
        location.add("proxy_ssl_certificate", literal(tls.certificate))
        location.add("proxy_ssl_certificate_key", literal(tls.certificate))
    location.add("proxy_ssl_verify", "on" if tls.verify in VERIFIED else "off")
    if tls.verify in VERIFIED:
        location.add("proxy_ssl_verify_depth", str(tls.depth - 1))  # which counts what stands between
        file = tls.ca_file
        if tls.ca_path:
            file, command = low.joined.bundle(tls.ca_path, tls.ca_file)
            low.joined.say(command, file, location)
        location.add("proxy_ssl_trusted_certificate", literal(file))
        if tls.revocation != "none":
            _emit_revocation(low, tls, location)


def _emit_revocation(low: Lowering, tls: OriginTls, location: Block) -> None:
    file = tls.crl_file
    if tls.crl_path:
        file, command = low.joined.lists(tls.crl_path, tls.crl_file)
        low.joined.say(command, file, location)
    location.add("proxy_ssl_crl", literal(file))


def claims_of(tls: OriginTls, mapping: tuple[Written, ...], said_by: tuple[Written, ...]) -> list[Claim]:
    """What became of the mapping and of the SSLProxy directives that bear on it."""
    return _stricter(tls, said_by) if tls.verify in VERIFIED else unchecked(tls, mapping, said_by)


def _stricter(tls: OriginTls, said_by: tuple[Written, ...]) -> list[Claim]:
    """nginx checks the name with the chain or not at all; the dates are part of the chain in httpd, too (TB-4)."""
    named = {"sslproxyverify": "an origin that is not trusted is answered with 502; httpd answers 500"}
    if not tls.check_name:
        named |= dict.fromkeys(("sslproxycheckpeername", "sslproxycheckpeercn"), "the name is checked all the same")
    claims = checked_but(named | lists_differ(tls, said_by), said_by)
    folders = {"sslproxycacertificatepath": joined.FOLDER, "sslproxycarevocationpath": joined.LISTS}
    made = [each for each in said_by if each.name.lower() in folders]
    return [*claims, *(equivalent([each], folders[each.name.lower()], joined.KEY) for each in made)]
