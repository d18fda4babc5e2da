"""Connections over TLS beyond their handshake: bodies both ways, slow clients, tunnels, and what is cut in pieces."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.engines import free_ports
from apacheconf.ledger import Outcome
from apacheconf.program.loading import load
from apacheconf.runtime.hello import server_name
from apacheconf.runtime.honesty import account
from apacheconf.runtime.options import ServeOptions
from apacheconf.runtime.server import Server
from tests.runtime import certificates
from tests.runtime.live import read_all, read_until
from tests.runtime.peers import Listening, Switching
from tests.runtime.served import Served

BIG = b"0123456789abcdef" * (1 << 18)  # 4 MiB


class Mirror(Listening):
    """An origin that answers with the body that it got."""

    def __init__(self) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        super().__init__(listener, self._mirror)

    def _mirror(self, connection: socket.socket) -> None:
        data = b""
        while more := connection.recv(1 << 16):
            data += more
            head, blank, body = data.partition(b"\r\n\r\n")
            if not blank:
                continue
            length = int((re.search(rb"(?i)content-length: (\d+)", head) or [0, 0])[1])
            while len(body) < length:
                body += connection.recv(1 << 16)
            data = body[length:]
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (length, body[:length]))


@contextmanager
def serving(folder: Path, lines: str, modules: tuple[str, ...] = ()) -> Iterator[int]:
    port = free_ports(1)[0]
    file = folder / "site.conf"
    loads = "".join(f"LoadModule {each}_module mod_{each}.so\n" for each in ("ssl", "proxy", "proxy_http", *modules))
    file.write_text(
        f"{loads}Listen 127.0.0.1:{port} https\n<VirtualHost 127.0.0.1:{port}>\nServerName a.example\nSSLEngine on\n"
        f"SSLCertificateFile {certificates.folder()}/a.pem\n{lines}</VirtualHost>\n"
    )
    with Served(file):
        yield port


def connect(port: int, name: str = "a.example", certificate: str = "") -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(certificates.folder() / "ca.pem"))
    context.check_hostname = name == "a.example"
    if certificate:
        context.load_cert_chain(certificates.folder() / f"{certificate}.pem")
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=30), server_hostname=name)


def post(body: bytes, more: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a.example\r\n%bContent-Length: %d\r\n\r\n%b" % (more, len(body), body)


def test_large_bodies_go_both_ways_though_the_client_reads_late(tmp_path: Path) -> None:
    with (
        Mirror() as origin,
        serving(tmp_path, f"ProxyPass / http://127.0.0.1:{origin.port}/\n") as port,
        connect(port) as client,
    ):
        client.sendall(post(BIG, b"Connection: close\r\n"))
        assert read_all(client).partition(b"\r\n\r\n")[2] == BIG


def test_requests_that_come_together_are_answered_in_order(tmp_path: Path) -> None:
    with (
        Mirror() as origin,
        serving(tmp_path, f"ProxyPass / http://127.0.0.1:{origin.port}/\n") as port,
        connect(port) as client,
    ):
        client.sendall(post(b"one") + post(b"two") + post(b"three", b"Connection: close\r\n"))
        bodies = [part.partition(b"\r\n\r\n")[2] for part in read_all(client).split(b"HTTP/1.1 200 OK")[1:]]
        assert bodies == [b"one", b"two", b"three"]


def test_an_upgraded_connection_is_a_tunnel_inside_tls(tmp_path: Path) -> None:
    with (
        Switching() as origin,
        serving(tmp_path, f"ProxyPass / ws://127.0.0.1:{origin.port}/\n") as port,
        connect(port) as client,
    ):
        client.sendall(
            b"GET /echo/websocket HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        assert read_until(client, b"hello ").startswith(b"HTTP/1.1 101 ")
        client.sendall(BIG)
        _read_exactly(client, len(BIG))


def _read_exactly(client: socket.socket, count: int) -> None:
    while count:
        data = client.recv(min(count, 1 << 16))
        assert data, f"{count} bytes are missing"
        count -= len(data)


_LEADING = (
    'RewriteEngine on\nRewriteRule ^/old/(.*) /new/$1 [PT]\nRequestHeader set X-Sni "%{SSL_TLS_SNI}e"\n'
    'RequestHeader set X-Who "%{SSL_CLIENT_SAN_Email_0}s"\nServerAlias www.a.example\n'
    "SSLVerifyClient optional\nSSLCACertificateFile {certs}/ca.pem\n"
)


def test_what_a_connection_says_is_not_remembered_for_another(tmp_path: Path) -> None:
    """TL-7: the same bytes over connections with other names and other certificates."""
    heads: list[bytes] = []

    def note(connection: socket.socket) -> None:
        while data := connection.recv(1 << 16):
            heads.append(data)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    listener = socket.create_server(("127.0.0.1", 0))
    to = listener.getsockname()[1]
    lines = _LEADING.replace("{certs}", str(certificates.folder()))
    asked = b"GET /old/x HTTP/1.1\r\nHost: a.example\r\n\r\n"
    modules = ("rewrite", "headers")
    with Listening(listener, note), serving(tmp_path, f"{lines}ProxyPass / http://127.0.0.1:{to}/\n", modules) as port:
        for _ in range(2):
            for name, certificate in (("a.example", ""), ("www.a.example", "client"), ("a.example", "named-client")):
                with connect(port, name, certificate) as client:
                    for _ in range(3):
                        client.sendall(asked)
                        read_until(client, b"\r\n\r\n")
    told = [(_field(head, b"X-Sni"), _field(head, b"X-Who")) for head in heads]
    one = (b"a.example", b"(null)"), (b"www.a.example", b"client@apacheconf.example")
    assert told == [each for each in (*one, (b"a.example", b"named@apacheconf.example")) for _ in range(3)] * 2
    assert all(head.startswith(b"GET /new/x ") for head in heads)


def _field(head: bytes, name: bytes) -> bytes:
    return head.partition(name + b": ")[2].partition(b"\r\n")[0]


_MINE = (
    "DocumentRoot /nowhere\nErrorDocument 404 none\nSSLCACertificateFile {certs}/ca.pem\n"
    "<Location /mine>\nSSLVerifyClient require\n</Location>\n"
)
_GET = b"GET /mine HTTP/1.1\r\nHost: a.example\r\n\r\n"


@contextmanager
def asked_later(folder: Path) -> Iterator[ssl.SSLSocket]:
    """A client that may be asked for its certificate after the handshake, at a host that asks in a section."""
    context = ssl.create_default_context(cafile=str(certificates.folder() / "ca.pem"))
    context.post_handshake_auth = True
    context.load_cert_chain(certificates.folder() / "named-client.pem")
    with serving(folder, _MINE.replace("{certs}", str(certificates.folder()))) as port:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        with context.wrap_socket(plain, server_hostname="a.example") as client:
            yield client


def test_a_connection_goes_on_when_its_client_has_shown_a_certificate(tmp_path: Path) -> None:
    """TL-10: whether the next request comes after the answer or before the client has read that it is asked."""
    with asked_later(tmp_path) as client:
        for _ in range(3):
            client.sendall(_GET)
            assert read_until(client, b"none").startswith(b"HTTP/1.1 404 ")
    with asked_later(tmp_path) as client:
        for _ in range(3):
            client.sendall(_GET)
            time.sleep(0.05)
        answers = b""
        while answers.count(b"none") < 3:
            answers += client.recv(65536)
        assert answers.count(b"HTTP/1.1 404 ") == 3


def test_who_is_asked_for_a_certificate_may_not_send_without_an_end(tmp_path: Path) -> None:
    """TL-10: what comes before it is kept, and that is bounded."""
    with asked_later(tmp_path) as client:
        client.sendall(_GET)
        with pytest.raises(OSError):  # a reset, or a broken pipe
            for _ in range(100):
                client.sendall(_GET * 200)
                time.sleep(0.01)


def test_who_shows_none_where_one_is_required_gets_no_answer(tmp_path: Path) -> None:
    """TL-10: also where another section of the host takes a client without one; httpd has an alert for it besides."""
    log = tmp_path / "error.log"
    lines = f"{_MINE}<Location /yours>\nSSLVerifyClient optional_no_ca\n</Location>\nErrorLog {log}\n"
    context = ssl.create_default_context(cafile=str(certificates.folder() / "ca.pem"))
    context.post_handshake_auth = True
    with serving(tmp_path, lines.replace("{certs}", str(certificates.folder()))) as port:
        for path, begins in ((b"/yours", b"HTTP/1.1 404 "), (b"/mine", b"")):
            plain = socket.create_connection(("127.0.0.1", port), timeout=10)
            with context.wrap_socket(plain, server_hostname="a.example") as client:
                client.sendall(_GET.replace(b"/mine", path))
                answer = read_until(client, b"none") if begins else b"".join(iter(lambda: client.recv(4096), b""))
            assert answer.startswith(begins) and bool(answer) == bool(begins)
    assert log.read_text().count("AH02263: Re-negotiation handshake failed: Client certificate missing") == 1  # LG-9


def test_a_client_that_ends_before_the_handshake_harms_nobody(tmp_path: Path) -> None:
    with Mirror() as origin, serving(tmp_path, f"ProxyPass / http://127.0.0.1:{origin.port}/\n") as port:
        for data in (b"", b"\x16", b"\x16\x03\x01\x00\x05", b"\x16\x03\x01\x00\x01\x01", b"GE"):
            with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(data)
        with connect(port) as client:
            client.sendall(post(b"still here", b"Connection: close\r\n"))
            assert read_all(client).endswith(b"still here")


def hello(name: str | None) -> bytes:
    """A ClientHello as OpenSSL writes it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def test_the_name_is_read_when_the_hello_is_complete() -> None:
    """TL-1: whole, in pieces and in several records."""
    whole = hello("shop.example")
    assert server_name(whole) == "shop.example"
    assert {server_name(whole[:cut]) for cut in range(len(whole))} == {None}
    first, second = whole[5:60], whole[60:]
    records = b"".join(b"\x16\x03\x01" + len(part).to_bytes(2, "big") + part for part in (first, second))
    assert server_name(records) == "shop.example"
    assert server_name(hello(None)) == ""


