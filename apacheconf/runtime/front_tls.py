"""TLS with clients: one context for each host's settings, made at start, and what stops the start (TL-1, TL-4).

No I/O beyond reading the files that the configuration names. What ``ssl`` can't be told ``tls_honesty`` says.
"""

from __future__ import annotations

import contextlib
import re
import ssl
import subprocess
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from apacheconf.diagnostics import ConfigError, Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.tls import FrontTls
from apacheconf.runtime.fleeting import file_of
from apacheconf.runtime.later_certificates import LATER, LATER_REQUIRED, later_demand, prepare
from apacheconf.runtime.tls import REVOCATION, set_versions

_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----.*?-----END [A-Z0-9 ]+-----\n?", re.DOTALL)
#: Seconds that a program may take to say a pass phrase.
PATIENCE = 60


class _Refused(Exception):
    """What httpd says of settings that it can't start with; ``about`` is the directive that is wrong."""

    def __init__(self, message: str, about: str, help: str = "") -> None:
        self.about, self.help = about, help
        super().__init__(message)


class _Locked(Exception):
    """A key wants a pass phrase."""


class Contexts:
    """The contexts of a server's hosts, equal settings sharing one. Raises ConfigError for what can't be used.

    With ``stand_in`` a host whose certificate or key isn't on this machine shows one that is made now.
    """

    def __init__(self, hosts: Iterable[Host], stand_in: bool = False) -> None:
        self._stand_in = stand_in
        self._made: dict[FrontTls, ssl.SSLContext] = {}
        self._later: dict[FrontTls, FrontTls] = {}
        wrong = [found for host in hosts if host.front_tls is not None for found in self._make(host, host.front_tls)]
        if wrong:
            raise ConfigError(wrong)

    def of(self, tls: FrontTls, is_13: bool) -> ssl.SSLContext:
        """The context for a client that speaks TLS 1.3, or doesn't: who can be asked later isn't asked at first."""
        return self._made[self._later.get(tls, tls) if is_13 else tls]

    def _make(self, host: Host, tls: FrontTls) -> Iterator[Diagnostic]:
        demand = later_demand(host) if tls.verify == "none" and "TLSv1.3" in tls.protocols else ""
        if demand and tls not in self._later:
            later = self._later[tls] = replace(tls, verify=demand)
            yield from self._make(host, later)
        if tls in self._made:
            return
        try:
            with _usable(tls, host, self._stand_in) as usable:
                self._made[tls] = context_of(usable, f"{host.name}:{host.port or 443}")
        except _Refused as refused:
            yield _diagnostic(refused, tls, host)


def lacks_files(tls: FrontTls) -> bool:
    """Whether a certificate or key that the host names isn't here."""
    return not all(Path(file).exists() for file in (*tls.certificates, *tls.keys))


@contextlib.contextmanager
def _usable(tls: FrontTls, host: Host, stand_in: bool) -> Iterator[FrontTls]:
    """What the host says, with a certificate made now where its own isn't here and ``stand_in`` lets one be."""
    if not stand_in or not lacks_files(tls):
        yield tls
        return
    from apacheconf.runtime.stand_in import made_certificate

    with made_certificate((host.name, *host.aliases)) as file:
        yield replace(tls, certificates=(file,), keys=(), chain="")


