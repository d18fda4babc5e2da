"""A connection over TLS that is kept serves only who would have made the same one (TB-7)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from apacheconf.engines.sandbox import free_ports
from apacheconf.targets import TARGETS
from tests.runtime import certificates
from tests.targets.echoes import ask
from tests.targets.fronts import BALANCER, MODULES, fronts

pytestmark = pytest.mark.live

_HOST = """
<VirtualHost *:{port}>
    ServerName NAME.test
    ServerAlias *.NAME.test
    SSLProxyEngine on
    SSLProxyCheckPeerName off
    SSLProxyCheckPeerExpire off
    MORE
    ProxyPass / TARGET/
</VirtualHost>
"""
_MODULES = (*MODULES, *BALANCER, "ssl_module", "socache_shmcb_module")


class _Origin:
    """Keeps its connections, and answers with what each agreed on: the name asked for and the certificate shown."""

    def __init__(self, port: int) -> None:
        self._asked: dict[int, str] = {}
        self._context = certificates.context("good")
        self._context.sni_callback = lambda made, name, _: self._asked.update({id(made): name or "-"})
        self._context.verify_mode = ssl.CERT_OPTIONAL
        self._context.load_verify_locations(certificates.folder() / "ca.pem")
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._converse, args=(client,), daemon=True).start()

    def _converse(self, client: socket.socket) -> None:
        with suppress(OSError), client, self._context.wrap_socket(client, server_side=True) as secure:
            shown = "shown" if secure.getpeercert() else "none"
            said = f"{self._asked[id(secure)]} {shown}".encode()
            with secure.makefile("rb") as lines:
                for line in lines:
                    if line == b"\r\n":
                        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n1 %s" % (len(said) + 2, said))


@contextmanager
def _origin(port: int) -> Iterator[None]:
    origin = _Origin(port)
    try:
        yield
    finally:
        origin.listener.close()


_BALANCED = "<Proxy balancer://both>\nBalancerMember https://localhost:ORIGIN\n</Proxy>\n"


@pytest.mark.parametrize("target", ["https://localhost:ORIGIN", "balancer://both"])
def test_a_connection_for_one_name_serves_no_other(target: str, tmp_path: Path) -> None:
    """TB-7, NGX-208: each Host is the name that its connection asked for, however many came before."""
    [origin] = free_ports(1)
    text = _HOST.replace("NAME", "kept").replace("TARGET", target).replace("MORE", "ProxyPreserveHost On")
    text = (_BALANCED if target.startswith("balancer") else "") + text
    hosts = ["kept.test", "www.kept.test", "kept.test", "WWW.kept.test:8080", "x.kept.test", "kept.test"]
    with _origin(origin), fronts(text.replace("ORIGIN", str(origin)), tmp_path, _MODULES) as found:
        theirs, *ours = ([ask(found.at[each], host, "/") for host in hosts] for each in ("httpd", *TARGETS))
    assert [told for _, _, told in theirs] == [f"1 {host.lower().partition(':')[0]} none" for host in hosts]
    assert ours == [theirs, theirs]


def test_a_certificate_shown_for_one_host_is_shown_for_no_other(tmp_path: Path) -> None:
    """NGX-208: hosts with other settings have workers, and so connections, of their own."""
    [origin] = free_ports(1)
    target = f"https://localhost:{origin}"
    shows = f"SSLProxyMachineCertificateFile {certificates.folder()}/client.pem"
    text = "".join(
        _HOST.replace("NAME", name).replace("TARGET", target).replace("MORE", more)
        for name, more in (("shows", shows), ("hides", ""))
    )
    hosts = ["shows.test", "hides.test", "shows.test", "hides.test"]
    with _origin(origin), fronts(text, tmp_path, _MODULES) as found:
        theirs, *ours = ([ask(found.at[each], host, "/") for host in hosts] for each in ("httpd", *TARGETS))
    assert [told for _, _, told in theirs] == ["1 localhost shown", "1 localhost none"] * 2
    assert ours == [theirs, theirs]
