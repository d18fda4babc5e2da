"""The sites of the fixtures that speak TLS, over TLS: httpd and serve answer the same, host by host and port by port.

Their certificates are stand-ins, their origins ours; everything else is as it was written.
"""

from __future__ import annotations

import dataclasses
import re
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, httpd
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.prove.stage import Stage, authorities, stage
from apacheconf.prove.threaded import Origins
from tests.conftest import SITES
from tests.engines.real import need
from tests.runtime import certificates
from tests.wire import Served

pytestmark = [pytest.mark.live, pytest.mark.prove_all]

PATHS = (
    *("/", "/x/y?z=1", "/api/v1/things", "/static/app.css", "/.env", "/admin", "/login", "/ws", "/favicon.ico", "//a"),
    *("/index.php", "/a%20b", "/a%2Fb", "/?q=%22", "/robots.txt", "/.well-known/acme-challenge/x", "/api/../admin"),
)
#: Sites that need files of their own machine: includes and maps.
_ELSEWHERE = frozenset({"discourse", "mattermost"})
_VARY = re.compile(
    r"(?im)^(?:Date|Server|Expires|Last-Modified|ETag|Keep-Alive):.*\n|(?<=\(Apache/2\.4)\.\d+|D=\d+|\d\d:\d\d:\d\d"
)


def _over_tls() -> Iterator[Path]:
    for folder in sorted(SITES.iterdir()):
        file = folder / "site.conf"
        if file.exists() and "SSLEngine" in file.read_text("latin-1") and folder.name not in _ELSEWHERE:
            yield file


def _in_the_open(loaded: Loaded) -> Loaded:
    """The same with every listener as one of plain HTTP, which is what a stage lays out."""
    program = loaded.require()
    listeners = tuple(dataclasses.replace(each, protocol="http") for each in program.listeners)
    return dataclasses.replace(loaded, program=dataclasses.replace(program, listeners=listeners))


def _with_our_files(text: str) -> str:
    """Our certificates and authorities in place of theirs; what OpenSSL would have to be told is left out."""
    ours = certificates.folder()
    for name, file in (("SSLCertificate(?:Key)?File", "a.pem"), ("SSL(?:Proxy)?CACertificateFile", "ca.pem")):
        text = re.sub(rf"(?im)^(\s*{name}) .*$", rf"\1 {ours}/{file}", text)
    text = re.sub(r"(?im)^\s*SSLCACertificatePath .*$", f"SSLCACertificateFile {ours}/ca.pem", text)
    gone = r"SSLCertificateChainFile|SSLUseStapling|SSLStaplingCache|SSLSessionCache|SSLOpenSSLConfCmd|Protocols"
    return re.sub(rf"(?im)^\s*(?:{gone}|SSL(?:Proxy)?(?:MachineCert|CARevoc)\w+) .*$", "", text)


def _asks(program: Program, found: Stage) -> Iterator[tuple[int, str, str, bool]]:
    """Port, host, path and whether over TLS, for every host at every port that it answers."""
    for port, real in found.ports.listeners.items():
        for each in program.index.sets:
            if each.port in (port, None):
                secure = program.hosts[each.hosts[0]].front_tls is not None
                names = dict.fromkeys(program.hosts[number].name for number in each.hosts)
                yield from ((real, name, path, secure) for name in names for path in PATHS)


def _ask(port: int, name: str, path: str, secure: bool) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        if not secure:
            return _talk(plain, name, path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with context.wrap_socket(plain, server_hostname=name) as connection:
                return _talk(connection, name, path)
        except (ssl.SSLError, ConnectionError):
            return "no answer"


def _talk(connection: socket.socket, name: str, path: str) -> str:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
    out = b""
    while data := connection.recv(65536):
        out += data
    head, _, body = out.decode("latin-1").partition("\r\n\r\n")
    status, *fields = head.split("\r\n")
    return _VARY.sub("", "\n".join([status, *sorted(fields), "", body]))


@pytest.mark.parametrize("site", list(_over_tls()), ids=lambda file: file.parent.name)
def test_serve_answers_over_tls_as_httpd_does(site: Path) -> None:
    """TL-1, TL-2, TL-8, VH-50."""
    engine = need("httpd")
    loaded = load([str(site)])
    program = loaded.require()
    origins = list(authorities(program))
    with Sandbox("site") as box, Origins(origins) as standing:
        standing.up(origins)
        found = stage(_in_the_open(loaded), box, standing.ports, engine)
        text = _with_our_files(found.text)
        asks = list(_asks(program, found))
        with httpd.start(engine, box, text, [("127.0.0.1", port) for port in found.ports.listeners.values()]):
            theirs = {ask: _ask(*ask) for ask in asks}
        with Served(box.write("httpd.conf", text)):
            ours = {ask: _ask(*ask) for ask in asks}
    assert asks
    assert ours == theirs
