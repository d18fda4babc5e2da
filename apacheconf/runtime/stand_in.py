"""A certificate for a laptop: with stubbed origins a host whose certificate isn't on this machine shows one made now.

It protects nobody, and nothing that is served with it is anybody's.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterable, Iterator

from apacheconf.runtime.fleeting import file_of


@contextlib.contextmanager
def made_certificate(names: Iterable[str]) -> Iterator[str]:
    """A file with a fresh key and a certificate for ``names`` that is its own authority, good for a week.

    The file is gone with the context: who serves has read it by then, and no key stays behind.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "apacheconf stand-in")])
    known = x509.SubjectAlternativeName([x509.DNSName(name) for name in dict.fromkeys(names) if _is_dns(name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(known, critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with file_of(private + made.public_bytes(Encoding.PEM)) as file:
        yield file


def _is_dns(name: str) -> bool:
    return bool(name) and name.isascii() and all(part and part != "-" for part in name.removeprefix("*.").split("."))
