"""Stand-in certificates: an authority and what it issued, written once per session as PEM files."""

from __future__ import annotations

import atexit
import datetime
import shutil
import ssl
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtensionOID

#: The pass phrase of ``locked.key``.
PHRASE = b"open sesame"


@cache
def folder() -> Path:
    """The folder with ``ca.pem`` and a file of key and certificates for each name of ``_MADE``."""
    path = Path(mkdtemp(prefix="apacheconf-certificates-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    path.chmod(0o755)
    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    authority, stranger = trustme.CA(), trustme.CA()
    below = authority.create_child_ca()
    made = {
        "good": authority.issue_cert("localhost"),
        "other": authority.issue_cert("other.example"),
        "wild": authority.issue_cert("*.localhost"),
        "address": authority.issue_cert("127.0.0.1"),
        "commonly": authority.issue_cert("other.example", common_name="localhost"),
        "commonly-address": authority.issue_cert("other.example", common_name="127.0.0.1"),
        "expired": authority.issue_cert("localhost", not_after=past),
        "strange": stranger.issue_cert("localhost"),
        "deep": below.issue_cert("localhost"),
        "client": authority.issue_cert("client@apacheconf.example"),
        "a": authority.issue_cert("a.example"),
        "b": authority.issue_cert("b.example"),
        "a-rsa": authority.issue_cert("a.example", key_type=trustme.KeyType.RSA),
        "deep-a": below.issue_cert("a.example"),
        "deep-client": below.issue_cert("deep@apacheconf.example"),
        "strange-client": stranger.issue_cert("stranger@apacheconf.example"),
        "expired-client": authority.issue_cert("old@apacheconf.example", not_after=past),
        "named-client": authority.issue_cert(
            "named@apacheconf.example", "client.example", common_name="Ada L.", organization_name="Engines, Ltd"
        ),
        "staff-client": authority.issue_cert(
            "staff@apacheconf.example",
            common_name="prom-eu.example.com",
            organization_name="Example",
            organization_unit_name="Staff",
        ),
        "revoked-client": authority.issue_cert("revoked@apacheconf.example"),
    }
    authority.cert_pem.write_to_path(path / "ca.pem")
    below.cert_pem.write_to_path(path / "below.pem")
    _write_parts(path, made["a"])
    (path / "deep-a.crt").write_bytes(made["deep-a"].cert_chain_pems[0].bytes())
    (path / "deep-a.key").write_bytes(made["deep-a"].private_key_pem.bytes())
    (path / "revoked.crl").write_bytes(_revoking(authority, made["revoked-client"]))
    for name, each in made.items():
        file = path / f"{name}.pem"
        file.write_bytes(b"".join(blob.bytes() for blob in each.cert_chain_pems) + each.private_key_pem.bytes())
        file.chmod(0o644)
    return path


def _write_parts(path: Path, made: trustme.LeafCert) -> None:
    """``a`` with its key in a file of its own, and once more with a pass phrase."""
    (path / "a.crt").write_bytes(made.cert_chain_pems[0].bytes())
    (path / "a.key").write_bytes(made.private_key_pem.bytes())
    key = serialization.load_pem_private_key(made.private_key_pem.bytes(), None)
    how = serialization.BestAvailableEncryption(PHRASE)
    kind = serialization.PrivateFormat.TraditionalOpenSSL
    (path / "locked.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, how))
    script = path / "phrase"
    script.write_text(f"#!/bin/sh\necho '{PHRASE.decode()}'\n")
    script.chmod(0o755)


def _revoking(authority: trustme.CA, made: trustme.LeafCert) -> bytes:
    """A list of the authority that takes ``made`` back."""
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    key = serialization.load_pem_private_key(authority.private_key_pem.bytes(), None)
    taken = x509.load_pem_x509_certificate(made.cert_chain_pems[0].bytes())
    since, until = (
        datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC),
    )
    entry = x509.RevokedCertificateBuilder().serial_number(taken.serial_number).revocation_date(since).build()
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject).last_update(since).next_update(until)
    made_list = builder.add_revoked_certificate(entry).sign(key, hashes.SHA256())  # type: ignore[arg-type]
    return made_list.public_bytes(serialization.Encoding.PEM)


def name_of(der: bytes) -> str:
    """The alternative names of a certificate and the kind of its key."""
    found = x509.load_der_x509_certificate(der)
    names = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
    assert isinstance(names, x509.SubjectAlternativeName)
    kind = type(found.public_key()).__name__.strip("_").removesuffix("PublicKey")
    return f"{','.join(str(name.value) for name in names)} {kind}"


def context(name: str, maximum: ssl.TLSVersion | None = None, asks_client: bool = False) -> ssl.SSLContext:
    """A server's context with certificate ``name``; with ``asks_client`` a client must show one of the authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(folder() / f"{name}.pem")
    if maximum is not None:
        made.maximum_version = maximum
    if asks_client:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(folder() / "ca.pem")
    return made