def context_of(tls: FrontTls, title: str) -> ssl.SSLContext:
    """The context of a host called ``title`` in messages. Raises _Refused in httpd's words."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not tls.protocols:
        raise _Refused("AH02231: No SSL protocols available [hint: SSLProtocol]", "SSLProtocol")
    set_versions(context, tls.protocols)
    try:
        context.set_ciphers(f"{tls.ciphers}:!aNULL:!eNULL:!EXP" if tls.ciphers else "DEFAULT")
    except ssl.SSLError:
        raise _Refused("AH01898: Unable to configure permitted SSL ciphers", "SSLCipherSuite") from None
    _set(context, ssl.OP_CIPHER_SERVER_PREFERENCE, tls.own_order)
    _set(context, ssl.OP_NO_TICKET, not tls.tickets)
    _set(context, ssl.OP_NO_RENEGOTIATION, True)
    context.set_alpn_protocols(["http/1.1"])  # HP-1
    _verify(context, tls, title)
    _load(context, tls, title)
    return context


def _set(context: ssl.SSLContext, option: int, on: bool) -> None:
    context.options = context.options | option if on else context.options & ~option


# --- the server's own certificates ---------------------------------------------------------------------------


def _load(context: ssl.SSLContext, tls: FrontTls, title: str) -> None:
    """Every certificate with its key, the chain after it. Raises _Refused."""
    if not tls.certificates:
        said = f"AH02572: Failed to configure at least one certificate and key for {title}"
        raise _Refused(said, "SSLEngine", "name them with SSLCertificateFile and SSLCertificateKeyFile")
    for number, certificate in enumerate(tls.certificates):
        key = tls.keys[number] if number < len(tls.keys) else certificate
        identity = f"{title}:{number}"
        _check_certificate(certificate, identity)
        with _with_chain(certificate, tls) as file:
            try:
                context.load_cert_chain(file, key, _phrase(tls, identity))
            except _Locked:
                raise _locked(identity, key) from None
            except (OSError, ssl.SSLError) as error:
                raise _unusable(error, identity, certificate, key, bool(tls.phrase_from)) from None


def _check_certificate(certificate: str, identity: str) -> None:
    """Whether the file holds a certificate. Raises _Refused."""
    try:
        text = Path(certificate).read_bytes()
    except OSError as error:
        if isinstance(error, PermissionError):
            said = f"AH02562: Failed to configure certificate {identity} (with chain), check {certificate}"
            raise _Refused(said, "SSLCertificateFile", f"{certificate}: {error.strerror}") from None
        said = f"SSLCertificateFile: file '{certificate}' does not exist or is empty"
        raise _Refused(said, "SSLCertificateFile") from None
    if not text:
        raise _Refused(f"SSLCertificateFile: file '{certificate}' does not exist or is empty", "SSLCertificateFile")
    if not _CERTIFICATE.search(text):
        said = f"AH02562: Failed to configure certificate {identity} (with chain), check {certificate}"
        raise _Refused(said, "SSLCertificateFile", "a certificate in PEM is expected")


def _unusable(error: Exception, identity: str, certificate: str, key: str, phrase: bool) -> _Refused:
    reason = getattr(error, "reason", None)
    about = "SSLCertificateKeyFile" if key != certificate else "SSLCertificateFile"
    if isinstance(error, FileNotFoundError):
        return _Refused(f"SSLCertificateKeyFile: file '{key}' does not exist or is empty", about)
    if reason == "KEY_VALUES_MISMATCH":
        said = f"AH02565: Certificate and private key {identity} from {certificate} and {key} do not match"
        return _Refused(said, about)
    if reason in ("EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK"):
        said = f"AH02562: Failed to configure certificate {identity} (with chain), check {certificate}"
        return _Refused(said, "SSLCertificateFile", f"OpenSSL says: {reason.replace('_', ' ').lower()}")
    if phrase and reason in ("BAD_DECRYPT", None):
        said = f"AH02564: Failed to configure encrypted (?) private key {identity}, check {key}"
        return _Refused(said, about, "AH02580: Init: Pass phrase incorrect for the key")
    said = f"AH02564: Failed to configure encrypted (?) private key {identity}, check {key}"
    return _Refused(said, about, "a private key in PEM is expected, in the certificate's file if no other is named")


def _locked(identity: str, key: str) -> _Refused:
    said = f"AH02564: Failed to configure encrypted (?) private key {identity}, check {key}"
    return _Refused(
        said,
        "SSLCertificateKeyFile",
        "the key asks for a pass phrase, and nobody can be asked here: name a program that says it with "
        "SSLPassPhraseDialog exec:/path, or take the pass phrase off the key",
    )


def _phrase(tls: FrontTls, identity: str) -> Callable[[], bytes]:
    """Asks SSLPassPhraseDialog's program, which is told ``server:port:number``, when a key turns out to be locked."""

    def ask() -> bytes:
        if not tls.phrase_from:
            raise _Locked
        command = [*tls.phrase_from.split(" "), identity]
        try:
            said = subprocess.run(command, capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL).stdout
        except (OSError, subprocess.TimeoutExpired):
            raise _Locked from None
        return said.split(b"\n")[0]

    return ask


@contextlib.contextmanager
def _with_chain(certificate: str, tls: FrontTls) -> Iterator[str]:
    """A file with the certificate and SSLCertificateChainFile's behind it; ``ssl`` wants both in one."""
    if not tls.chain:
        yield certificate
        return
    try:
        above = _CERTIFICATE.findall(Path(tls.chain).read_bytes())
    except OSError:
        above = []
    if tls.chain in tls.certificates:  # its first one is no authority
        del above[:1]
    own = _CERTIFICATE.findall(Path(certificate).read_bytes())
    with file_of(b"\n".join([*own[:1], *above]) + b"\n") as file:
        yield file


# --- certificates of clients ---------------------------------------------------------------------------------

_DEMANDS = {
    "require": ssl.CERT_REQUIRED,
    "optional": ssl.CERT_OPTIONAL,
    "optional_no_ca": ssl.CERT_OPTIONAL,
    LATER: ssl.CERT_OPTIONAL,
    LATER_REQUIRED: ssl.CERT_REQUIRED,
}


def _verify(context: ssl.SSLContext, tls: FrontTls, title: str) -> None:
    """What is asked of clients. Raises _Refused."""
    context.check_hostname = False
    context.verify_mode = _DEMANDS.get(tls.verify, ssl.CERT_NONE)
    if tls.verify in (LATER, LATER_REQUIRED):
        prepare(context)
    context.verify_flags = ssl.VERIFY_X509_TRUSTED_FIRST
    if tls.ca_file or tls.ca_path:
        try:
            context.load_verify_locations(tls.ca_file or None, tls.ca_path or None)
        except (OSError, ssl.SSLError):
            said = "AH01895: Unable to configure verify locations for client authentication"
            raise _Refused(said, "SSLCACertificateFile", f"check {tls.ca_file or tls.ca_path}") from None
    if tls.revocation in REVOCATION:
        _revoke(context, tls, title)


def _revoke(context: ssl.SSLContext, tls: FrontTls, title: str) -> None:
    if not (tls.crl_file or tls.crl_path):
        said = "CRL checking has been enabled, but neither SSLCARevocationFile nor SSLCARevocationPath is configured"
        raise _Refused(f"AH01899: Host {title}: {said}", "SSLCARevocationCheck")
    context.verify_flags |= REVOCATION[tls.revocation]
    try:
        context.load_verify_locations(tls.crl_file or None, tls.crl_path or None)
    except (OSError, ssl.SSLError):
        said = f"AH01901: Host {title}: unable to configure X.509 CRL storage for certificate revocation"
        raise _Refused(said, "SSLCARevocationFile", f"check {tls.crl_file or tls.crl_path}") from None


def _diagnostic(refused: _Refused, tls: FrontTls, host: Host) -> Diagnostic:
    wanted = refused.about.lower()
    said: Written | None = next((each for each in tls.said_by if each.name.lower() == wanted), None)
    place = said.place if said is not None else tls.said_by[0].place if tls.said_by else host.place
    return Diagnostic(Level.ERROR, "tls-not-usable", str(refused), place=place, help=refused.help or None)