@pytest.mark.parametrize(
    "data", [b"SSH-2.0-x\r\n", b"\x15\x03\x01\x00\x02\x02\x28", b"\x16\x03\x01\x00\x00", b"\x16" * 99]
)
def test_what_is_no_hello_has_no_name_and_is_no_fault(data: bytes) -> None:
    assert server_name(data) in ("", None)


STARTS = {
    "no certificate": (
        "",
        "SSLEngine",
        "AH02572: Failed to configure at least one certificate and key for a.example:443",
    ),
    "no certificate in it": (
        "SSLCertificateFile {certs}/junk.pem",
        "SSLCertificateFile",
        "AH02562: Failed to configure certificate a.example:443:0 (with chain), check {certs}/junk.pem",
    ),
    "no key": (
        "SSLCertificateFile {certs}/a.crt",
        "SSLCertificateFile",
        "AH02564: Failed to configure encrypted (?) private key a.example:443:0, check {certs}/a.crt",
    ),
    "another's key": (
        "SSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {certs}/b.pem",
        "SSLCertificateKeyFile",
        "AH02565: Certificate and private key a.example:443:0 from {certs}/a.crt and {certs}/b.pem do not match",
    ),
    "no key in it": (
        "SSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {certs}/junk.pem",
        "SSLCertificateKeyFile",
        "AH02564: Failed to configure encrypted (?) private key a.example:443:0, check {certs}/junk.pem",
    ),
    "a locked key": (
        "SSLCertificateFile {certs}/a.crt\nSSLCertificateKeyFile {certs}/locked.key",
        "SSLCertificateKeyFile",
        "AH02564: Failed to configure encrypted (?) private key a.example:443:0, check {certs}/locked.key",
    ),
    "no ciphers": (
        "SSLCertificateFile {certs}/a.pem\nSSLCipherSuite NOPE",
        "SSLCipherSuite",
        "AH01898: Unable to configure permitted SSL ciphers",
    ),
    "no protocols": (
        "SSLCertificateFile {certs}/a.pem\nSSLProtocol -all",
        "SSLProtocol",
        "AH02231: No SSL protocols available [hint: SSLProtocol]",
    ),
    "no authority in it": (
        "SSLCertificateFile {certs}/a.pem\nSSLVerifyClient require\nSSLCACertificateFile {certs}/junk.pem",
        "SSLCACertificateFile",
        "AH01895: Unable to configure verify locations for client authentication",
    ),
    "no list": (
        "SSLCertificateFile {certs}/a.pem\nSSLCARevocationCheck chain",
        "SSLCARevocationCheck",
        "AH01899: Host a.example:443: CRL checking has been enabled, but neither SSLCARevocationFile nor "
        "SSLCARevocationPath is configured",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STARTS)
def test_what_httpd_cannot_start_with_stops_serve_in_the_same_words(name: str, tmp_path: Path) -> None:
    """TL-4. httpd's words as it said them of these files."""
    lines, about, said = (each.replace("{certs}", str(certificates.folder())) for each in STARTS[name])
    (certificates.folder() / "junk.pem").write_text("junk\n")
    file = tmp_path / "site.conf"
    file.write_text(f"Listen 443\n<VirtualHost *:443>\nServerName a.example\nSSLEngine on\n{lines}\n</VirtualHost>\n")
    with pytest.raises(ConfigError) as refused:
        Server(load([str(file)]).require(), ServeOptions())
    (found,) = refused.value.diagnostics
    assert found.message == said
    assert found.place is not None
    line = file.read_text().splitlines()[found.place.span.line - 1]
    assert line.split()[0] == about


def rows_of(lines: str) -> dict[str, tuple[Outcome, str]]:
    """What serve says of each directive of a host over TLS."""
    text = f"Listen 443\n<VirtualHost *:443>\nServerName a.example\nSSLEngine on\n{lines}\n</VirtualHost>\n"
    with TemporaryDirectory() as folder:
        file = Path(folder) / "site.conf"
        file.write_text(text)
        rows = account(load([str(file)]).require())
    return {row.name: (row.outcome, "; ".join(row.caveats)) for row in rows}


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("SSLCertificateFile /nowhere.pem", Outcome.EXACT),
        ("SSLProtocol TLSv1.3", Outcome.EXACT),
        ("SSLCipherSuite HIGH", Outcome.EXACT),
        ("SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256", Outcome.APPROXIMATED),
        ("SSLVerifyClient require", Outcome.EXACT),
        ("SSLVerifyClient optional_no_ca", Outcome.APPROXIMATED),
        ("SSLUseStapling on", Outcome.UNSUPPORTED),
        ("SSLUseStapling off", Outcome.ABSORBED),
        ("SSLOptions +StdEnvVars", Outcome.EXACT),
        ("SSLOptions +LegacyDNStringFormat", Outcome.APPROXIMATED),
        ("SSLSessionTickets off", Outcome.EXACT),
        ("SSLOCSPEnable on", Outcome.UNSUPPORTED),
    ],
)
def test_serve_says_what_becomes_of_directives_about_tls(line: str, outcome: Outcome) -> None:
    """TL-4: what Python's ssl can't do is named, and what forbids and can't be asked stops the start."""
    assert rows_of(line)[line.split()[0]][0] is outcome


