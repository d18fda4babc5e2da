"""Which certificates serve sends of those that are named, as httpd does (NGX-188, whose live test asks httpd, too)."""

from __future__ import annotations

import re
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from apacheconf.program.tls import FrontTls
from apacheconf.runtime.front_tls import context_of
from tests.runtime import certificates

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", re.DOTALL)


def _sent(tls: FrontTls) -> list[str]:
    """The serial numbers of what a client is sent."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context_of(tls, "test").wrap_bio(incoming, outgoing, server_side=True)
    asks = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asks.check_hostname, asks.verify_mode = False, ssl.CERT_NONE
    client: Any = asks.wrap_bio(outgoing, incoming)
    for each in (client, server, client, server):
        try:
            each.do_handshake()
        except ssl.SSLWantReadError:
            continue
    chain = getattr(client, "get_unverified_chain", None) or client._sslobj.get_unverified_chain
    sent = (each if isinstance(each, bytes) else each.public_bytes(2) for each in chain())
    return [str(x509.load_der_x509_certificate(each).serial_number) for each in sent]


@pytest.mark.parametrize(("own", "chain", "expected"), [
    ("leaf", "", "leaf"), ("full", "", "leaf below"), ("leaf", "both", "leaf below ca"), ("full", "full", "leaf below"),
    ("odd", "below", "leaf below"), ("leaf", "full", "leaf leaf below"),
])  # fmt: skip
def test_chains(own: str, chain: str, expected: str, tmp_path: Path) -> None:
    """Beside a chain only the first of a file counts, and of a chain that is the certificate's own file the others."""
    given = certificates.folder()
    leaf, below, ca = (_PEM.findall((given / name).read_bytes())[0] for name in ("deep-a.crt", "below.pem", "ca.pem"))
    texts = {"leaf": leaf, "full": leaf + below, "odd": leaf + ca, "below": below, "both": below + ca}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text)
    numbers = {name: str(x509.load_pem_x509_certificate(text).serial_number)
               for name, text in (("leaf", leaf), ("below", below), ("ca", ca))}  # fmt: skip
    tls = FrontTls((str(tmp_path / own),), (str(given / "deep-a.key"),), str(tmp_path / chain) if chain else "")
    assert _sent(tls) == [numbers[each] for each in expected.split()]
