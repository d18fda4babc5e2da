"""TLS with origins: how a server line says what SSLProxy directives ask for (HAP-93, TB-1 to TB-7)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.tls import PROTOCOLS, OriginTls
from apacheconf.program.workers import Worker
from apacheconf.targets.claims import Claim
from apacheconf.targets.haproxy.mod_ssl import versions
from apacheconf.targets.origin_tls import VERIFIED, checked_but, lists_differ, unchecked
from apacheconf.targets.routes import is_address

_NO_DEPTH = "HAProxy doesn't count the authorities above the origin's certificate"
#: As long as any chain is.
_NO_LIMIT = 10


def why_closed(tls: OriginTls) -> str:
    """Why an origin can't be asked as it must be; empty if it can."""
    if tls.verify == "optional_no_ca":
        return "HAProxy can't check an origin's certificate without its authority (SSLProxyVerify optional_no_ca)"
    if tls.verify in VERIFIED and not tls.ca_file:
        return "HAProxy reads the authorities of origins from a file (SSLProxyCACertificateFile), not from a folder"
    if tls.revocation != "none" and not tls.crl_file:
        return "HAProxy reads lists of revoked certificates from a file (SSLProxyCARevocationFile), not from a folder"
    return ""


def server_words(tls: OriginTls, worker: Worker, keeps_host: bool) -> list[str]:
    """The words of a server that speaks TLS."""
    words = ["ssl"]
    if tls.verify in VERIFIED:
        words += ["verify", "required", "ca-file", tls.ca_file]
        words += ["verifyhost", worker.host] if tls.check_name and not keeps_host else []
        words += ["crl-file", tls.crl_file] if tls.revocation != "none" else []
    else:
        words += ["verify", "none"]
    words += ["crt", tls.certificate] if tls.certificate else []
    if tls.protocols != PROTOCOLS:
        words += versions(tls.protocols)
    words += ["ciphers", tls.ciphers] if tls.ciphers else []
    words += ["ciphersuites", tls.ciphers_13] if tls.ciphers_13 else []
    if keeps_host:
        return [*words, "sni", "req.hdr(host),field(1,:),lower"]
    return words if is_address(worker) else [*words, "sni", f"str({worker.host})"]


def claims_of(tls: OriginTls, mapping: tuple[Written, ...], said_by: tuple[Written, ...]) -> list[Claim]:
    """What became of the mapping and of the SSLProxy directives that bear on it."""
    if tls.verify not in VERIFIED:
        return unchecked(tls, mapping, said_by)
    differing = {"sslproxyverifydepth": _NO_DEPTH} | lists_differ(tls, said_by)
    if tls.depth < _NO_LIMIT and not any(each.name.lower() == "sslproxyverifydepth" for each in said_by):
        differing["sslproxyverify"] = _NO_DEPTH
    if not tls.check_name:
        differing["sslproxycheckpeername"] = "the name is checked all the same"
    if tls.ca_path:
        differing["sslproxycacertificatepath"] = "authorities in the folder aren't believed, beside those in the file"
    return checked_but(differing, said_by)
