"""Clients that show certificates, or none."""

from __future__ import annotations

import socket
import ssl

from tests.runtime import certificates


def answer_to_client(port: int, path: str, client: str, later: bool = True) -> bytes:
    """What the host ``localhost`` answers over TLS to ``client``, the name of a certificate or empty for none; empty
    when it refuses. With ``later`` the client lets itself be asked for its certificate after the handshake, too."""
    context = ssl.create_default_context(cafile=certificates.folder() / "ca.pem")
    context.check_hostname = False  # who the server is isn't asked here
    context.post_handshake_auth = later
    if client:
        context.load_cert_chain(certificates.folder() / f"{client}.pem")
    try:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as secure,
        ):
            secure.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: secure.recv(65536), b""))
    except (ssl.SSLError, ConnectionError):
        return b""
