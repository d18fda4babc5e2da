"""The SSL_ variables of a connection (TL-7), each made when it is asked for: few requests want any.

Certificates are read by ``cryptography``, which is loaded with the first of their variables. Iterating over the
variables gives those that StdEnvVars exports.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apacheconf.program.client_tls import ONE_LINE
from apacheconf.program.tls import FrontTls

if TYPE_CHECKING:
    from cryptography import x509

INTERFACE = "mod_ssl/2.4"
_DN = re.compile(r"([SI])_DN_([A-Za-z]+?)(?:_(\d+))?")
_CHAINED = re.compile(r"SSL_CLIENT_CERT_CHAIN_(\d+)")
_SAN = re.compile(r"SAN_(Email|DNS)_(\d+)")
#: What the parts of a name are called after ``_DN_``, and their object identifiers (RFC 4519).
_PARTS = {
    "C": "2.5.4.6", "ST": "2.5.4.8", "SP": "2.5.4.8", "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11",
    "CN": "2.5.4.3", "T": "2.5.4.12", "I": "2.5.4.43", "G": "2.5.4.42", "S": "2.5.4.4", "D": "2.5.4.13",
    "UID": "0.9.2342.19200300.100.1.1", "Email": "1.2.840.113549.1.9.1",
}  # fmt: skip
#: OpenSSL's short names where they aren't those of RFC 4514.
_SHORT = {
    "1.2.840.113549.1.9.1": "emailAddress", "2.5.4.5": "serialNumber", "2.5.4.12": "title", "2.5.4.4": "SN",
    "2.5.4.42": "GN", "2.5.4.43": "initials", "2.5.4.13": "description",
}  # fmt: skip
#: OpenSSL's long names of signature algorithms, by what cryptography calls them.
_SIGNED = {
    **{f"ecdsa-with-SHA{bits}": f"ecdsa-with-SHA{bits}" for bits in (1, 224, 256, 384, 512)},
    **{f"sha{bits}WithRSAEncryption": f"sha{bits}WithRSAEncryption" for bits in (1, 224, 256, 384, 512)},
    "RSASSA-PSS": "rsassaPss",
    "ed25519": "ED25519",
    "ed448": "ED448",
}
_KEYS = {"RSA": "rsaEncryption", "EC": "id-ecPublicKey", "EllipticCurve": "id-ecPublicKey", "DSA": "dsaEncryption",
         "Ed25519": "ED25519", "Ed448": "ED448"}  # fmt: skip


class SslVariables(Mapping[str, str]):
    """The variables of one connection by name. ``name`` is the SNI, empty for none."""

    def __init__(self, connection: Any, name: str, tls: FrontTls | None) -> None:
        self._connection, self._name, self._tls = connection, name, tls
        self._known: dict[str, str | None] = {}

    def __getitem__(self, name: str) -> str:
        if name not in self._known:
            self._known[name] = self._made(name)
        found = self._known[name]
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.standard())

    def __len__(self) -> int:
        return len(self.standard())

    def _made(self, name: str) -> str | None:
        reader = _CONNECTION.get(name)
        if reader is not None:
            return reader(self)
        if chained := _CHAINED.fullmatch(name):
            sent, number = _sent(self._connection), int(chained[1]) + 1
            return ssl.DER_cert_to_PEM_cert(sent[number]) if number < len(sent) else None
        if name == ONE_LINE:
            der = self._connection.getpeercert(binary_form=True)
            return _of_old(_parsed(der).subject) if der else None
        if name.startswith("SSL_CLIENT_"):
            der = self._connection.getpeercert(binary_form=True)
            return _of_certificate(der, name[11:], name) if der else None
        if name.startswith("SSL_SERVER_"):
            return _of_certificate(self._own_certificate(), name[11:], name)
        return None

    # --- what is exported ------------------------------------------------------------------------------------

    def standard(self) -> list[str]:
        """The names of what StdEnvVars exports."""
        names = [each for each in _CONNECTION if each != "HTTPS"]
        for side in ("SSL_CLIENT_", "SSL_SERVER_"):
            names += [side + each for each in _EXPORTED]
            names += [f"{side}{who}_DN_{part}" for who in "SI" for part in _PARTS if part != "SP"]
            names += [
                f"{side}SAN_{kind}_{n}" for kind in ("Email", "DNS") for n in range(self._alternatives(side, kind))
            ]
        return [name for name in names if name in self]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def _alternatives(self, side: str, kind: str) -> int:
        number = 0
        while f"{side}SAN_{kind}_{number}" in self:
            number += 1
        return number

    # --- what the variables are made of ----------------------------------------------------------------------

    @property
    def cipher(self) -> tuple[str, str, int]:
        found: tuple[str, str, int] = self._connection.cipher() or ("", "", 0)
        return found

    @property
    def version(self) -> str | None:
        said: str | None = self._connection.version()
        return said

    @property
    def sni(self) -> str | None:
        return self._name or None

    @property
    def session_id(self) -> str | None:
        session = self._connection.session
        return (session.id.hex() or None) if session is not None else None

    @property
    def resumed(self) -> str:
        return "Resumed" if self._connection.session_reused else "Initial"

    @property
    def verified(self) -> str:
        return "SUCCESS" if self._connection.getpeercert(binary_form=True) else "NONE"

    def algorithm_bits(self) -> str:
        name = self.cipher[0]
        known = (each["alg_bits"] for each in self._connection.context.get_ciphers() if each["name"] == name)
        return str(next(known, self.cipher[2]))

    def _own_certificate(self) -> bytes:
        """The certificate shown to this client: the one whose key the cipher speaks of, else the first."""
        certificates = [_read(file) for file in self._tls.certificates] if self._tls else []
        if len(certificates) > 1 and "-RSA-" in self.cipher[0]:
            return next((each for each in certificates if _key(_parsed(each)) == "rsaEncryption"), certificates[0])
        return certificates[0] if certificates else b""


_CONNECTION: dict[str, Callable[[SslVariables], str | None]] = {
    "HTTPS": lambda each: "on",
    "SSL_TLS_SNI": lambda each: each.sni,
    "SSL_VERSION_INTERFACE": lambda each: INTERFACE,
    "SSL_VERSION_LIBRARY": lambda each: "/".join(ssl.OPENSSL_VERSION.split(" ")[:2]),
    "SSL_PROTOCOL": lambda each: each.version,
    "SSL_SECURE_RENEG": lambda each: "true",
    "SSL_COMPRESS_METHOD": lambda each: "NULL",
    "SSL_CIPHER": lambda each: each.cipher[0],
    "SSL_CIPHER_EXPORT": lambda each: "false",
    "SSL_CIPHER_USEKEYSIZE": lambda each: str(each.cipher[2]),
    "SSL_CIPHER_ALGKEYSIZE": lambda each: each.algorithm_bits(),
    "SSL_CLIENT_VERIFY": lambda each: each.verified,
    "SSL_SESSION_ID": lambda each: each.session_id,
    "SSL_SESSION_RESUMED": lambda each: each.resumed,
}
#: Of each certificate, beside the parts of its names.
_EXPORTED = (
    "M_VERSION", "M_SERIAL", "V_START", "V_END", "V_REMAIN", "S_DN", "I_DN", "A_KEY", "A_SIG", "CERT_RFC4523_CEA",
)  # fmt: skip


def _sent(connection: Any) -> list[bytes]:
    """The certificates that the client sent, its own first."""
    chain = getattr(connection, "get_unverified_chain", None) or connection._sslobj.get_unverified_chain
    return [each if isinstance(each, bytes) else each.public_bytes(2) for each in chain() or () if each is not None]


# --- certificates --------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _read(file: str) -> bytes:
    """The first certificate of a file in PEM, as DER; empty when it is gone."""
    try:
        text = Path(file).read_text("latin-1")
    except OSError:
        return b""
    found = re.search(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", text, re.DOTALL)
    return ssl.PEM_cert_to_DER_cert(found[0]) if found else b""


@lru_cache(maxsize=1024)
def _parsed(der: bytes) -> x509.Certificate:
    from cryptography import x509

    return x509.load_der_x509_certificate(der)


def _of_certificate(der: bytes, name: str, full: str) -> str | None:
    """The variable that is called ``name`` after ``SSL_CLIENT_`` or ``SSL_SERVER_``."""
    try:
        certificate = _parsed(der)
    except ValueError:
        return None
    if name == "CERT":
        return ssl.DER_cert_to_PEM_cert(der)
    reader = _FIELDS.get(name)
    if reader is not None:
        return None if name == "CERT_RFC4523_CEA" and full.startswith("SSL_SERVER") else reader(certificate)
    if part := _DN.fullmatch(name):
        whole = certificate.subject if part[1] == "S" else certificate.issuer
        return _part(whole, part[2], int(part[3] or 0))
    if alternative := _SAN.fullmatch(name):
        names = _alternative_names(certificate, alternative[1])
        number = int(alternative[2])
        return names[number] if number < len(names) else None
    return None


def _part(name: x509.Name, part: str, number: int) -> str | None:
    wanted = _PARTS.get(part)
    found = [str(each.value) for each in name if each.oid.dotted_string == wanted]
    return found[number] if number < len(found) else None


def _alternative_names(certificate: x509.Certificate, kind: str) -> list[str]:
    from cryptography import x509

    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    return names.get_values_for_type(x509.RFC822Name if kind == "Email" else x509.DNSName)


def _one_line(name: x509.Name) -> str:
    """A whole name as RFC 2253 writes it, the last part first."""
    from cryptography import x509

    return name.rfc4514_string({x509.ObjectIdentifier(oid): short for oid, short in _SHORT.items()})


def _of_old(name: x509.Name) -> str:
    """A whole name as OpenSSL wrote names before there was RFC 2253."""
    known = {oid: part for part, oid in _PARTS.items() if part != "SP"} | _SHORT
    return "".join(f"/{known.get(each.oid.dotted_string, each.oid.dotted_string)}={each.value!s}" for each in name)


def _time(moment: datetime) -> str:
    return f"{moment:%b} {moment.day:2} {moment:%H:%M:%S %Y} GMT"


def _remaining(certificate: x509.Certificate) -> str:
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return str(max(left.days, 0))


def _serial(certificate: x509.Certificate) -> str:
    text = f"{certificate.serial_number:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def _key(certificate: x509.Certificate) -> str:
    kind = type(certificate.public_key()).__name__.strip("_").removesuffix("PublicKey")
    return _KEYS.get(kind, kind)


def _signature(certificate: x509.Certificate) -> str:
    name = certificate.signature_algorithm_oid._name
    return _SIGNED.get(name, name)


def _exact(certificate: x509.Certificate) -> str:
    """RFC 4523's CertificateExactAssertion, as LDAP compares certificates."""
    issuer = _one_line(certificate.issuer).replace('"', '""')
    return f'{{ serialNumber {certificate.serial_number}, issuer rdnSequence:"{issuer}" }}'


_FIELDS: dict[str, Callable[[x509.Certificate], str]] = {
    "M_VERSION": lambda each: str(each.version.value + 1),
    "M_SERIAL": _serial,
    "V_START": lambda each: _time(each.not_valid_before_utc),
    "V_END": lambda each: _time(each.not_valid_after_utc),
    "V_REMAIN": _remaining,
    "S_DN": lambda each: _one_line(each.subject),
    "I_DN": lambda each: _one_line(each.issuer),
    "A_KEY": _key,
    "A_SIG": _signature,
    "CERT_RFC4523_CEA": _exact,
}
