"""Stand-in certificates: an authority and what it issued, written once per session as PEM files."""

from __future__ import annotations

import datetime
import ssl
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import trustme


@cache
def folder() -> Path:
    """The folder with ``ca.pem`` and a file of key and certificates for each name of ``_MADE``."""
    path = Path(mkdtemp(prefix="apacheconf-certificates-"))
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
    }
    authority.cert_pem.write_to_path(path / "ca.pem")
    for name, each in made.items():
        file = path / f"{name}.pem"
        file.write_bytes(b"".join(blob.bytes() for blob in each.cert_chain_pems) + each.private_key_pem.bytes())
        file.chmod(0o644)
    return path


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