@pytest.mark.parametrize(
    ("lines", "name", "outcome"),
    [
        ("SSLVerifyClient require", "SSLVerifyClient", Outcome.APPROXIMATED),
        ("SSLVerifyClient optional", "SSLVerifyClient", Outcome.APPROXIMATED),
        ("SSLCipherSuite HIGH", "SSLCipherSuite", Outcome.UNSUPPORTED),
        ("SSLVerifyClient require\nSSLVerifyDepth 2", "SSLVerifyDepth", Outcome.APPROXIMATED),
        ("SSLVerifyClient require\nSSLRenegBufferSize 9", "SSLRenegBufferSize", Outcome.APPROXIMATED),
        ("SSLRenegBufferSize 9", "SSLRenegBufferSize", Outcome.NO_EFFECT),
        ("SSLRequireSSL", "SSLRequireSSL", Outcome.EXACT),
        ('SSLRequire %{SSL_PROTOCOL} eq "TLSv1.3"', "SSLRequire", Outcome.EXACT),
        ("SSLRequire %{TIME_HOUR} >= 8", "SSLRequire", Outcome.EXACT),
        ('SSLRequire "x" in PeerExtList("1.2.3")', "SSLRequire", Outcome.UNSUPPORTED),
    ],
)
def test_a_section_that_asks_for_other_tls_is_named(lines: str, name: str, outcome: Outcome) -> None:
    """TL-4, TL-10: a section may ask for a certificate, and nothing else that the handshake has settled."""
    assert rows_of(f"<Location /x>\n{lines}\n</Location>")[name][0] is outcome


def test_directives_about_tls_do_nothing_where_nobody_speaks_it(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("SSLProtocol all -SSLv3\nSSLCipherSuite HIGH\nSSLHonorCipherOrder off\nSSLSessionCache none\n")
    rows = account(load([str(file)]).require())
    assert {row.outcome for row in rows} == {Outcome.NO_EFFECT}


def test_a_handshake_has_an_end(tmp_path: Path) -> None:
    """HP-3: RequestReadTimeout bounds it."""
    (port,) = free_ports(1)
    file = tmp_path / "site.conf"
    file.write_text(
        "LoadModule ssl_module mod_ssl.so\nLoadModule reqtimeout_module mod_reqtimeout.so\n"
        f"Listen 127.0.0.1:{port} https\nRequestReadTimeout handshake=1\nServerName a.example\nSSLEngine on\n"
        f"SSLCertificateFile {certificates.folder()}/a.pem\n"
    )
    with Served(file) as server, socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.sendall(b"\x16\x03\x01")
        assert client.recv(1) == b""
        assert not server.clients and not server.handshakes
