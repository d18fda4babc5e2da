"""TLS with origins: how a server line says what SSLProxy directives ask for (HAP-93, TB-1 to TB-7)."""

from __future__ import annotations

from apacheconf.ledger import Written
from apacheconf.program.steps import SecureOrigin
from apacheconf.program.tls import PROTOCOLS, OriginTls
from apacheconf.program.workers import Worker
from apacheconf.targets.claims import Claim, approximated, exact
from apacheconf.targets.haproxy.mod_ssl import versions
from apacheconf.targets.routes import Route, is_address

_ORIGIN = "the origin's certificate is not checked: httpd checks {}"
_NO_DEPTH = "HAProxy doesn't count the authorities above the origin's certificate"


def settings_of(route: Route) -> tuple[OriginTls, tuple[Written, ...]]:
    """What a route says of TLS with its origin, and where."""
    for step, _ in route.met:
        if isinstance(step.action, SecureOrigin):
            return step.action.tls, route.host.said_by(step)
    return OriginTls(), ()


def why_closed(tls: OriginTls) -> str:
    """Why an origin can't be asked as it must be; empty if it can."""
    if tls.verify in ("require", "optional") and not tls.ca_file:
        return "HAProxy reads the authorities of origins from a file (SSLProxyCACertificateFile), not from a folder"
    if tls.revocation != "none" and not tls.crl_file:
        return "HAProxy reads lists of revoked certificates from a file (SSLProxyCARevocationFile), not from a folder"
    return ""


def server_words(tls: OriginTls, worker: Worker, keeps_host: bool) -> list[str]:
    """The words of a server that speaks TLS."""
    words = ["ssl"]
    if tls.verify in ("require", "optional"):
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
        return [*words, "sni", "req.hdr(host),field(1,:)"]
    return words if is_address(worker) else [*words, "sni", f"str({worker.host})"]


def claims_of(tls: OriginTls, mapping: tuple[Written, ...], said_by: tuple[Written, ...]) -> list[Claim]:
    """What became of the mapping and of the SSLProxy directives that bear on it."""
    checked = [name for asked, name in ((tls.check_name, "its name"), (tls.check_expire, "its dates")) if asked]
    if tls.verify in ("require", "optional"):
        named = {"sslproxyverifydepth": _NO_DEPTH}
        if not tls.check_name:
            named["sslproxycheckpeername"] = "the name is checked all the same"
        worse = [each for each in said_by if each.name.lower() in named]
        claims = [approximated([each], named[each.name.lower()], "origin-chain") for each in worse]
        return [*claims, exact([each for each in said_by if each not in worse])]
    if not checked:
        return [exact(said_by)]
    worse = [each for each in said_by if each.name.lower().startswith("sslproxycheckpeer")]
    why = _ORIGIN.format(" and ".join(checked))
    return [
        approximated([*mapping, *worse], why, "origin-certificate"),
        exact([each for each in said_by if each not in worse]),
    ]
