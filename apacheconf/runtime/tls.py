"""TLS with origins: one context for each set of settings, and what is checked after the handshake (TB-1 to TB-7).

OpenSSL verifies chains; names and dates are httpd's own business, because it asks for them of certificates too
whose chain nobody verifies (TB-2). No I/O: the rim hands in the ``SSLObject`` of a finished handshake.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from apacheconf.program.tls import OriginTls
from apacheconf.runtime import faults
from apacheconf.runtime.certificates import Certificate, read_certificate
from apacheconf.runtime.errors import OriginBroke, proxy_error

#: What httpd's page says of every handshake that fails, whatever the reason (FA-4).
HANDSHAKE = "Error during SSL Handshake with remote server"
#: Each version, and the option that leaves it out where lower and higher ones are wanted.
_VERSIONS = {
    "TLSv1": (ssl.TLSVersion.MINIMUM_SUPPORTED, 0),
    "TLSv1.1": (ssl.TLSVersion.TLSv1_1, ssl.OP_NO_TLSv1_1),
    "TLSv1.2": (ssl.TLSVersion.TLSv1_2, ssl.OP_NO_TLSv1_2),
    "TLSv1.3": (ssl.TLSVersion.TLSv1_3, 0),
}
REVOCATION = {"leaf": ssl.VERIFY_CRL_CHECK_LEAF, "chain": ssl.VERIFY_CRL_CHECK_CHAIN}


def handshake_failed() -> OriginBroke:
    return proxy_error(500, HANDSHAKE)


def without_engine(name: str) -> OriginBroke:
    """AH01961: nobody has switched TLS on for this origin (FA-3)."""
    return OriginBroke(500, f"TLS with {name} requires SSLProxyEngine On", said=faults.without_engine(name))


@lru_cache(maxsize=256)
def context_for(tls: OriginTls) -> ssl.SSLContext:
    """The context of these settings. Raises OSError (ssl.SSLError too) for files that can't be read or used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    set_versions(context, tls.protocols)
    context.set_ciphers(f"{tls.ciphers}:!aNULL:!eNULL:!EXP" if tls.ciphers else "DEFAULT")
    verifies = tls.verify in ("require", "optional")
    context.verify_mode = ssl.CERT_REQUIRED if verifies else ssl.CERT_NONE
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
    if tls.ca_file or tls.ca_path:
        context.load_verify_locations(tls.ca_file or None, tls.ca_path or None)
    if verifies and tls.revocation in REVOCATION:
        context.verify_flags |= REVOCATION[tls.revocation]
        if tls.crl_file or tls.crl_path:
            context.load_verify_locations(tls.crl_file or None, tls.crl_path or None)
    if tls.certificate:
        context.load_cert_chain(tls.certificate)
    return context


def set_versions(context: ssl.SSLContext, protocols: frozenset[str]) -> None:
    wanted = [version for name, (version, _) in _VERSIONS.items() if name in protocols]
    if wanted:
        context.minimum_version, context.maximum_version = wanted[0], wanted[-1]
    for name, (version, off) in _VERSIONS.items():
        if off and name not in protocols and wanted and wanted[0] < version < wanted[-1]:
            context.options |= off


def check_peer(connected: Any, tls: OriginTls, name: str) -> None:
    """What httpd asks after the handshake; ``name`` is the one it sent as SNI. Raises OriginBroke(500)."""
    der = connected.getpeercert(binary_form=True)
    try:
        certificate = read_certificate(der or b"")
    except ValueError:
        raise handshake_failed() from None
    asked: list[tuple[bool, Callable[[Certificate], bool]]] = [
        (tls.check_expire, lambda found: found.is_current(datetime.now(UTC))),
        (tls.check_name and bool(name), lambda found: found.is_for(name)),
        (tls.check_cn and bool(name), lambda found: found.is_commonly_for(name)),
    ]
    if any(wanted and not holds(certificate) for wanted, holds in asked) or _is_too_deep(connected, tls):
        raise handshake_failed()


def _is_too_deep(connected: Any, tls: OriginTls) -> bool:
    """SSLProxyVerifyDepth: how many certificates stand above the origin's own, the trusted one included."""
    if tls.verify not in ("require", "optional"):
        return False
    chain = getattr(connected, "get_verified_chain", None) or connected._sslobj.get_verified_chain
    return len(chain()) - 1 > tls.depth


class Handshake:
    """Stands for a connection until its TLS is up and checked; ``refused`` says why it came to nothing."""

    def __init__(self, connection: Any, tls: OriginTls, name: str) -> None:
        self._connection, self._tls, self._name = connection, tls, name
        self.refused: OriginBroke | None = None

    def connection_made(self, transport: Any) -> None:
        """The handshake is over."""
        try:
            check_peer(transport.get_extra_info("ssl_object"), self._tls, self._name)
        except OriginBroke as error:
            self.refused = error
            transport.abort()
            return
        transport.set_protocol(self._connection)
        self._connection.connection_made(transport)

    def connection_lost(self, _: BaseException | None) -> None:
        """It came to nothing."""

    def data_received(self, data: bytes) -> None:
        """Never called: the connection takes over first."""

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...
